"""Numbers as people read them."""

from __future__ import annotations

import pytest

from bnn_zoo.comparison.numbers import extents, short


@pytest.mark.parametrize(
    ("count", "text"),
    [
        *((0, "0"), (2.4, "2"), (999, "999"), (999.6, "1.00 k"), (1000, "1.00 k"), (999_994, "999.99 k"), (999_999, "1.00 M")),
        *((11_699_112, "11.70 M"), (999_999_999, "1.00 G"), (1e9, "1.00 G"), (1.676e9, "1.68 G"), (2.5e12, "2500.00 G")),
    ],
)
def test_a_number_has_three_digits_and_a_letter(count: float, text: str) -> None:
    assert short(count) == text


def test_extents_are_joined_by_an_x() -> None:
    assert extents((56, 56, 64)) == "56x56x64" and extents([10]) == "10"
