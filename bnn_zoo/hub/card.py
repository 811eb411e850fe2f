"""The model card of a weight set: the README.md that a Hugging Face repository shows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bnn_zoo.hub.hub_reference import parse_hub_reference
from bnn_zoo.hub.weight_set import Metric, WeightSet
from bnn_zoo.models import find_architecture


def model_card(weights: WeightSet, reference: str | None = None, beside: Sequence[str] = ()) -> str:
    """The card's text: YAML metadata that the Hub reads, then what a reader wants to know.

    Args:
        weights: the record; what is not known in it is not claimed.
        reference: where the weight set will lie, USER/REPO, if that is known.
        beside: further files in the folder: a training run's log, and a picture of it.

    Returns:
        Markdown.
    """
    from huggingface_hub import ModelCard, ModelCardData  # slow to import, and seldom needed

    task = _task(weights)
    data = ModelCardData(
        model_name=weights.name if weights.metrics else None,
        library_name="bnn_zoo",
        pipeline_tag=task,
        license=_license_id(weights.license),
        tags=["binarized-neural-network", "larq", task],
        datasets=[found] if (found := _dataset_id(weights.dataset or "")) else None,
        eval_results=[_result(metric, task) for metric in weights.metrics] or None,
        ignore_metadata_errors=False,
    )
    body = f"""# {weights.name}{f" ({weights.arguments_text})" if weights.arguments else ""}

A binarized neural network (weights and activations +1 or -1) for {task.replace("-", " ")}, saved by bnn_zoo.

```python
import bnn_zoo

{_usage(weights, reference)}
```

| | |
|---|---|
{_table(_facts(weights))}

{_results(weights)}
{_training(weights, beside)}"""
    return str(ModelCard(f"---\n{data.to_yaml()}\n---\n\n{body}"))


def _task(weights: WeightSet) -> str:
    """The Hub's word for what the network does."""
    per_pixel = weights.architecture is not None and find_architecture(weights.architecture).per_pixel
    return "image-segmentation" if per_pixel else "image-classification"


def _table(rows: Iterable[tuple[str, ...]]) -> str:
    return "\n".join(f"| {' | '.join(map(_cell, row))} |" for row in rows)


def _cell(text: str) -> str:
    """One cell stays one, whatever a data set is called."""
    return " ".join(text.split()).replace("|", "\\|")


def _usage(weights: WeightSet, reference: str | None) -> str:
    call = "load_pretrained(" if weights.architecture is None else f"{find_architecture(weights.architecture).factory}(pretrained="
    comment = "" if reference else '  # or "user/repo"'
    return f'model = bnn_zoo.{call}"{reference or "path/to/this/folder"}"){comment}'


def _facts(weights: WeightSet) -> list[tuple[str, str]]:
    facts = []
    if weights.architecture is not None:
        paper = find_architecture(weights.architecture).paper
        facts.append(("architecture", weights.architecture))
        facts.append(("paper", f"[{paper.title}]({paper.url}), {paper.authors}, {paper.year}"))
    if weights.arguments:
        facts.append(("arguments", f"`{weights.arguments_text}`"))
    facts.append(("input", " x ".join("any" if side is None else str(side) for side in weights.input_shape)))
    facts.append(("classes", str(weights.num_classes or "not known") if weights.include_top else "without top"))
    if weights.dataset:
        facts.append(("trained on", weights.dataset))
    if weights.license:
        facts.append(("licence of the weights", weights.license))
    return facts


def _results(weights: WeightSet) -> str:
    if not weights.metrics:
        return "No accuracy was measured."
    rows = [("metric", "percent", "on", "by"), ("---", "---", "---", "---")]
    return _table(rows + [(m.name, f"{m.value:.2f}", m.dataset, m.measured_by) for m in weights.metrics])


def _training(weights: WeightSet, beside: Sequence[str]) -> str:
    text, recipe = "", dict(weights.recipe or {})
    command = recipe.pop("command", None)
    if command:
        text += "\n".join(["", "Trained with", "", "```sh", str(command), "```", ""])
    if recipe:
        rows = [("recipe", ""), ("---", "---"), *((name, _told(value)) for name, value in recipe.items() if value)]
        text += f"\n{_table(rows)}\n"
    for name in beside:
        label = "the run, epoch by epoch"
        text += f"\n![{label}]({name})\n" if name.endswith(".png") else f"\n{label.capitalize()}: [{name}]({name})\n"
    return text


def _told(value: Any) -> str:
    """A recipe's value in words, its parts too: a stage's fields for example."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_told(part)}" for name, part in value.items() if part)
    if isinstance(value, (list, tuple)):
        return f"({', '.join(map(_told, value))})"
    return str(value)


def _result(metric: Metric, task: str):  # type: ignore[no-untyped-def]
    from huggingface_hub import EvalResult

    return EvalResult(
        task_type=task,
        dataset_type=_dataset_id(metric.dataset) or "unknown",
        dataset_name=metric.dataset,
        metric_type="accuracy",
        metric_name=f"{metric.name} accuracy",
        metric_value=round(metric.value / 100, 6),
    )


def _license_id(spdx: str | None) -> str | None:
    """The Hub writes SPDX identifiers in lower case."""
    return spdx.lower() if spdx else None


def _dataset_id(words: str) -> str:
    """The Hub's name of a data set, or what could be one; empty where no letter or digit is left of what it is called."""
    named = words.partition(",")[0].strip()
    place = parse_hub_reference(named)
    if place is not None and not place.revision and not place.path:
        return place.repo
    first = named.lower()
    known = {"cifar-10": "cifar10", "cifar-10 test": "cifar10", "imagenet": "imagenet-1k"}
    return known.get(first, re.sub(r"[^a-z0-9]+", "-", first).strip("-"))
