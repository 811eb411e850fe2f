"""What the page shows, as JSON: words made by the columns' own formats, so that it says what the other forms say."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from bnn_zoo._user_path import user_path
from bnn_zoo.comparison.column import Column
from bnn_zoo.comparison.hints import Hint, find_hints
from bnn_zoo.comparison.plot import LOG_FROM, front_of
from bnn_zoo.comparison.profile import LAYER_COLUMNS, layer_cells
from bnn_zoo.comparison.row import NetworkRow
from bnn_zoo.hub import WeightSet, registered


def page_data(rows: Sequence[NetworkRow], columns: Sequence[Column]) -> dict[str, Any]:
    """Everything that the page's scripts read.

    Args:
        rows: the networks.
        columns: what is known of them.
    """
    sets = Counter(row.published.data_set for row in rows if row.published)
    data_sets = [name for name, _ in sets.most_common()]
    numbers = [column for column in columns if column.is_number]
    keys = {column.key for column in numbers}
    latencies = [key for key in keys if key.startswith("latency_") and not key.endswith("_spread")]
    across = sorted(latencies)[0] if latencies else "size_mib"
    return {
        # The most telling ones first: a phone shows two or three without scrolling.
        "columns": [_column(column) for column in sorted(columns, key=lambda column: (column.key != "name", column.rank or 99))],
        "layer_columns": LAYER_COLUMNS,
        "networks": [_network(row, columns) for row in rows],
        "data_sets": data_sets,
        "axes": [across, "top1" if "top1" in keys else "operations"],
        "log_from": LOG_FROM,
        "fronts": _fronts(rows, numbers, data_sets),
        "notes": [f"{row.name}: {note}" for row in rows for note in row.notes],
    }


def _column(column: Column) -> dict[str, Any]:
    names = ("key", "title", "unit", "heading", "better", "explain", "log")
    return {name: getattr(column, name) for name in names} | {"number": column.is_number, "shown": column.rank > 0}


def _fronts(rows: Sequence[NetworkRow], numbers: Sequence[Column], data_sets: Sequence[str]) -> dict[str, list[str]]:
    """By "x|y|data set" the names on the Pareto front; no data set stands for all networks, where accuracies do not compare."""
    fronts = {}
    for x, y, data_set in itertools.product(numbers, numbers, [*data_sets, ""]):
        if x.better is None or y.better is None or x is y or (not data_set and (x.of_data_set or y.of_data_set)):
            continue
        there = [row for row in rows if not data_set or (row.published and row.published.data_set == data_set)]
        known = [row for row in there if x.value(row) is not None and y.value(row) is not None]
        fronts[f"{x.key}|{y.key}|{data_set}"] = [row.name for row in front_of(known, x, y)]
    return fronts


def _network(row: NetworkRow, columns: Sequence[Column]) -> dict[str, Any]:
    paper = row.architecture.paper if row.architecture else None
    if row.weights is not None:
        weights: tuple[WeightSet, ...] = (row.weights,)
    else:
        weights = registered(row.architecture.name) if row.architecture else ()
    text = {column.key: column.cell(row) for column in columns}
    words = [row.name, *text.values(), paper.title if paper else "", paper.authors if paper else ""]
    return {
        "name": row.name,
        "values": {column.key: column.value(row) for column in columns},
        "text": text,
        "data_set": row.published.data_set if row.published else "",
        "search": " ".join(words).lower(),
        "paper": paper and {"title": paper.title, "authors": paper.authors, "year": paper.year, "url": paper.url},
        "code": _code(row),
        "weights": [_weights(entry) for entry in weights if entry.include_top],
        "hints": _hints(find_hints(row.layers)),
        "layers": [{"cells": layer_cells(layer), "binary": layer.is_quantized} for layer in row.layers],
    }


def _code(row: NetworkRow) -> str:
    """What makes the network in Python; empty where the row's name does not tell."""
    entry, weights = row.architecture, row.weights
    if entry is None:
        return ""
    known = entry.name if weights is None else weights.name if weights in registered(entry.name) else None
    if row.name == known:
        return f'bnn_zoo.create_model("{row.name}")'
    if weights is not None and user_path(row.name).exists():
        return f"bnn_zoo.load_pretrained({json.dumps(row.name, ensure_ascii=False)})"
    return ""


def _weights(weights: WeightSet) -> dict[str, Any]:
    metrics = [f"{metric.name} {metric.value:.2f} % on {metric.dataset} ({metric.measured_by})" for metric in weights.metrics]
    return {"name": weights.name, "dataset": weights.dataset, "license": weights.license, "metrics": metrics}


def _hints(hints: Sequence[Hint]) -> list[dict[str, Any]]:
    rules = {hint.rule.name: hint.rule for hint in hints}
    return [
        {
            "advice": rule.advice,
            "reason": rule.reason,
            "read_on": rule.read_on,
            "places": [f"{hint.layer}: {hint.found}" for hint in hints if hint.rule.name == name],
        }
        for name, rule in rules.items()
    ]
