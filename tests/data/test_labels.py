"""Class names, and the classes of which a network is surest."""

from __future__ import annotations

import numpy as np
import pytest

from bnn_zoo.data.labels import class_labels, top_classes


def test_imagenet() -> None:
    labels = class_labels("imagenet")
    assert len(labels) == 1000
    assert len({label.lower() for label in labels}) == 1000
    assert all(label and label == label.strip() and "_" not in label and "," not in label for label in labels)
    known = {0: "tench", 1: "goldfish", 207: "golden retriever", 281: "tabby", 657: "missile", 744: "projectile"}
    known |= {134: "crane (bird)", 517: "crane (machine)", 638: "maillot (tights)", 639: "maillot (tank suit)"}
    known |= {264: "Cardigan (Welsh corgi)", 474: "cardigan", 999: "toilet tissue"}
    assert {index: labels[index] for index in known} == known


def test_cifar10() -> None:
    assert class_labels("cifar10") == tuple("airplane automobile bird cat deer dog frog horse ship truck".split())


def test_unknown_labels() -> None:
    with pytest.raises(ValueError, match="'coco'.*'cifar10', 'imagenet'"):
        class_labels("coco")


def test_top_classes() -> None:
    labels = ("a", "b", "c", "d")
    batch = np.array([[0.1, 0.4, 0.4, 0.1], [0.0, 0.0, 0.0, 1.0]], np.float32)
    result = top_classes(batch, labels, top=3)
    assert [[name for name, _ in row] for row in result] == [["b", "c", "a"], ["d", "a", "b"]]
    assert result[0][0][1] == pytest.approx(0.4) and type(result[0][0][1]) is float
    assert top_classes(batch[1], labels, top=1) == [[("d", 1.0)]]
    assert len(top_classes(batch, labels, top=99)[0]) == 4
    assert top_classes(np.zeros((0, 4)), labels) == []
    assert top_classes(np.array([1, 3, 2, 0], np.uint8), labels, top=2) == [[("b", 3.0), ("c", 2.0)]]


@pytest.mark.parametrize(
    "probabilities, top, message",
    [
        (np.zeros((1, 3)), 5, "3 classes .* 4 names"),
        (np.zeros((1, 7, 7, 4)), 5, r"\(1, 7, 7, 4\)"),
        (np.float32(1), 5, r"shape \(\)"),
        (np.zeros((1, 4)), 0, "top is 0"),
        (np.full((1, 4), np.nan), 5, "NaN"),
    ],
)
def test_top_classes_refuses(probabilities: np.ndarray, top: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        top_classes(probabilities, ("a", "b", "c", "d"), top=top)


@pytest.mark.parametrize("labels, advice", [("abcd", ""), ("cifar10", r": class_labels\('cifar10'\)")])
def test_one_text_is_no_list_of_class_names(labels: str, advice: str) -> None:
    with pytest.raises(ValueError, match=rf"labels is '{labels}'; .* as in \['cat', 'dog'\]{advice}"):
        top_classes(np.zeros((1, len(labels))), labels)


def test_equal_probabilities_keep_the_order_of_classes() -> None:
    labels = class_labels("imagenet")
    scores = np.arange(1000) % 2
    assert [name for name, _ in top_classes(scores, labels, top=500)[0]] == list(labels[1::2])
