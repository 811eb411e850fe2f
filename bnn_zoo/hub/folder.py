"""A weight set as a folder, laid out as a Hugging Face model repository: config.json, model.safetensors, README.md."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from bnn_zoo._caller import warn_caller
from bnn_zoo._error_words import in_one_line
from bnn_zoo._keras import keras
from bnn_zoo._user_path import user_path
from bnn_zoo._whole_file import write_text_whole
from bnn_zoo.data.labels import class_labels
from bnn_zoo.data.preprocessing_settings import Preprocessing
from bnn_zoo.hub import strict_json
from bnn_zoo.hub.attached import weight_set_of
from bnn_zoo.hub.card import model_card
from bnn_zoo.hub.custom import config_of
from bnn_zoo.hub.errors import WeightFileError
from bnn_zoo.hub.packing import FORMAT, encode
from bnn_zoo.hub.small_file import read_small_text
from bnn_zoo.hub.tensor_file import read_metadata, write_tensor_file
from bnn_zoo.hub.variables import weights_of
from bnn_zoo.hub.weight_set import TAG, Metric, WeightSet, from_json, to_json
from bnn_zoo.models.architecture import arguments_to_json
from bnn_zoo.models.build import record_of

CONFIG, TENSORS, CARD = "config.json", "model.safetensors", "README.md"

#: What a training run leaves beside them, if it does: its log, epoch by epoch, and a picture of it.
RUN_LOG, RUN_CURVE = "training-log.csv", "training-curve.png"


def save_pretrained(
    model: keras.Model,
    folder: str | os.PathLike[str],
    *,
    tag: str | None = None,
    preprocessing: Any = None,
    labels: str | Sequence[str] | None = None,
    metrics: Sequence[Metric] = (),
    license: str | None = None,
    dataset: str | None = None,
    recipe: Mapping[str, Any] | None = None,
    keep_latent: bool = False,
) -> Path:
    """Writes a model as a weight set: a folder that `load_pretrained` and every `pretrained=` reads, and a Hub repository takes.

    Kernels that are used only through their sign and a scale are stored at 1 bit a weight. The model that is loaded again gives
    identical outputs.

    Args:
        model: of the zoo, or any other Keras model that takes pictures, of layers that can be rebuilt from a file: larq's, those of
            Keras that do nothing but arithmetic, and registered ones.
        folder: made if it is not there; files of an older weight set in it are replaced.
        tag: the name of the weight set, as in `birealnet.cifar10`.
        preprocessing: a `bnn_zoo.data.Preprocessing`, or a mapping with its fields; the one the model was loaded with if not given.
        labels: class names, one for each output, or the name of a packaged list ("imagenet", "cifar10").
        metrics: accuracies, with who measured them.
        license: SPDX identifier of the weights' licence.
        dataset: what the network was trained on, in words.
        recipe: how it was trained, in JSON values: plain numbers, texts, lists, mappings.
        keep_latent: stores latent weights in float32, so that training can go on from exactly here.

    Returns:
        The folder.

    Raises:
        TypeError: if `model` is no keras.Model.
        ValueError: if labels and outputs differ in number, the tag is none, pictures cannot be prepared as `preprocessing` says,
            the model and what is said of it could not be read again, or the folder holds a README.md, config.json or
            model.safetensors of something else. The folder is then as it was.
    """
    if not isinstance(model, keras.Model):
        raise TypeError(f"model is {model!r:.60}; it must be a keras.Model.")
    if tag is not None and not TAG.fullmatch(tag):
        raise ValueError(f"tag={tag!r} must be of letters, digits, '.', '_' and '-', as in 'cifar10'.")
    described = _describe(model)
    before = weight_set_of(model)
    if preprocessing is None and before is not None:
        preprocessing = before.preprocessing
    if labels is None and before is not None:
        labels = before.labels
    if labels is not None:
        labels = labels if isinstance(labels, str) else tuple(labels)
        check_labels(labels, model)
    if preprocessing is not None:
        settings = preprocessing.to_dict() if hasattr(preprocessing, "to_dict") else preprocessing
        preprocessing = Preprocessing.from_dict(settings).to_dict()
    weights = dataclasses.replace(
        described,
        tag=tag,
        preprocessing=preprocessing,
        labels=labels,
        metrics=tuple(metrics),
        license=license,
        dataset=dataset,
        recipe=recipe,
        sources=(TENSORS,),
    )
    path = user_path(folder)
    # All that may be refused is refused before the tensors of an older weight set are replaced.
    weights = _as_read_again(weights)
    _description(path, weights)
    _check_own(path)
    content = encode(weights_of(model, keep_latent))
    path.mkdir(parents=True, exist_ok=True)
    # Not of what lies there then: another process may save into this folder too.
    sha256, size = write_tensor_file(path / TENSORS, *content)
    weights = dataclasses.replace(weights, bytes=size, sha256=sha256)
    # The configuration comes last: it names the file's hash, so that a run cut in between leaves no folder that loads.
    _write(path, _description(path, weights))
    return path


def check_labels(labels: str | tuple[str, ...], model: keras.Model) -> None:
    """Refuses class names that are not those of a model's outputs.

    Raises:
        ValueError: if there is no packaged list of that name, or names and outputs differ in number.
    """
    named = class_labels(labels) if isinstance(labels, str) else labels
    if len(named) != model.output_shape[-1]:
        which = f" ({labels!r})" if isinstance(labels, str) else ""
        raise ValueError(f"labels{which} has {len(named)} names, but {model.name} has {model.output_shape[-1]} outputs.")


def read_config(folder: str | os.PathLike[str]) -> WeightSet:
    """The record of a weight set's folder, its source being the file in it.

    Raises:
        WeightFileError: if the folder has no config.json, it cannot be read, or it describes a file of another format than ours.
    """
    folder = user_path(folder)
    path = folder / CONFIG
    try:
        values = strict_json.loads(read_small_text(path))
    except FileNotFoundError as error:
        raise WeightFileError(f"{folder}: no weight set: there is no {CONFIG} in it.") from error
    except (OSError, ValueError) as error:
        raise WeightFileError(f"{path}: cannot be read as JSON ({in_one_line(error, 200)}); fetch or save it again.") from error
    weights = from_json(values, str(path))
    # The hash of a file beside it vouches for nothing: whoever wrote the one wrote the other. Of all formats, reading ours is safe
    # whatever is in the file.
    if weights.format != "packed":
        raise WeightFileError(
            f"{path}: the format is {weights.format!r:.100}, which is not published in folders and repositories, but packed is; "
            "load the file itself, and save the model."
        )
    # Absolute, so that a folder's name with a colon in it is not read as a scheme.
    return dataclasses.replace(weights, sources=(str(folder.absolute() / TENSORS),))


def record_metrics(folder: str | os.PathLike[str], metrics: Sequence[Metric], sha256: str | None = None) -> WeightSet:
    """Writes accuracies into a weight set's configuration and card; of the same name and data set the new one replaces the old.

    A card that was edited by hand stays as it is.

    Args:
        folder: that `save_pretrained` wrote.
        metrics: the new ones.
        sha256: of the weights that they were measured with; None if these are known to be the folder's.

    Returns:
        The new record.

    Warns:
        UserWarning: if the card was edited.

    Raises:
        WeightFileError: if the folder is no weight set, or holds other weights by now.
        ValueError: if a metric could not be read again, as one of more than 100 percent.
    """
    path = user_path(folder)
    weights = read_config(path)
    if sha256 not in (None, weights.sha256):
        raise WeightFileError(
            f"{path}: was saved anew since its weights were measured; the accuracies are not recorded: measure again."
        )
    edited = _is_edited(path, weights)
    new = {(metric.name, metric.dataset): metric for metric in (*weights.metrics, *metrics)}
    weights = _as_read_again(dataclasses.replace(weights, metrics=tuple(new.values()), sources=(TENSORS,)))
    texts = _description(path, weights)
    if edited:
        del texts[CARD]
        warn_caller(
            f"{path / CARD} is not as this version writes it, edited by hand perhaps, and stays as it is, without the new "
            "accuracies: add them there, or remove it and record them again.",
        )
    _write(path, texts)
    return weights


def run_files(folder: Path) -> list[str]:
    """The names of what a training run left in a weight set's folder."""
    return [name for name in (RUN_LOG, RUN_CURVE) if (folder / name).is_file()]


def _describe(model: keras.Model) -> WeightSet:
    record = record_of(model)
    shape = _input_shape(model)
    if record is not None:
        with suppress(TypeError):  # a quantizer given as a callable: the layers describe themselves instead
            arguments = arguments_to_json(dict(record.arguments))
            return WeightSet(record.architecture, arguments, shape, record.num_classes, record.num_classes is not None)
    return WeightSet(None, input_shape=shape, num_classes=_classes(model), keras_config=config_of(model))


def _input_shape(model: keras.Model) -> tuple[int | None, int | None, int]:
    shape = getattr(model, "input_shape", None)  # a model that was never called has none
    if not isinstance(shape, tuple) or len(shape) != 4 or shape[3] is None:
        raise ValueError(
            f"{model.name} takes {'no known input' if shape is None else shape}; only networks that take one batch of pictures, "
            "(batch, height, width, channels), are saved as weight sets: use model.save_weights() for others."
        )
    return shape[1], shape[2], shape[3]


def _classes(model: keras.Model) -> int | None:
    shape = model.output_shape
    return shape[-1] if isinstance(shape, tuple) and len(shape) == 2 else None


def _as_read_again(weights: WeightSet) -> WeightSet:
    """The record that a folder's configuration gives when it is read, of plain values only."""
    try:
        # As it will lie in the file: a text that UTF-8 cannot write, as of a name in another encoding, is found out here.
        text = json.dumps(to_json(weights), ensure_ascii=False, allow_nan=False).encode()
        return from_json(strict_json.loads(text), weights.name)
    except WeightFileError as error:
        raise ValueError(str(error)) from error
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(
            f"{weights.name}: what is said of it cannot be written as JSON ({in_one_line(error, 200)}); give plain numbers, none "
            "of them NaN or infinite, texts, lists and mappings."
        ) from error


def _check_own(path: Path) -> None:
    """Sees that what is to be replaced is a weight set, and not somebody's own files of these names."""
    try:
        read_config(path)
        return
    except WeightFileError:
        foreign = [CONFIG] if (path / CONFIG).exists() else []
    if not foreign and (path / TENSORS).exists():  # ours without a configuration are those of a run that was cut
        foreign = [] if _is_ours(path / TENSORS) else [TENSORS]
    elif not foreign and (path / CARD).exists():
        foreign = [CARD]
    if foreign:
        raise ValueError(f"{path} has a {foreign[0]} that is no weight set's; choose another folder, or remove it.")


def _is_ours(tensors: Path) -> bool:
    try:
        return read_metadata(tensors).get("format") == FORMAT
    except WeightFileError:
        return False


def _description(path: Path, weights: WeightSet) -> dict[str, str]:
    """The texts of the files that describe a weight set, by name, in the order in which they are to be written."""
    config = json.dumps(to_json(weights), indent=2, ensure_ascii=False, allow_nan=False)
    return {CARD: model_card(weights, beside=run_files(path)), CONFIG: config + "\n"}


def _is_edited(path: Path, weights: WeightSet) -> bool:
    """Whether there is a card that is not what the record gives."""
    try:
        found = (path / CARD).read_text(encoding="utf-8")
    except FileNotFoundError:
        return False
    except UnicodeDecodeError:
        return True
    # A run's log may have come after the card.
    return found not in [model_card(weights, beside=beside) for beside in ((), run_files(path))]


def _write(path: Path, texts: Mapping[str, str]) -> None:
    for name, text in texts.items():
        write_text_whole(path / name, text)
