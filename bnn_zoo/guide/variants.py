"""The experiments, as data: seven pieces of advice on building BNNs, each with the alternatives it is measured against.

The advice is that of larq's guides 'Building BNNs' and 'Optimization strategies' (docs.larq.dev).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Literal, get_args

from bnn_zoo.training.recipe import Optimizer

Precision = Literal["full", "binary"]
Norm = Literal["batch_norm", "none"]
Shortcuts = Literal["every_conv", "every_second", "none"]
Downsampling = Literal["stride", "pool_norm", "norm_pool"]
Widening = Literal["pointwise", "repeat"]


@dataclass(frozen=True)
class Variant:
    """One network of the experiments and how it is optimized. The defaults are the baseline, which follows all advice.

    Args:
        first_layer: precision of inputs and kernel of the first convolution.
        last_layer: precision of inputs and kernel of the dense layer.
        norm: what stands behind a binary convolution.
        shortcuts: around every binary convolution, around every two, or nowhere.
        downsampling: by the stride of a convolution; or by a max-pool before (`"pool_norm"`) or behind (`"norm_pool"`) batch norm.
        widening: what a shortcut does where channels double: a high-precision 1x1 convolution and batch norm, or repeat its
            channels, which has no parameters.
        momentum: of batch norm.
        optimizer: of the binary kernels; all other weights are trained by Adam.

    Raises:
        ValueError: for a value that a field cannot have, or a combination that is no network of the experiments.
    """

    first_layer: Precision = "full"
    last_layer: Precision = "full"
    norm: Norm = "batch_norm"
    shortcuts: Shortcuts = "every_conv"
    downsampling: Downsampling = "stride"
    widening: Widening = "pointwise"
    momentum: float = 0.9
    optimizer: Optimizer = "adam"

    def __post_init__(self) -> None:
        for name, allowed in _ALLOWED.items():
            if getattr(self, name) not in allowed:
                raise ValueError(f"{name} is {getattr(self, name)!r}; it must be one of {', '.join(allowed)}.")
        if not 0.0 <= self.momentum < 1.0:
            raise ValueError(f"momentum is {self.momentum!r}; it must be in [0, 1).")
        if self.norm == "none" and self.downsampling != "stride":
            raise ValueError(f'downsampling is {self.downsampling!r}, an order of pool and batch norm; norm="none" needs "stride".')

    @property
    def name(self) -> str:
        """What differs from the baseline; fit for a file name. Experiments that need the same network share its runs by it."""
        values = {entry.name: (getattr(self, entry.name), entry.default) for entry in fields(self)}
        return "+".join(f"{name}-{value}" for name, (value, default) in values.items() if value != default) or "baseline"


_ALLOWED: dict[str, tuple[str, ...]] = {
    "first_layer": get_args(Precision),
    "last_layer": get_args(Precision),
    "norm": get_args(Norm),
    "shortcuts": get_args(Shortcuts),
    "downsampling": get_args(Downsampling),
    "widening": get_args(Widening),
    "optimizer": get_args(Optimizer),
}

BASELINE = Variant()


@dataclass(frozen=True)
class Experiment:
    """One piece of advice, and the variants that put it to the test.

    Args:
        name: short.
        question: that it answers.
        advice: what the guide says.
        variants: by label.
        advised: labels of those that follow the advice; the others differ from one of them in what is asked, and nothing else.
    """

    name: str
    question: str
    advice: str
    variants: Mapping[str, Variant]
    advised: tuple[str, ...]

    @property
    def title(self) -> str:
        """Number and question."""
        return f"{EXPERIMENTS.index(self) + 1}. {self.question}"


EXPERIMENTS: tuple[Experiment, ...] = (
    Experiment(
        "first_and_last",
        "First and last layer: binary or full precision?",
        "Leave both in full precision: they hold few weights, and binarizing them costs more than binarizing others.",
        {
            "both in full precision": BASELINE,
            "first binary": Variant(first_layer="binary"),
            "last binary": Variant(last_layer="binary"),
            "both binary": Variant(first_layer="binary", last_layer="binary"),
        },
        ("both in full precision",),
    ),
    Experiment(
        "batch_norm",
        "Batch norm behind binary layers?",
        "Yes, with trainable beta and gamma.",
        {
            "batch norm": BASELINE,
            "none": Variant(norm="none"),
            "batch norm, no shortcuts": Variant(shortcuts="none"),
            "none, no shortcuts": Variant(norm="none", shortcuts="none"),
        },
        ("batch norm", "batch norm, no shortcuts"),
    ),
    Experiment(
        "shortcuts",
        "How many high-precision shortcuts?",
        "As many as there can be: around every convolution rather than around every two.",
        {
            "every convolution": BASELINE,
            "every second": Variant(shortcuts="every_second"),
            "none": Variant(shortcuts="none"),
        },
        ("every convolution",),
    ),
    Experiment(
        "pooling",
        "Max-pool before or behind batch norm?",
        "Before: a maximum taken behind batch norm skews the activations towards +1.",
        {
            "pool, then norm": Variant(downsampling="pool_norm"),
            "norm, then pool": Variant(downsampling="norm_pool"),
            "pool, then norm, no shortcuts": Variant(downsampling="pool_norm", shortcuts="none"),
            "norm, then pool, no shortcuts": Variant(downsampling="norm_pool", shortcuts="none"),
        },
        ("pool, then norm", "pool, then norm, no shortcuts"),
    ),
    Experiment(
        "widening",
        "Where dimensions change: a pointwise convolution?",
        "A high-precision pointwise convolution is what most networks use.",
        {
            "pointwise convolution": BASELINE,
            "channels repeated": Variant(widening="repeat"),
        },
        ("pointwise convolution",),
    ),
    Experiment(
        "optimizer",
        "Latent weights with Adam, SGD, or Bop?",
        "Latent weights with Adam: the quickest to converge and the least sensitive to its settings.",
        {
            "latent weights, Adam": BASELINE,
            "latent weights, SGD": Variant(optimizer="sgd"),
            "Bop": Variant(optimizer="bop"),
        },
        ("latent weights, Adam",),
    ),
    Experiment(
        "momentum",
        "Momentum of batch norm: 0.9 or 0.99?",
        "0.9: weights that flip make training noisy, and the moving averages have to follow.",
        {
            "0.9": BASELINE,
            "0.99": Variant(momentum=0.99),
        },
        ("0.9",),
    ),
)
