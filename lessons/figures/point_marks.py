"""What kind of point a fixed or slow point is, and the mark by which figures show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from ...agents.dynamics import FixedPoints
from .style import PALETTE

MARKS: Mapping[str, tuple[str, str, Literal["full", "none"]]] = {
    "stable": ("o", PALETTE[0], "full"),
    "saddle": ("D", PALETTE[3], "none"),
    "unstable": ("^", PALETTE[1], "none"),
    "slow": ("s", PALETTE[2], "full"),
}
"""Marker, colour and filling of each kind of point, as in the widget of the chapter on fixed points."""

SLOW = 1e-12
"""Speed q from which a point is no fixed point but a slow one."""


def point_kinds(points: FixedPoints) -> list[str]:
    """What each point is: stable, a saddle, unstable in all directions, or slow: it moves a little or has no say."""
    names = np.where(points.stable, "stable", np.where(points.saddle, "saddle", "unstable"))
    slow = (points.speed >= SLOW) | ((points.n_unstable == 0) & ~points.stable)
    return np.where(slow, "slow", names).tolist()


def mark_points(axes: Axes, places: np.ndarray, names: Sequence[str], size: float = 7) -> None:
    """Mark points at places (K, 2 or more) by their kinds, in marks of so many points."""
    for kind in MARKS:
        some = places[[one == kind for one in names]]
        if len(some):
            axes.add_line(point_mark(kind, some[:, 0], some[:, 1], zorder=4, ms=size))


def point_mark(kind: str, x: Any = (), y: Any = (), **look: Any) -> Line2D:
    """Marks of a kind, at places or for a legend."""
    marker, colour, filling = MARKS[kind]
    return Line2D(x, y, ls="", marker=marker, color=colour, fillstyle=filling, **{"ms": 7, "mew": 1.8} | look)
