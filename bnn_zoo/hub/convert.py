"""From an author's PyTorch checkpoint to a packed weight set."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bnn_zoo._argument_checks import is_count
from bnn_zoo._user_path import user_path
from bnn_zoo.hub.authors_settings import IMAGENET_CLASSES, authors_settings
from bnn_zoo.hub.errors import WeightFileError
from bnn_zoo.hub.folder import save_pretrained
from bnn_zoo.hub.formats.listed import listed
from bnn_zoo.hub.formats.pytorch import fill, has_scales
from bnn_zoo.hub.formats.pytorch_names import authors_names
from bnn_zoo.hub.formats.torch_file import read_state_dict
from bnn_zoo.hub.reading import reading
from bnn_zoo.models import find_architecture
from bnn_zoo.models.build import build_model


@dataclass(frozen=True)
class Conversion:
    """What became of a checkpoint.

    Args:
        folder: the weight set that was written.
        used: how many of the checkpoint's tensors went into it.
        unused: the names of the others.
    """

    folder: Path
    used: int
    unused: tuple[str, ...]


def convert_checkpoint(
    checkpoint: str | os.PathLike[str],
    architecture: str,
    folder: str | os.PathLike[str],
    *,
    input_size: int | None = None,
    **save_options: Any,
) -> Conversion:
    """Writes a PyTorch checkpoint as a weight set of this package, at 1 bit a binary weight, with configuration and model card.

    Nothing in the checkpoint is run. The number of classes is the checkpoint's own.

    Args:
        checkpoint: of the authors' code: a state dict, or a training run's file that holds one; its ending does not matter.
        architecture: the network's name, as in `create_model(name)`.
        folder: made if it is not there.
        input_size: height and width of the pictures, pixels; below 50 the network has its stem for small pictures. The network's
            usual one if not given.
        save_options: as `save_pretrained` takes them: tag, labels, metrics, license, dataset, ... The labels of a network with
            1000 classes are ImageNet's unless given.

    Returns:
        The folder, and what was not used of the checkpoint.

    Raises:
        ValueError: for an unknown architecture, an option that means nothing, or a checkpoint that leaves its input size open.
        WeightsError: if the file is damaged, holds code (WeightFileError), or does not fit (WeightMismatchError).
    """
    entry = find_architecture(architecture)
    names = authors_names(entry.name)
    if input_size is not None and not is_count(input_size):
        raise ValueError(f"input_size is {input_size}; it must be a number of pixels above 0, as 32 or 224.")
    checkpoint = user_path(checkpoint)
    state = read_state_dict(checkpoint)
    bias = state.get("fc.bias")
    if bias is None or bias.ndim != 1 or not bias.size:
        found = f"it holds {listed(list(state))}" if bias is None else f"it is {bias.shape}"
        raise WeightFileError(
            f"{checkpoint}: has no tensor 'fc.bias' with a number for each class, by which to tell them: {found}. Is it of "
            f"{entry.name}?"
        )
    classes = len(bias)
    stem = state.get(f"{names.stem['stem_conv']}.weight")
    if input_size is None and classes != IMAGENET_CLASSES and stem is not None and stem.shape[2:] == (3, 3):
        raise ValueError(
            f"{checkpoint} tells {classes} classes apart, and its stem may be one for small pictures; give input_size "
            "(--input-size), 32 for CIFAR's."
        )
    size = (input_size, input_size) if input_size else entry.input_shape[:2]
    arguments = names.arguments if has_scales(state) else {**names.arguments, **names.without_scales}
    model = build_model(entry, input_shape=(*size, 3), num_classes=classes, arguments=arguments)
    unused = fill(model, state, str(checkpoint))
    written = save_pretrained(model, folder, **{**authors_settings(model), **save_options})
    return Conversion(written, len(state) - len(unused), unused)


def check_conversion(checkpoint: str | os.PathLike[str], architecture: str) -> None:
    """Whether there is such a file and such a network, as far as it shows without TensorFlow.

    Args:
        checkpoint, architecture: as `convert_checkpoint` takes them.

    Raises:
        ValueError: for an unknown architecture.
        WeightFileError: if there is no such file, or nobody's checkpoints of that network are known.
    """
    authors_names(find_architecture(architecture).name)
    with reading(user_path(checkpoint)):
        pass
