"""The model cards of the packaged weight sets."""

from __future__ import annotations

from pathlib import Path

import pytest
from huggingface_hub import ModelCard

from bnn_zoo.hub.card import model_card
from bnn_zoo.hub.folder import CARD, read_config, run_files
from bnn_zoo.hub.weight_set import Metric, WeightSet

PACKAGED = sorted(path.parent for path in (Path(__file__).parents[2] / "weights").glob("*/config.json"))


@pytest.mark.parametrize("folder", PACKAGED, ids=lambda folder: folder.name)
def test_a_packaged_card_says_what_its_configuration_says(folder: Path) -> None:
    weights = read_config(folder)
    card = (folder / CARD).read_text(encoding="utf-8")
    assert card == model_card(weights, beside=run_files(folder))
    (heading,) = (line for line in card.splitlines() if line.startswith("# "))
    assert weights.name in heading
    for name, value in weights.arguments.items():  # a narrowed network says so where it is named
        assert f"{name}={value!r}" in heading


def test_weights_are_packaged_at_all() -> None:
    assert PACKAGED


def test_a_data_set_whose_name_no_identifier_can_be_made_of() -> None:
    metric = Metric("top-1", 90.0, "猫", "nobody")
    card = ModelCard(model_card(WeightSet("birealnet", metrics=(metric,), dataset="猫")))
    assert card.data.datasets is None and "| trained on | 猫 |" in card.text
    assert [(result.dataset_type, result.dataset_name) for result in card.data.eval_results] == [("unknown", "猫")]


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("user/My_set.v1, 10 classes", "user/My_set.v1"),
        ("hf://user/set", "user/set"),
        ("Stanford Cars/Dogs", "stanford-cars-dogs"),
        ("CIFAR-10 test", "cifar10"),
    ],
)
def test_what_the_hub_calls_a_data_set(words: str, name: str) -> None:
    card = ModelCard(model_card(WeightSet("birealnet", metrics=(Metric("top-1", 90.0, words, "nobody"),), dataset=words)))
    assert card.data.datasets == [name]
    assert [result.dataset_type for result in card.data.eval_results] == [name]


@pytest.mark.parametrize(
    ("architecture", "task"),
    [("group_net18_segmentation", "image-segmentation"), ("birealnet", "image-classification"), (None, "image-classification")],
)
def test_a_card_names_what_the_network_does(architecture: str | None, task: str) -> None:
    metric = Metric("top-1", 90.0, "VOC", "nobody")
    card = ModelCard(model_card(WeightSet(architecture, metrics=(metric,), tag="voc")))
    assert card.data.pipeline_tag == task
    assert {"image-segmentation", "image-classification"} & set(card.data.tags) == {task}
    assert [result.task_type for result in card.data.eval_results] == [task]
    assert f"for {task.replace('-', ' ')}, saved by bnn_zoo" in card.text
