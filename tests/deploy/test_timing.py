"""How deep a measured run is warm, on a clock that only the runs move."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bnn_zoo.deploy import timing
from bnn_zoo.deploy.timing import Measurement, check_repeats, milliseconds, settled

#: Runs that are never measured.
WARM_UP = 3


@pytest.fixture
def takes(monkeypatch: pytest.MonkeyPatch) -> Callable[[list[float]], Callable[[], None]]:
    """Makes a run whose calls take so many milliseconds one after the other."""
    now = 0.0
    monkeypatch.setattr(timing, "perf_counter", lambda: now)

    def make(each: list[float]) -> Callable[[], None]:
        def run() -> None:
            nonlocal now
            now += each.pop(0) / 1e3

        return run

    return make


def test_a_turn_begins_with_five_milliseconds_that_are_not_measured(takes: Callable[[list[float]], Callable[[], None]]) -> None:
    each = [9.0] * WARM_UP + [4.0, 3.0, 2.0] + [4.0, 2.0, 1.0]
    measure = settled(takes(each))
    assert len(each) == 6, "warmed up at once"
    assert [measure(), measure()] == pytest.approx([2.0, 1.0]) and not each


def test_a_long_run_is_not_repeated_for_it(takes: Callable[[list[float]], Callable[[], None]]) -> None:
    each = [200.0] * WARM_UP + [190.0, 150.0, 140.0, 130.0]
    measure = settled(takes(each))
    assert [measure() for _ in range(3)] == pytest.approx([150.0, 140.0, 130.0])


def test_a_run_is_measured_in_milliseconds(takes: Callable[[list[float]], Callable[[], None]]) -> None:
    assert milliseconds(takes([7.0])) == pytest.approx(7.0)


def test_single_runs_come_to_median_and_quartiles() -> None:
    found = Measurement.of("net", "openvino", 2, 4, [8.0, 2.0, 4.0, 6.0, 10.0])
    assert (found.milliseconds, found.per_picture, found.low, found.high, found.repeats) == (6.0, 1.5, 3.0, 9.0, 5)


def test_too_few_runs_for_a_median() -> None:
    check_repeats(3)
    with pytest.raises(ValueError, match="repeats is 2; a median needs at least 3"):
        check_repeats(2)
