"""Architecture plus weights is a model: the public factories, and what is known of each network."""

from __future__ import annotations

import fnmatch
import inspect
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from bnn_zoo._argument_checks import check_input_shape, check_input_tensor, check_like, check_num_classes
from bnn_zoo._keras import Tensor, keras
from bnn_zoo.hub.checkpoints import Checkpoint, checkpoints_of
from bnn_zoo.hub.load import load_pretrained
from bnn_zoo.hub.registry import registered
from bnn_zoo.hub.weight_set import WeightSet
from bnn_zoo.models import Architecture, Paper, Published, architectures, find_architecture, split_name
from bnn_zoo.models.build import build_model
from bnn_zoo.models.figures import Figures, figures_of
from bnn_zoo.models.size_advice import size_advice


class Factory(Protocol):
    """The public factory of an architecture: keyword arguments in, a keras.Model out."""

    def __call__(
        self,
        *,
        pretrained: bool | str | os.PathLike[str] | WeightSet = False,
        input_shape: tuple[int | None, int | None, int] | None = None,
        input_tensor: Tensor | None = None,
        num_classes: int | None = None,
        include_top: bool = True,
        name: str | None = None,
        **arguments: Any,
    ) -> keras.Model: ...


def create_model(
    model: str,
    *,
    pretrained: bool | str | os.PathLike[str] | WeightSet = False,
    input_shape: tuple[int | None, int | None, int] | None = None,
    input_tensor: Tensor | None = None,
    num_classes: int | None = None,
    include_top: bool = True,
    name: str | None = None,
    **arguments: Any,
) -> keras.Model:
    """Builds a network by name, with weights if asked.

    Args:
        model: the network's name ("birealnet"), or name and tag of a weight set ("birealnet.cifar10").
        pretrained: False for random weights; True for the network's default weight set; a tag ("cifar10"); a folder that
            `save_pretrained` wrote, or a weight file; `user/repo`, `user/repo@revision` or `hf://user/repo@revision/path` on the
            Hugging Face Hub.
        input_shape: (height, width, channels) of the pictures, pixels; height and width may be None without top, and with top where
            the network ends in a global pool. The weight set's, or the network's usual one, if not given.
        input_tensor: a keras.Input to use as the pictures, in place of `input_shape`. For layers before the network call it on what
            they give: `keras.Model(inputs, network(layers(inputs)))`.
        num_classes: of the probabilities. The weight set's, or the network's usual number, if not given. Another number than
            the weight set's loads everything but the head, and warns.
        include_top: False for features, (batch, height, width, channels), instead of probabilities: (batch, num_classes), or
            (batch, height, width, num_classes) of a network for segmentation.
        name: of the model.
        arguments: the network's own, see `help(bnn_zoo.BiRealNet)` and its like.

    Returns:
        A keras.Model, float32 pictures as `preprocess` makes them in.

    Raises:
        ValueError: for a name or an argument that does not exist, or pictures that are too small for the network.
        WeightsError: if the weights cannot be had, are damaged, or do not fit.
    """
    network, tag = split_name(model)
    if tag is not None:
        if pretrained not in (False, None, tag):
            raise ValueError(f"{model!r} names a weight set, and so does pretrained={pretrained!r}; give one of the two.")
        pretrained = tag
    entry = find_architecture(network)
    _check(entry, input_shape, input_tensor, num_classes, include_top, arguments)
    try:
        if pretrained is not False and pretrained is not None:
            return load_pretrained(
                pretrained,
                architecture=entry.name,
                arguments=arguments,
                input_shape=input_shape,
                input_tensor=input_tensor,
                num_classes=num_classes,
                include_top=include_top,
                name=name,
            )
        classes = (num_classes or entry.num_classes) if include_top else None
        return build_model(
            entry,
            input_shape=input_shape,
            input_tensor=input_tensor,
            num_classes=classes,
            arguments=arguments,
            name=name,
        )
    except ValueError as error:
        shape = input_shape if input_tensor is None else tuple(input_tensor.shape[1:])
        advice = None if shape is None else size_advice(error, entry, shape, arguments.get("stem"))
        if advice is None:
            raise
        raise ValueError(advice) from error


def _check(
    entry: Architecture,
    input_shape: tuple[int | None, int | None, int] | None,
    input_tensor: Tensor | None,
    num_classes: int | None,
    include_top: bool,
    arguments: Mapping[str, Any],
) -> None:
    entry.check_own(arguments)
    parameters = inspect.signature(entry.build).parameters
    for argument, value in arguments.items():
        # Where there are few values to choose from, the network itself says which.
        if not str(parameters[argument].annotation).startswith("Literal"):
            check_like(argument, value, entry.defaults[argument])
    if include_top not in (True, False):
        raise ValueError(f"include_top is {include_top!r}; it must be True or False.")
    if input_shape is not None and input_tensor is not None:
        raise ValueError("input_shape and input_tensor both say what the pictures are; give one of the two.")
    if input_shape is not None:
        check_input_shape(input_shape, free_sizes=True)
    if input_tensor is not None:
        check_input_tensor(input_tensor)
    if num_classes is not None:
        check_num_classes(num_classes)
    if num_classes is not None and not include_top:
        raise ValueError(f"num_classes={num_classes} has no meaning with include_top=False; leave it out.")


def _factory(name: str) -> Factory:
    """The public factory of an architecture, with a full signature and docstring for help()."""
    entry = find_architecture(name)

    def make(**arguments: Any) -> keras.Model:
        return create_model(entry.name, **arguments)

    shared = list(inspect.signature(create_model).parameters.values())[1:-1]
    own = list(inspect.signature(entry.build).parameters.values())[2:]
    make.__name__ = make.__qualname__ = entry.factory
    make.__signature__ = inspect.Signature([*shared, *own], return_annotation="keras.Model")  # type: ignore[attr-defined]
    make.__doc__ = _docstring(entry)
    return make


def _docstring(entry: Architecture) -> str:
    summary, _, own = (inspect.getdoc(entry.build) or "").partition("\n\nArgs:\n")
    shared = inspect.getdoc(create_model) or ""
    shared = shared[shared.index("    pretrained:") : shared.index("    arguments:")]
    tail = (inspect.getdoc(create_model) or "").partition("\n\nReturns:\n")[2]
    published = "".join(f"\n    {p.dataset} top-1 {p.top1} %, reported by {p.source}" for p in entry.published)
    return (
        f"{entry.factory}: {summary}\n\nArgs:\n{shared}{own.rstrip()}\n\nReturns:\n{tail}\n\n"
        f"Source:\n    {entry.paper.title}, {entry.paper.authors}, {entry.paper.year}, arXiv {entry.paper.arxiv}{published}"
    )


BinaryNet = _factory("binarynet")
BinaryAlexNet = _factory("binary_alexnet")
XNORNet = _factory("xnornet")
DoReFaNet = _factory("dorefanet")
BiRealNet = _factory("birealnet")
BiRealNet34 = _factory("birealnet34")
BiRealNet50 = _factory("birealnet50")
BinaryResNetE18 = _factory("binary_resnet_e18")
BinaryResNetE34 = _factory("binary_resnet_e34")
BinaryDenseNet28 = _factory("binary_densenet28")
BinaryDenseNet37 = _factory("binary_densenet37")
BinaryDenseNet37Dilated = _factory("binary_densenet37_dilated")
BinaryDenseNet45 = _factory("binary_densenet45")
GroupNet18 = _factory("group_net18")
GroupNet34 = _factory("group_net34")
GroupNet18Segmentation = _factory("group_net18_segmentation")
MeliusNet22 = _factory("meliusnet22")
MeliusNet29 = _factory("meliusnet29")
MeliusNet42 = _factory("meliusnet42")
MeliusNet59 = _factory("meliusnet59")
MeliusNetA = _factory("meliusnet_a")
MeliusNetB = _factory("meliusnet_b")
MeliusNetC = _factory("meliusnet_c")
ReActNet18 = _factory("reactnet18")
ReActNetA = _factory("reactnet_a")
StrongBaselineNet = _factory("strong_baseline_net")
RealToBinaryNet = _factory("real_to_binary_net")
QuickNetSmall = _factory("quicknet_small")
QuickNet = _factory("quicknet")
QuickNetLarge = _factory("quicknet_large")
BNextTiny = _factory("bnext_tiny")
BNextSmall = _factory("bnext_small")
BNextMiddle = _factory("bnext_middle")
BNextLarge = _factory("bnext_large")
ABReActNet18 = _factory("ab_reactnet18")
ABReActNet34 = _factory("ab_reactnet34")
ABReActNetA = _factory("ab_reactnet_a")


def list_models(pattern: str = "*", pretrained: bool | None = None) -> list[str]:
    """Names of networks, or of weight sets.

    Args:
        pattern: with wildcards, as in "*resnet*"; case does not matter.
        pretrained: None for all networks; True for `name.tag`, one for each weight set; False for networks without any.

    Returns:
        Names that `create_model` takes, oldest paper first.
    """
    if pretrained is True:
        order = list(architectures())
        names = list(
            dict.fromkeys(weights.name for weights in sorted(registered(), key=lambda w: order.index(w.architecture or "")))
        )
    else:
        names = [name for name in architectures() if pretrained is None or not registered(name)]
    return [name for name in names if fnmatch.fnmatchcase(name.lower(), pattern.lower())]


def expand_names(name: str) -> list[str]:
    """The names that one with wildcards stands for; one without, or a path, stands for itself, whether there is such a network.

    Args:
        name: "*resnet*" for networks; with a dot, as in "*.cifar10", for weight sets.

    Raises:
        ValueError: if nothing is called so.
    """
    if not set(name) & set("*?[") or set(name) & set("/\\"):  # a folder may be called "run [a]"
        return [name]
    names = list_models(name, pretrained=True if "." in name else None)
    if not names:
        raise ValueError(f"no name matches {name!r}; `bnn-zoo list` shows all.")
    return names


@dataclass(frozen=True)
class ModelInfo:
    """What is known of a network.

    Args:
        name: as in `create_model(name)`.
        factory: name of its public factory.
        paper: where it was published.
        published: accuracies that others reported.
        figures: parameters, size and multiply-accumulates at the usual input size.
        weight_sets: the trained weights that are registered.
        checkpoints: the authors' files that have to be fetched by hand, and what to do with them.
    """

    name: str
    factory: str
    paper: Paper
    published: tuple[Published, ...]
    figures: Figures
    weight_sets: tuple[WeightSet, ...]
    checkpoints: tuple[Checkpoint, ...] = ()


def model_info(name: str) -> ModelInfo:
    """Paper, figures and weight sets of a network, without loading TensorFlow.

    Args:
        name: "birealnet"; of "birealnet.cifar10" the one weight set.

    Raises:
        ValueError: for an unknown name or tag, with the nearest known ones.
    """
    network, tag = split_name(name)
    entry = find_architecture(network)
    sets = registered(entry.name)
    if tag is not None:
        sets = tuple(weights for weights in sets if weights.tag == tag)
        if not sets:
            raise ValueError(
                f"{entry.name} has no weight set {tag!r}; there are {', '.join(list_models(entry.name + '.*', True)) or 'none'}."
            )
    by_hand = checkpoints_of(entry.name) if tag is None else ()
    return ModelInfo(entry.name, entry.factory, entry.paper, entry.published, figures_of(entry.name), sets, by_hand)
