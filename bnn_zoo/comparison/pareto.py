"""Which networks no other one beats."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

Better = Literal["smaller", "larger"]


def pareto_front(points: Sequence[tuple[float, float]], better: tuple[Better, Better]) -> list[int]:
    """The points that no other point beats: none is better in one coordinate and at least as good in the other.

    Args:
        points: (x, y) of each.
        better: which x, and which y.

    Returns:
        Their places in `points`, in the order of x from small to large; points that are equal are all in it.
    """
    signs = tuple(1.0 if which == "larger" else -1.0 for which in better)
    scores = [(signs[0] * x, signs[1] * y) for x, y in points]
    front = [place for place, score in enumerate(scores) if not any(_beats(other, score) for other in scores)]
    return sorted(front, key=lambda place: points[place])


def _beats(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return one != other and one[0] >= other[0] and one[1] >= other[1]
