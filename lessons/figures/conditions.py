"""Trials grouped by what was shown: labels, averages, and performance with its uncertainty."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Self

import numpy as np
from scipy import stats

from ...agents.dynamics import condition_averages
from ...agents.measures.behaviour.proportions import wilson_interval
from ...envs.task import Task
from ...envs.trial import TrialBatch


@dataclass(frozen=True)
class Groups:
    """Which condition each trial belongs to.

    Attributes:
        labels: A name for each condition.
        index: The condition of each trial, (B,).
    """

    labels: tuple[str, ...]
    index: np.ndarray

    def means(self, values: np.ndarray) -> np.ndarray:
        """Mean over the trials of each condition: (T, B, N) to (T, C, N)."""
        return condition_averages(values, self.index).rates


def group(task: Task, batch: TrialBatch, maximum: int = 24) -> Groups:
    """Group trials by the contrasts that the task names.

    Contrasts come in the order of their worth: the last ones are left out where there would be more than ``maximum``
    groups. One that takes more values than that, as an angle does, is cut into eight ranges.
    """
    found = [name if name in batch.conditions else f"{name} 1" for name in task.contrasts]
    levels = [_Levels.of(name, batch.conditions[name], maximum) for name in found]
    while True:
        columns = np.stack([level.index for level in levels], axis=1)
        rows, index = np.unique(columns, axis=0, return_inverse=True)
        if len(rows) <= maximum or len(levels) == 1:
            labels = [", ".join(level.labels[i] for level, i in zip(levels, row, strict=True)) for row in rows.tolist()]
            return Groups(tuple(labels), index.reshape(-1))
        levels.pop()


@dataclass(frozen=True)
class _Levels:
    """The levels of one contrast: a label for each, and the level of each trial."""

    labels: list[str]
    index: np.ndarray

    @classmethod
    def of(cls, name: str, values: np.ndarray, maximum: int) -> Self:
        said = name.rstrip("0123456789 ").replace("_", " ")
        found, index = np.unique(values, return_inverse=True)
        if values.dtype == bool:
            return cls([said if value else f"no {said}" for value in found], index)
        if len(found) <= maximum:
            return cls([f"{said} {value:g}" for value in found], index)
        edges = np.linspace(found[0], found[-1], 9)
        index = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, 7)
        return cls([f"{said} {low:.3g} to {high:.3g}" for low, high in pairwise(edges)], index)


def mean_interval(scores: np.ndarray, confidence: float = 0.95) -> tuple[float, float]:
    """Interval of a mean score: Wilson's where every score is 0 or 1, else by the standard error; one says nothing."""
    if np.isin(scores, (0, 1)).all():
        return wilson_interval(scores.sum(), len(scores), confidence)
    if len(scores) < 2:
        return 0.0, 1.0
    half = stats.norm.ppf(0.5 + confidence / 2) * scores.std(ddof=1) / np.sqrt(len(scores))
    return float(scores.mean() - half), float(scores.mean() + half)
