"""The experiments ask what they say, share what they can, and cannot be written wrongly unnoticed."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from bnn_zoo.guide.run import optimizers_of, variants_of
from bnn_zoo.guide.variants import BASELINE, EXPERIMENTS, Variant

#: What each experiment may change.
ASKED = {
    "first_and_last": {"first_layer", "last_layer"},
    "batch_norm": {"norm"},
    "shortcuts": {"shortcuts"},
    "pooling": {"downsampling"},
    "widening": {"widening"},
    "optimizer": {"optimizer"},
    "momentum": {"momentum"},
}


def changed(one: Variant, other: Variant) -> set[str]:
    return {entry.name for entry in fields(one) if getattr(one, entry.name) != getattr(other, entry.name)}


def test_seven_experiments_each_change_what_they_ask_and_nothing_else() -> None:
    assert [experiment.name for experiment in EXPERIMENTS] == list(ASKED)
    for experiment in EXPERIMENTS:
        advised = [experiment.variants[label] for label in experiment.advised]
        for label, variant in experiment.variants.items():
            if label not in experiment.advised:
                nearest = min((changed(variant, other) for other in advised), key=len)
                assert nearest and nearest <= ASKED[experiment.name], label


def test_all_four_combinations_of_first_and_last() -> None:
    pairs = {(variant.first_layer, variant.last_layer) for variant in EXPERIMENTS[0].variants.values()}
    assert len(pairs) == len(EXPERIMENTS[0].variants) == 4


def test_experiments_share_runs_by_name() -> None:
    variants = variants_of()
    assert len({variant.name for variant in variants}) == len(variants) == len(set(variants)) == 16
    assert variants_of(7) == [BASELINE, Variant(momentum=0.99)]
    assert BASELINE.name == "baseline" and Variant(momentum=0.99, shortcuts="none").name == "shortcuts-none+momentum-0.99"


def test_adam_is_searched_first_and_always() -> None:
    assert optimizers_of(variants_of()) == ["adam", "sgd", "bop"]
    assert optimizers_of([Variant(optimizer="bop")]) == ["adam", "bop"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"shortcuts": "some"}, "shortcuts is 'some'; it must be one of every_conv, every_second, none"),
        ({"optimizer": "rmsprop"}, "optimizer is 'rmsprop'"),
        ({"momentum": 1.0}, "momentum is 1.0"),
        ({"norm": "none", "downsampling": "pool_norm"}, 'norm="none" needs "stride"'),
    ],
)
def test_a_wrong_variant_is_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Variant(**settings)
