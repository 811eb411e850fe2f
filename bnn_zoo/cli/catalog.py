"""`list`, `info` and `summary`: what there is."""

from __future__ import annotations

import dataclasses
import json
import re
import shlex
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bnn_zoo._startup import load_tensorflow
from bnn_zoo._table import align, align_within, width_of
from bnn_zoo._user_path import user_path
from bnn_zoo.cli.terminal import console, show_fields
from bnn_zoo.cli.values import pictures_of
from bnn_zoo.comparison.numbers import short

if TYPE_CHECKING:
    from bnn_zoo.hub.weight_set import WeightSet
    from bnn_zoo.models.figures import Figures
    from bnn_zoo.zoo import ModelInfo


def list_networks(
    pattern: Annotated[str, typer.Argument(help='Names to show, with wildcards, as in "*resnet*".')] = "*",
    weights: Annotated[bool, typer.Option("--weights", help="List weight sets (name.tag) instead of networks.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False,
) -> None:
    """List the networks, or the weight sets."""
    from bnn_zoo.zoo import list_models, model_info

    names = list_models(pattern, pretrained=True if weights else None)
    if as_json:
        print(json.dumps(names, indent=2))
        return
    if not names:
        raise ValueError(f"no name matches {pattern!r}; `bnn-zoo list` shows all.")
    if weights:
        _show_weight_sets(names)
        return
    lines: list[tuple[str, ...]] = []
    for name in names:
        info = model_info(name)
        figures = info.figures
        published = info.published[0] if info.published else None
        row = (
            name,
            str(info.paper.year),
            short(figures.parameters),
            f"{figures.size_mib:.2f}",
            short(figures.macs),
            f"{figures.binary_share:.0f} %",
            f"{published.top1:.1f}{'' if published.dataset == 'imagenet' else '*'}" if published else "",
            ", ".join(dict.fromkeys(str(entry.tag) for entry in info.weight_sets)),
        )
        lines.append(row)
    ranks = {"network": 0, "year": 7, "params": 5, "MiB": 1, "MACs": 4, "binary": 6, "top-1": 2, "weights": 3}
    _show_table(lines, ranks, words={"network", "weights"})
    for line in (
        "MiB: deployed, 1 bit a binary weight. binary: share of the multiply-accumulates (MACs).",
        "top-1: as reported, ImageNet, percent (* CIFAR-10). `bnn-zoo info NAME` tells more.",
    ):
        console.print(line, style="dim", highlight=False)


def _show_weight_sets(names: list[str]) -> None:
    from bnn_zoo.hub.schemes import needs_download
    from bnn_zoo.zoo import model_info

    lines: list[tuple[str, ...]] = []
    for name in names:
        entry = model_info(name).weight_sets[0]
        metrics = {metric.name: metric for metric in entry.metrics}
        values = [f"{metrics[key].value:.2f}" if key in metrics else "" for key in ("top-1", "top-5")]
        row = (
            name,
            str(entry.num_classes),
            *values,
            f"{entry.bytes / 1e6:.2f}" if entry.bytes else "",
            "download" if needs_download(entry) else "nothing",
            _measured_by(entry),
        )
        lines.append(row)
    ranks = {"weights": 0, "classes": 4, "top-1": 1, "top-5": 5, "MB": 3, "needs": 2, "accuracy by": 6}
    _show_table(lines, ranks, words={"weights", "needs", "accuracy by"})


def _show_table(lines: list[tuple[str, ...]], ranks: dict[str, int], words: set[str]) -> None:
    """Prints cells under the names that `ranks` has; columns that have no room are left out, and nothing is cut."""
    left = [name in words for name in ranks]
    if width_of(align([tuple(ranks), *lines], left, gap=1)) > console.width:
        lines = [line for row in lines for line in _folded(row)]
    text = align_within([tuple(ranks), *lines], left, ranks, console.width, gap=1)
    head, _, rest = text.partition("\n")
    for part, style in ((head, "bold"), (rest, "")):
        console.print(part, style=style, markup=False, highlight=False, soft_wrap=True)


def _folded(row: tuple[str, ...]) -> list[tuple[str, ...]]:
    """A row whose last cell lists several things, with each of them in a line."""
    *cells, last = row
    first, *more = last.replace(", ", ",\n").splitlines() or [""]
    return [(*cells, first), *((*[""] * len(cells), part) for part in more)]


def info(
    name: Annotated[str, typer.Argument(help="A network, a weight set (name.tag), a folder or a Hub repository USER/REPO.")],
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False,
) -> None:
    """Tell what is known of a network: paper, figures, weight sets."""
    from bnn_zoo.download.addresses import without_secrets

    found, code = _found(name)
    if as_json:
        values = dataclasses.asdict(dataclasses.replace(found, weight_sets=()))
        values["weight_sets"] = [json_of(entry) for entry in found.weight_sets]
        values["checkpoints"] = [{**dataclasses.asdict(each), "command": each.command} for each in found.checkpoints]
        print(json.dumps(values, indent=2))
        return
    paper, figures = found.paper, found.figures
    console.print(f"[bold]{found.factory}[/bold]  ", end="", highlight=False)
    console.print(code, highlight=False, markup=False, soft_wrap=True)
    console.print(f"{paper.title}\n{paper.authors}, {paper.year}, {paper.url}\n", highlight=False, markup=False)
    if any(_is_another(entry, figures) for entry in found.weight_sets):
        console.print("[bold]as published[/bold]", highlight=False)
    rows = _figures(figures)
    for reported in found.published:
        top5 = f", top-5 {reported.top5} %" if reported.top5 else ""
        rows.append(("reported", f"{reported.dataset} top-1 {reported.top1} %{top5} ({reported.source})"))
    show_fields(rows)
    for entry in found.weight_sets:
        console.print(f"\n[bold]{entry.name}[/bold]{'' if entry.include_top else ', without top'}", highlight=False)
        rows = [
            ("trained on", entry.dataset or ""),
            ("pictures", prepared(entry)),
            ("size", f"{entry.bytes / 1e6:.2f} MB" if entry.bytes else ""),
            ("licence", entry.license or ""),
            ("sha256", entry.sha256 or ""),
            ("from", without_secrets(", ".join(entry.sources))),
        ]
        rows += [(metric.name, f"{metric.value:.2f} %, {metric.dataset}, {metric.measured_by}") for metric in entry.metrics]
        if entry.arguments:
            rows.insert(0, ("arguments", entry.arguments_text))
        show_fields((title, value) for title, value in rows if value)
    for checkpoint in found.checkpoints:
        console.print(
            f"\n[bold]to be fetched by hand[/bold] ({checkpoint.published_by}, top-1 {checkpoint.top1} %)", highlight=False
        )
        console.print(checkpoint.page, highlight=False, soft_wrap=True)
        console.print(checkpoint.command, highlight=False, soft_wrap=True)


def _is_another(weights: WeightSet, figures: Figures) -> bool:
    """Whether a weight set is of a narrower network than the one whose figures are shown, of other pictures, or the like."""
    return bool(weights.arguments) or tuple(weights.input_shape) != figures.input_shape


def _found(name: str) -> tuple[ModelInfo, str]:
    """What is known of what was asked for, and the Python code that makes it."""
    from bnn_zoo.hub import resolve
    from bnn_zoo.zoo import model_info

    try:
        info = model_info(name)
        called = info.weight_sets[0].name if "." in name else info.name
        return info, f"create_model({called!r})"
    except ValueError:
        if "/" not in name and not user_path(name).exists():
            raise
    weights = resolve(name)
    if weights.architecture is None:
        raise ValueError(f"{name} is no network of the zoo; `bnn-zoo hub info {shlex.quote(name)}` tells what is recorded of it.")
    info = dataclasses.replace(model_info(weights.architecture), weight_sets=(weights,), checkpoints=())
    return info, f"load_pretrained({name!r})"


def _measured_by(weights: WeightSet) -> str:
    """Who measured the accuracy, in few words: this package's commands add their version."""
    if not weights.metrics:
        return ""
    by = weights.metrics[0].measured_by.removeprefix("reported by ").partition(",")[0]
    return re.sub(r"^bnn-zoo \w+ [\w.]+$", "bnn-zoo", by)


def json_of(weights: WeightSet) -> dict[str, Any]:
    """A weight set's record to be shown: addresses are without passwords and tokens."""
    from bnn_zoo.download.addresses import without_secrets
    from bnn_zoo.hub.weight_set import to_json

    return to_json(dataclasses.replace(weights, sources=tuple(map(without_secrets, weights.sources))))


def prepared(weights: WeightSet) -> str:
    """What is done to a picture before the network sees it, for who does it elsewhere; empty where that is not known."""
    from bnn_zoo.data.preprocessing_settings import Preprocessing
    from bnn_zoo.models import find_architecture

    try:
        settings = Preprocessing.from_dict(weights.preprocessing or {})
    except ValueError:  # what is no preprocessing is told when it is used
        return ""
    mean, std = (", ".join(f"{value:g}" for value in values) for values in (settings.mean, settings.std))
    colours = f"RGB from 0 to 1, less {mean}, divided by {std}"
    whole = weights.architecture is not None and find_architecture(weights.architecture).per_pixel
    if whole and None in weights.input_shape[:2]:
        return colours
    size = " x ".join(str(side or usual) for side, usual in zip(weights.input_shape[:2], settings.input_size, strict=True))
    return f"square centre, {100 * settings.crop:g} % of the short side, to {size} ({settings.interpolation}); {colours}"


def _figures(figures: Any) -> list[tuple[str, str]]:
    return [
        ("input", " x ".join(map(str, figures.input_shape))),
        ("parameters", f"{figures.parameters:,} ({figures.parameters_1bit:,} of 1 bit, {figures.parameters_32bit:,} of 32)"),
        ("size", f"{figures.size_mib:.2f} MiB deployed, {figures.float_size_mib:.2f} MiB in float32"),
        ("MACs", f"{figures.macs:,} a picture, {figures.binary_share:.1f} % of them binary"),
    ]


def summary(
    name: Annotated[str, typer.Argument(help="A network, a weight set (name.tag), a folder or a Hub repository USER/REPO.")],
    input_size: Annotated[
        int | None, typer.Option("--input-size", "--size", min=1, help="Height and width of the pictures, pixels.")
    ] = None,
) -> None:
    """Show a network layer by layer, as larq counts it."""
    from bnn_zoo.comparison.subjects import find_subject

    subject = find_subject(name, pictures_of(input_size))
    load_tensorflow()
    from bnn_zoo._keras import larq

    larq.models.summary(subject.build())
