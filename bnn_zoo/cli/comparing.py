"""`compare` and `profile`: networks side by side, and one of them layer by layer."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bnn_zoo._places import check_file_place
from bnn_zoo._startup import load_tensorflow
from bnn_zoo._user_path import user_path
from bnn_zoo.cli.terminal import terminal_width
from bnn_zoo.cli.values import parts, pictures_of

if TYPE_CHECKING:
    from bnn_zoo.comparison.column import Column

_Names = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="PATTERN",
        help='Networks ("*densenet*"), weight sets (quicknet.imagenet), folders, Hub repositories. All networks if not given.',
    ),
]


def compare(
    patterns: _Names = None,
    sort: Annotated[str | None, typer.Option(metavar="COLUMN", help="Sort by this column, the best first.")] = None,
    columns: Annotated[str | None, typer.Option(help="Comma-separated keys of the columns to show; `all` for all.")] = None,
    input_size: Annotated[
        int | None, typer.Option("--input-size", "--size", min=1, help="Compare all at pictures of this height and width, pixels.")
    ] = None,
    latency: Annotated[
        list[str] | None, typer.Option(metavar="BACKEND", help="Measure on keras, openvino, lce: repeat it, or use commas.")
    ] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="Of openvino and lce; all cores if not given.")] = None,
    repeats: Annotated[int, typer.Option("--repeats", "--rounds", min=3, help="Runs of each latency; medians are shown.")] = 30,
    data: Annotated[str | None, typer.Option(help="Labelled pictures to score weight sets on; see `evaluate`.")] = None,
    split: Annotated[str | None, typer.Option(help="Of the data.")] = None,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Skip pictures that cannot be read, and say so.")] = False,
    html: Annotated[Path | None, typer.Option(metavar="FILE", dir_okay=False, help="Write a page that works offline.")] = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE", dir_okay=False, help="Draw accuracy against size (.png, .svg, .pdf).")
    ] = None,
    plot_axes: Annotated[str, typer.Option(metavar="X,Y", help="Columns to draw.")] = "size_mib,top1",
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Write a Markdown table.")] = False,
) -> None:
    """Compare networks: sizes, operations, memory, accuracies, latencies."""
    from bnn_zoo.comparison.column import find_column
    from bnn_zoo.comparison.columns import columns_for
    from bnn_zoo.comparison.compare import compare as run
    from bnn_zoo.comparison.latency import check_backends
    from bnn_zoo.comparison.subjects import find_subjects
    from bnn_zoo.data.datasets import check_source

    if as_json and as_markdown:
        raise ValueError("--json and --markdown: give one of the two.")
    plot = None if plot is None else _with_ending(plot)
    shape = pictures_of(input_size)
    backends = [name for entry in latency or [] for name in parts(entry)]
    keys = parts(columns) if columns and columns != "all" else None
    x, _, y = plot_axes.partition(",")
    axes = (x.strip(), y.strip() or "top1")
    possible = columns_for(backends, scored=data is not None)
    for key in (*([] if sort is None else [sort]), *(keys or []), *([] if plot is None else axes)):
        find_column(key, possible)
    _check_files(html, plot, [column for column in possible if column.key in axes])
    check_backends(backends, threads, repeats)
    if data is not None:
        split = check_source(data, split, scoring=True)
    if backends or data is not None or not all(subject.is_stored for subject in find_subjects(patterns or None, shape)):
        load_tensorflow()
    found = run(
        patterns or None,
        input_shape=shape,
        latency=backends,
        data=data,
        split=split,
        on_bad="skip" if skip_bad else "stop",
        threads=threads,
        repeats=repeats,
    )
    if sort is not None:
        found = found.sorted(sort)
    if columns == "all":
        keys = [column.key for column in found.columns]
    if as_json:
        print(found.to_json())
    elif as_markdown:
        print(found.to_markdown(columns=keys))
    elif html is None and plot is None:
        print(found.table(columns=keys, width=terminal_width() if keys is None else None))
    if html is not None:
        print(found.to_html(html), file=sys.stderr)
    if plot is not None:
        found.plot(*axes, plot)
        print(plot, file=sys.stderr)
    for note in found.notes():
        print(f"bnn-zoo: {note}", file=sys.stderr)


def _check_files(html: Path | None, plot: Path | None, axes: Iterable[Column]) -> None:
    """Refuses what could not be written, before anything is measured that would be lost."""
    if html is not None:
        from bnn_zoo.comparison.page import check_page

        check_page()
        check_file_place(user_path(html))
    if plot is not None:
        from bnn_zoo.comparison.plot import check_plot

        check_plot(axes)
        check_file_place(user_path(plot))


def _with_ending(path: Path) -> Path:
    """Where a plot is written: matplotlib would add the ending itself, and not say so."""
    if path.suffix in ("", "."):
        return path.with_name(f"{path.name.rstrip('.')}.png")
    if path.suffix.lower() not in (".png", ".svg", ".pdf"):
        raise ValueError(f"--plot {path}: the ending must be .png, .svg or .pdf.")
    return path


def profile(
    name: Annotated[str, typer.Argument(help="A network, a weight set (name.tag), a folder or a Hub repository USER/REPO.")],
    other: Annotated[str | None, typer.Argument(help="Another one, to show what differs.")] = None,
    input_size: Annotated[
        int | None, typer.Option("--input-size", "--size", min=1, help="Height and width of the pictures, pixels.")
    ] = None,
    latency: Annotated[str | None, typer.Option(metavar="BACKEND", help="Time the layers on openvino or keras.")] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="Of the backend; all cores if not given.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False,
) -> None:
    """Show a network layer by layer, and what the guide to building BNNs says to it; or what differs between two."""
    from bnn_zoo.comparison.layer_times import check_layer_timing
    from bnn_zoo.comparison.profile import profile as look_at
    from bnn_zoo.comparison.subjects import find_subjects

    names = [name] if other is None else [name, other]
    shape = pictures_of(input_size)
    backends = parts(latency) if latency else []
    check_layer_timing(backends, threads, repeats=1)
    if backends or not all(subject.is_stored for subject in find_subjects(names, shape)):
        load_tensorflow()
    profiles = [look_at(entry, input_shape=shape, latency=backends, threads=threads) for entry in names]
    found = profiles[0] if other is None else profiles[0].diff(profiles[1])
    print(found.to_json() if as_json else found.table(width=terminal_width()))
