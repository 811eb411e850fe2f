"""Names beside the points of a matplotlib plot, where they hide least."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import numpy as np

# All lengths are in 1/72 inch, as matplotlib's offsets are.

#: Rows of left, bottom, right, top.
_Boxes: TypeAlias = Any

#: How far from its point a name may stand, nearest first, and in how many directions.
_DISTANCES = (7, 13, 20, 30, 42, 56, 72)
_DIRECTIONS = 16

#: From this distance on a line leads to the point.
_LED_FROM = 12

#: A name may have dollar signs, between which matplotlib would expect a formula.
_TEXT: dict[str, Any] = {"fontsize": 8, "parse_math": False}

_DOT = 5  # half the size of a point, and some room

#: How often each name is put anew where it hides least, now that all the others have their place.
_ROUNDS = 4

#: Boxes that stand for a line, those at its ends included.
_STEPS = 16


@dataclass(frozen=True)
class _Place:
    """Where a name may stand.

    Args:
        centre: of the name.
        box: of the name; with one row.
        leader: boxes along the line that leads to the point; none where it stands beside it.
        distance: from the point.
    """

    centre: tuple[float, float]
    box: _Boxes
    leader: _Boxes
    distance: float


def label_points(axes: Any, points: Sequence[tuple[str, float, float]], line: tuple[Sequence[float], Sequence[float]]) -> None:
    """Writes a name at each point.

    Args:
        axes: of matplotlib, with a canvas that draws to memory.
        points: (name, x, y); the first ones stand nearest.
        line: x and y of a line that the names should not lie on.
    """
    axes.figure.canvas.draw()  # settles where everything is
    axes.autoscale(False)
    scale = axes.figure.dpi / 72
    dots = [tuple(axes.transData.transform((x, y)) / scale) for _, x, y in points]
    corners = [axes.transData.transform(point) / scale for point in zip(*line, strict=True)]
    fixed = [*(_around(dot, _DOT) for dot in dots), *_along(corners)]
    frame = _extent(axes.get_window_extent(), scale)
    choices = [list(_places(dot, _size(axes, name, scale))) for dot, (name, _, _) in zip(dots, points, strict=True)]
    chosen: dict[int, _Place] = {}
    for _ in range(_ROUNDS):
        for number, places in enumerate(choices):
            others = [place for other, place in chosen.items() if other != number]
            hidden = _stacked([box for place, box in enumerate(fixed) if place != number] + [other.box for other in others])
            lines = _stacked([other.leader for other in others])
            chosen[number] = _cheapest(places, partial(_hides, frame=frame, hidden=hidden, lines=lines))
    for number, (name, x, y) in enumerate(points):
        _write(axes, name, (x, y), dots[number], chosen[number])


def _cheapest(places: Sequence[_Place], hides: Callable[[_Place], float]) -> _Place:
    """Where a name hides least; distance counts too, so that what is farther than the best could be is not looked at."""
    best, least = places[0], math.inf
    for place in places:
        if 3 * place.distance >= least:
            break
        cost = 3 * place.distance + hides(place)
        if cost < least:
            best, least = place, cost
    return best


def _hides(place: _Place, frame: _Boxes, hidden: _Boxes, lines: _Boxes) -> float:
    """What a name hides, or is hidden of it, and what the line to its point crosses."""
    outside = _area(place.box[0]) - _overlap(place.box, frame).sum()
    covered = _overlap(place.box, hidden).sum() + _overlap(place.box, lines).sum()
    crossed = sum(np.count_nonzero(_overlap(place.leader[:, None], others[None])) for others in (hidden, lines))
    return float(30 * (outside + covered) + 40 * crossed)


def _places(dot: tuple[float, float], size: tuple[float, float]) -> Iterator[_Place]:
    width, height = size
    for distance, number in itertools.product(_DISTANCES, range(_DIRECTIONS)):
        angle = 2 * math.pi * number / _DIRECTIONS
        right, up = math.cos(angle), math.sin(angle)
        end = dot[0] + right * distance, dot[1] + up * distance
        # Beside the end of the line; straight above and below it, centred.
        centre = end[0] + _side(right) * width / 2, end[1] + (0 if _side(right) else up * height / 2)
        box = np.array([[centre[0] - width / 2, centre[1] - height / 2, centre[0] + width / 2, centre[1] + height / 2]])
        start = dot[0] + right * 2 * _DOT, dot[1] + up * 2 * _DOT
        yield _Place(centre, box, _stacked([*_along([start, end])] if distance > _LED_FROM else []), distance)


def _side(right: float) -> int:
    return 0 if abs(right) < 0.2 else 1 if right > 0 else -1


def _size(axes: Any, name: str, scale: float) -> tuple[float, float]:
    text = axes.text(0, 0, name, **_TEXT)
    extent = text.get_window_extent(axes.figure.canvas.get_renderer())
    text.remove()
    return extent.width / scale + 1, extent.height / scale + 1  # text is drawn on whole pixels


def _write(axes: Any, name: str, point: tuple[float, float], dot: tuple[float, float], place: _Place) -> None:
    offset = place.centre[0] - dot[0], place.centre[1] - dot[1]
    axes.annotate(*(name, point, offset), textcoords="offset points", ha="center", va="center", color="#333333", zorder=4, **_TEXT)
    if len(place.leader):
        scale = axes.figure.dpi / 72
        end = axes.transData.inverted().transform(place.leader[-1].reshape(2, 2).mean(axis=0) * scale)
        axes.plot([point[0], end[0]], [point[1], end[1]], color="#999999", linewidth=0.6, zorder=1)


def _along(corners: Sequence[Any]) -> Iterator[_Boxes]:
    for (x, y), (to_x, to_y) in itertools.pairwise(corners):
        for part in np.linspace(0, 1, _STEPS):
            yield _around((x + (to_x - x) * part, y + (to_y - y) * part), 1)


def _around(dot: Any, half: float) -> _Boxes:
    return np.array([[dot[0] - half, dot[1] - half, dot[0] + half, dot[1] + half]])


def _stacked(boxes: Sequence[_Boxes]) -> _Boxes:
    return np.concatenate([np.empty((0, 4)), *boxes])


def _extent(box: Any, scale: float) -> _Boxes:
    return np.array([[box.x0, box.y0, box.x1, box.y1]]) / scale


def _area(box: Any) -> float:
    return float((box[2] - box[0]) * (box[3] - box[1]))


def _overlap(one: _Boxes, other: _Boxes) -> Any:
    """The areas that boxes share."""
    width = np.minimum(one[..., 2], other[..., 2]) - np.maximum(one[..., 0], other[..., 0])
    height = np.minimum(one[..., 3], other[..., 3]) - np.maximum(one[..., 1], other[..., 1])
    return np.maximum(width, 0) * np.maximum(height, 0)
