"""JSON's numbers are finite."""

from __future__ import annotations

import pytest

from bnn_zoo.hub import strict_json


@pytest.mark.parametrize("number", ["1e999", "-1e999", "NaN", "Infinity"])
def test_a_number_that_is_not_finite_is_refused(number: str) -> None:
    with pytest.raises(ValueError, match="number"):
        strict_json.loads(f'{{"a": {number}}}')


def test_other_numbers_are_read() -> None:
    assert strict_json.loads("[1e308, 1e-999, 2]") == [1e308, 0.0, 2]
