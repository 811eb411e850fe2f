"""`export` and `bench`: networks outside Keras."""

from __future__ import annotations

import sys
from itertools import product
from typing import Annotated

import typer

from bnn_zoo._startup import load_tensorflow
from bnn_zoo.cli.measurements import AsJson, Format, chosen_form, show_rows
from bnn_zoo.cli.values import counts, expanded, parts

_Models = Annotated[
    list[str], typer.Argument(metavar="NAME", help='Networks ("*resnet*"), weight sets, folders, or "mobilenet_v2" (float).')
]


def export(
    model: Annotated[str, typer.Argument(help="A weight set as name.tag, a folder, or a Hub repository USER/REPO.")],
    path: Annotated[
        str, typer.Argument(help="What to write: .tflite (LCE), .xml (OpenVINO, with a .bin beside it), or a SavedModel folder.")
    ],
) -> None:
    """Write a network as a file that runs without Keras and larq."""
    from bnn_zoo.deploy.export import check_target
    from bnn_zoo.deploy.export import export as write
    from bnn_zoo.hub import load_pretrained, resolve

    check_target(path)
    weights = resolve(model)
    load_tensorflow()
    written = write(load_pretrained(weights), path)
    print(written)
    if written.suffix.lower() == ".xml":
        print(written.with_suffix(".bin"))  # the weights, without which the other file is of no use


def bench(
    models: _Models,
    backends: Annotated[
        str | None, typer.Option(help="Comma-separated, among keras, larq_zoo, lce and openvino; all but larq_zoo if not given.")
    ] = None,
    threads: Annotated[str, typer.Option(help="Comma-separated numbers of threads.")] = "1,2",
    batch_sizes: Annotated[
        str, typer.Option("--batch-sizes", "--batch-size", "--batch", help="Comma-separated, pictures a run.")
    ] = "1",
    repeats: Annotated[int, typer.Option("--repeats", "--rounds", min=3, help="Runs of each; medians are shown.")] = 30,
    wanted: Format = "table",
    as_json: AsJson = False,
    layers: Annotated[bool, typer.Option("--layers", help="Times of OpenVINO's layers instead.")] = False,
) -> None:
    """Measure the latency of networks on every backend, in turn."""
    from bnn_zoo.deploy.backends import check_backend

    form = chosen_form(wanted, as_json)
    numbers, sizes = counts("--threads", threads), counts("--batch-sizes", batch_sizes)
    if layers and backends is not None:
        raise ValueError("--layers measures OpenVINO alone; leave out --backends.")
    from bnn_zoo.deploy.bench import USUAL, NotMeasured, check_models, measure_latencies
    from bnn_zoo.deploy.timing import Measurement

    names = expanded(models)
    if layers:
        check_models(names)
        check_backend("openvino")
        load_tensorflow()
        _bench_layers(names, numbers, sizes, repeats, form)
        return
    # TensorFlow is loaded by the processes that measure.
    rows = measure_latencies(names, parts(backends) if backends else USUAL, numbers, sizes, repeats)
    measured = [row for row in rows if isinstance(row, Measurement)]
    failed = [row for row in rows if isinstance(row, NotMeasured)]
    if measured:
        show_rows(measured, form, {"repeats": 6, "per_picture": 5, "batch_size": 4, "high": 3, "low": 3})
    for line in dict.fromkeys(f"bnn-zoo: {row.model} on {row.backend} was not measured: {row.reason}" for row in failed):
        print(line, file=sys.stderr)
    if not measured:
        raise typer.Exit(1)


def _bench_layers(models: list[str], threads: list[int], sizes: list[int], repeats: int, form: str) -> None:
    from bnn_zoo.deploy.bench_worker import build
    from bnn_zoo.deploy.profile import MeasuredLayer, by_kind, profile_layers, with_roofline

    # Which kernel ran a layer and how many operations it has matter least beside its time.
    ranks = {"implementation": 6, "binary_macs": 5, "share": 4, "of_roofline": 3, "kind": 2}
    rows = []
    for model, count, size in product(models, threads, sizes):
        times = with_roofline(profile_layers(build(model), threads=count, batch_size=size, repeats=repeats), count)
        if form == "table":
            print(f"# {model}, threads: {count}, batch {size}")
            show_rows(by_kind(times), form, ranks)
            print()
            show_rows(times, form, ranks)
        rows += [MeasuredLayer(model, count, size, **vars(time)) for time in times]
    if form != "table":  # one list, of which the kinds' sums can be made
        show_rows(rows, form, ranks)
