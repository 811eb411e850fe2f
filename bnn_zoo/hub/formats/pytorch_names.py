"""Where the authors' PyTorch code keeps what a layer of ours holds: data, one record an architecture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from bnn_zoo.data.preprocessing_settings import Interpolation
from bnn_zoo.hub.errors import WeightFileError
from bnn_zoo.models import find_architecture
from bnn_zoo.models.birealnet import BIREALNET_OF_AUTHORS

#: Red, green, blue, as shares of 255.
Colours: TypeAlias = tuple[float, float, float]


@dataclass(frozen=True)
class AuthorsNames:
    """Modules of the authors' network by our layers.

    Args:
        stem: by layers of the stem, and others outside the blocks.
        block: their module of a block: `{section}` and `{number}` count from 1, `{block}` from 0 in its section, `{index}` from 0.
        parts: their modules inside a block, by the end of our layer's name.
        arguments: of our architecture, where theirs is not what ours is by default.
        without_scales: further ones, where a checkpoint holds no learnt scales.
        binary_gains: whether gains behind binary kernels are without the kernels' mean magnitude.
        crop: share of a large picture's short side that they score on.
        interpolation: by which they resize it. Unless given both are as in torchvision's reference code.
        small_colours: mean and standard deviation that they normalize small pictures with; ImageNet's unless given.
    """

    stem: Mapping[str, str]
    block: str
    parts: Mapping[str, str]
    arguments: Mapping[str, Any] = field(default_factory=dict)
    without_scales: Mapping[str, Any] = field(default_factory=dict)
    binary_gains: bool = False
    crop: float = 0.875
    interpolation: Interpolation = "bilinear_antialias"
    small_colours: tuple[Colours, Colours] | None = None


_BIREALNET = {"conv": "binary_conv", "bn": "bn1", "shortcut_conv": "downsample.1", "shortcut_bn": "downsample.2"}
_BIREALNET50 = {
    "reduce_conv": "conv1",
    "reduce_bn": "bn1",
    "reduce_shortcut_conv": "down_conv1x1",
    "spatial_conv": "conv2",
    "spatial_bn": "bn2",
    "expand_conv": "conv3",
    "expand_bn": "bn3",
    "expand_shortcut_conv": "downsample.1",
    "expand_shortcut_bn": "downsample.2",
}
_THRESHOLDS = {"threshold": "move0", "prelu_before": "move1", "prelu": "prelu", "prelu_behind": "move2"}
_THRESHOLDS_A = {
    "spatial_threshold": "move11",
    "spatial_prelu_before": "move12",
    "spatial_prelu": "prelu1",
    "spatial_prelu_behind": "move13",
    "pointwise_threshold": "move21",
    "pointwise_prelu_before": "move22",
    "pointwise_prelu": "prelu2",
    "pointwise_prelu_behind": "move23",
}
_CONVS_A = {
    "spatial_conv": "binary_3x3",
    "pointwise_conv": "binary_pw",
    "pointwise_copy0_conv": "binary_pw_down1",
    "pointwise_copy1_conv": "binary_pw_down2",
}
_NORMS_A = {"spatial_bn": "bn1", "pointwise_bn": "bn2", "pointwise_copy0_bn": "bn2_1", "pointwise_copy1_bn": "bn2_2"}
_AB18 = {"conv": "conv1", "gain": "conv1", "shortcut_conv": "downsample.1", "shortcut_gain": "downsample.1"}
_GAINS_A = {layer.replace("conv", "gain"): module for layer, module in _CONVS_A.items()}

_BNEXT_CONV = {
    "threshold": "move",
    "conv": "binary_conv",
    "conv_bn": "norm1",
    "conv_prelu": "activation2",
    "gate_mix": "",
    "gate_reduce": "se.se.1",
    "gate_expand": "se.se.3",
    "shortcut_prelu": "activation1",
    "bn": "norm2",
}
_BNEXT = {
    f"{convolution}_{layer}": f"{module}.{part}".rstrip(".")
    for convolution, module in {
        "spatial": "Attention",
        "pointwise": "FFN",
        "pointwise_copy0": "FFN_1",
        "pointwise_copy1": "FFN_2",
    }.items()
    for layer, part in _BNEXT_CONV.items()
}

_GROUP = {"gate": "block_gate", "shortcut_conv": "downsample.conv", "shortcut_bn": "downsample.batch_norm"}
#: The paper's networks have 1 to 8 bases.
_BASES = {
    f"base{base}_{layer}": f"{module}.{base}"
    for layer, module in {
        "first_conv": "conv1",
        "first_bn": "bn1",
        "second_conv": "conv2",
        "second_bn": "bn2",
        "scale": "scales",
    }.items()
    for base in range(8)
}

_STEM = {"stem_conv": "conv1", "stem_bn": "bn1"}
_STEM_A = {"stem_conv": "feature.0.conv1", "stem_bn": "feature.0.bn1"}
#: Their stem makes a PReLU that it never uses.
_BNEXT_STEM = {**_STEM_A, "stem_prelu": "feature.0.prelu", "features_prelu": "prelu"}
_AB_STEM = {"stem_conv": "conv1", "stem_gain": "conv1"}
_AB_STEM_A = {"stem_conv": "feature.0.conv1", "stem_gain": "feature.0.conv1"}
_HEAD = {"head_dense": "fc"}

_IN_SECTIONS, _IN_A = "layer{section}.{block}", "feature.{number}"

_BNEXT_COLOURS = (0.507, 0.487, 0.441), (0.267, 0.256, 0.276)
_OF_BNEXT = AuthorsNames(_BNEXT_STEM, _IN_A, _BNEXT, crop=0.95, interpolation="bicubic_antialias", small_colours=_BNEXT_COLOURS)

_OF_GROUP_NET = AuthorsNames(_STEM, _IN_SECTIONS, _GROUP | _BASES, without_scales={"first_base_sums": True})

_NAMES = {
    "birealnet": AuthorsNames(_STEM, _IN_SECTIONS, _BIREALNET, {"binarization": BIREALNET_OF_AUTHORS}),
    "birealnet34": AuthorsNames(_STEM, _IN_SECTIONS, _BIREALNET),
    "birealnet50": AuthorsNames(_STEM, "layers.{index}", _BIREALNET50),
    **dict.fromkeys(("group_net18", "group_net34"), _OF_GROUP_NET),
    "reactnet18": AuthorsNames(_STEM, _IN_SECTIONS, _BIREALNET | _THRESHOLDS),
    "reactnet_a": AuthorsNames(_STEM_A, _IN_A, _CONVS_A | _NORMS_A | _THRESHOLDS_A),
    **dict.fromkeys(("bnext_tiny", "bnext_small", "bnext_middle", "bnext_large"), _OF_BNEXT),
    "ab_reactnet18": AuthorsNames(_AB_STEM, _IN_SECTIONS, _AB18 | _THRESHOLDS, binary_gains=True),
    "ab_reactnet34": AuthorsNames(_AB_STEM, _IN_SECTIONS, _AB18 | _THRESHOLDS, binary_gains=True),
    "ab_reactnet_a": AuthorsNames(_AB_STEM_A, _IN_A, _CONVS_A | _GAINS_A | _THRESHOLDS_A, binary_gains=True),
}


def authors_names(architecture: str | None) -> AuthorsNames:
    """The names of an architecture.

    Raises:
        WeightFileError: if nobody's PyTorch checkpoints of that network are known here.
    """
    if architecture not in _NAMES:
        raise WeightFileError(
            f"PyTorch checkpoints of {architecture or 'a network that is not of the zoo'} are not known; known are those of "
            f"{', '.join(_NAMES)}."
        )
    return _NAMES[architecture]


def modules_by_layer(architecture: str, arguments: Mapping[str, Any]) -> dict[str, str]:
    """The authors' module by each layer that our network may have.

    Args:
        architecture: its name.
        arguments: those of the architecture that differ from its defaults.

    Raises:
        WeightFileError: if nobody's PyTorch checkpoints of that network are known here.
    """
    names = authors_names(architecture)
    section_blocks = {**find_architecture(architecture).defaults, **arguments}["section_blocks"]
    found = {**names.stem, **_HEAD}
    for section, block, index in _places(section_blocks):
        module = names.block.format(section=section + 1, block=block, index=index, number=index + 1)
        for layer, part in names.parts.items():
            found[f"section_{section}_block_{block}_{layer}"] = f"{module}.{part}"
    return found


def _places(section_blocks: tuple[int, ...]) -> Iterator[tuple[int, int, int]]:
    index = 0
    for section, blocks in enumerate(section_blocks):
        for block in range(blocks):
            yield section, block, index
            index += 1
