"""How many networks of a study learned, and how fast."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

import numpy as np
from scipy.stats import mannwhitneyu

from ..figures.conditions import wilson_interval
from .study import Row

Key = TypeVar("Key", bound=Hashable)


def updates_of(rows: Sequence[Row]) -> list[int]:
    """Updates until each network had learned the task, with the cap for one that did not."""
    return [row["updates"] if row["solved"] else row["steps"] for row in rows]


def p_value(first: Sequence[float], second: Sequence[float]) -> float:
    """The p value that two groups of numbers are alike (two-sided Mann-Whitney test); 1 where all are the same."""
    return 1.0 if len({*first, *second}) == 1 else float(np.asarray(mannwhitneyu(first, second))[1])


def share_of(rows: Sequence[Row]) -> Row:
    """Number of networks, number of those that learned, and the 95 % interval of their share (Wilson)."""
    n, solved = len(rows), sum(row["solved"] for row in rows)
    low, high = wilson_interval(solved, n)
    return {"networks": n, "solved": solved, "share": f"{low:.2f} to {high:.2f}"}


def learners(rows: Sequence[Row]) -> Row:
    """Of networks trained alike: how many learned, updates (median and range), mean score and time."""
    updates = updates_of(rows)
    return share_of(rows) | {
        "updates": float(np.median(updates)),
        "range": f"{min(updates)} to {max(updates)}",
        "score": float(np.mean([row["score"] for row in rows])),
        "cpu s": float(np.mean([row["cpu_seconds"] for row in rows])),
    }


def by_rate(table: Sequence[Row], key: Callable[[Row], Key]) -> dict[Key, dict[float, tuple[int, float]]]:
    """For each key and learning rate, how many networks learned, and minus their mean updates: the larger, the better.

    Args:
        table: Rows of a search for learning rates.
        key: What of a row the rate is sought for.
    """
    found: dict[Key, dict[float, list[Row]]] = {}
    for row in table:
        found.setdefault(key(row), {}).setdefault(row["lr"], []).append(row)
    return {
        one: {lr: (sum(row["solved"] for row in rows), -float(np.mean(updates_of(rows)))) for lr, rows in rates.items()}
        for one, rates in found.items()
    }


def rate_cells(results: dict[float, tuple[int, float]], rates: Sequence[float]) -> Row:
    """Cells of a table: learners at each rate with their mean updates, "-" where none were trained; the best rate."""
    cells = {f"{lr:g}": f"{results[lr][0]} ({-results[lr][1]:.0f})" if lr in results else "-" for lr in rates}
    return {**cells, "best": best_rate(results)}


def best_rate(results: dict[float, tuple[int, float]]) -> float:
    """The rate with which most networks learned; of those, the fastest."""
    return max(results, key=results.__getitem__)
