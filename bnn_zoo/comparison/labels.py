"""Names beside the points of a matplotlib plot, where they hide least."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

_Box: TypeAlias = tuple[float, float, float, float]  # left, bottom, right, top, dots

#: Where a name may stand, seen from its point: beside it, below, above; the nearest first.
_SIDES = ((1, 0.5), (-1, 0.5), (1, -0.5), (-1, -0.5), (0, 1), (0, -1))
_DISTANCES = (8, 15, 24, 36, 50, 66)  # 1/72 inch

#: From this distance on a line leads to the point.
_LED_FROM = 12

_DOT = 4  # half the size of a point, 1/72 inch


def label_points(axes: Any, points: Sequence[tuple[str, float, float]], line: tuple[Sequence[float], Sequence[float]]) -> None:
    """Writes a name at each point.

    Args:
        axes: of matplotlib, with a canvas that draws to memory.
        points: (name, x, y).
        line: x and y of a line that the names should not lie on.
    """
    figure = axes.figure
    figure.canvas.draw()  # settles where everything is
    scale = figure.dpi / 72
    taken = [_around(axes.transData.transform((x, y)), _DOT * scale) for _, x, y in points]
    taken += [_around(dot, scale) for dot in _along([axes.transData.transform(point) for point in zip(*line, strict=True)])]
    frame = _box(axes.get_window_extent())
    for place, (name, x, y) in enumerate(points):
        others = taken[:place] + taken[place + 1 :]
        taken.append(_write(axes, name, (x, y), others, frame))


def _write(axes: Any, name: str, point: tuple[float, float], others: list[_Box], frame: _Box) -> _Box:
    from matplotlib.text import Text

    best: tuple[float, Any, _Box] | None = None
    for distance in _DISTANCES:
        for right, up in _SIDES:
            text = axes.annotate(
                name,
                point,
                (right * distance, up * distance),
                textcoords="offset points",
                ha="center" if right == 0 else "left" if right > 0 else "right",
                va="center",
                fontsize=8,
                color="#333333",
                zorder=4,
                arrowprops=dict(arrowstyle="-", color="#999999", linewidth=0.6, shrinkB=3) if distance > _LED_FROM else None,
            )
            text.update_positions(axes.figure.canvas.get_renderer())
            box: _Box = _box(Text.get_window_extent(text))  # of the words alone, without the line that leads to them
            hidden = _area(box) - _overlap(box, frame) + sum(_overlap(box, other) for other in others)
            if best is None or hidden < best[0] - 1:
                if best is not None:
                    best[1].remove()
                best = (hidden, text, box)
            else:
                text.remove()
            if best[0] < 1:
                return best[2]
    assert best is not None
    return best[2]


def _along(dots: Sequence[Any], steps: int = 40) -> Iterator[tuple[float, float]]:
    for (x, y), (to_x, to_y) in itertools.pairwise(dots):
        for step in range(steps):
            yield x + (to_x - x) * step / steps, y + (to_y - y) * step / steps


def _around(dot: Any, half: float) -> _Box:
    return dot[0] - half, dot[1] - half, dot[0] + half, dot[1] + half


def _box(extent: Any) -> _Box:
    return extent.x0, extent.y0, extent.x1, extent.y1


def _area(box: _Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _overlap(one: _Box, other: _Box) -> float:
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    return width * height if width > 0 and height > 0 else 0.0
