"""Three tasks as the paper's code has them, with its errors, and what observers of a part of a trial earn in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from ....envs import Levels, PerBatch, Uniform
from ....envs.factors import Conditions
from ....envs.names import check_name
from ....envs.tasks.yang19.matching import CategoryMatch, MatchTask
from ....envs.tasks.yang19.table import Dmc, Dnmc, Dnms

MIDDLES = {"angle": 180, "offset": 10, "place": 30, "test_place": 30}
"""Equal parts into which each continuous factor is cut; with their middles all angles are multiples of half a degree
that many trials share, so that who sees one angle cannot recognise the trial by it."""
FIXATING = 5 / 6
"""Weight of fixation in the authors' score of tasks with two stimuli; the response has the rest."""
DIRECTIONS = np.radians(np.arange(0, 360, 15))
"""Where an observer may point, who has not seen where to."""


def from_category_1(levels: Conditions) -> Conditions:
    """Non-matches as published: where one was to begin in category 2, a whole turn is added in place of half a one."""
    return levels | {"category": np.where(levels["match"], levels["category"], 1)}


@dataclass(frozen=True, kw_only=True)
class PublishedDmc(Dmc):
    """Delayed match to category as published: where categories differ, the first is always category 1."""

    def complete(self, levels: Conditions, rng: np.random.Generator) -> Conditions:
        return super().complete(from_category_1(levels), rng)


@dataclass(frozen=True, kw_only=True)
class PublishedDnmc(Dnmc):
    """Delayed non-match to category as published: trials and targets as in the published dmc."""

    row = replace(Dnmc.row, goes_on_match=True)

    def complete(self, levels: Conditions, rng: np.random.Generator) -> Conditions:
        return super().complete(from_category_1(levels), rng)


@dataclass(frozen=True, kw_only=True)
class PublishedDnms(Dnms):
    """Delayed non-match to sample as published: the targets of dms."""

    row = replace(Dnms.row, goes_on_match=True)


TASKS: dict[str, dict[str, type[MatchTask]]] = {
    "yang19.dmc": {"published": PublishedDmc, "corrected": Dmc},
    "yang19.dnmc": {"published": PublishedDnmc, "corrected": Dnmc},
    "yang19.dnms": {"published": PublishedDnms, "corrected": Dnms},
}
"""The tasks with an error, as published and as they are here."""
VERSIONS = ("published", "corrected")
PARTS: dict[str, tuple[str, ...]] = {
    "nothing": (),
    "first": ("first",),
    "second": ("second",),
    "both": ("first", "second"),
}
"""Observers, and the stimuli that they see."""


def version_of(name: str, version: str, dt: float = 20.0, delay_ms: float = 500.0) -> MatchTask:
    """A task with the paper's settings, as published or corrected, and another delay, jittered by a fifth.

    Args:
        name: Name of the task in the registry.
        version: ``"published"`` or ``"corrected"``.
        dt: Bin width (ms).
        delay_ms: Mean delay (ms).

    Raises:
        ValueError: If the task has no published error, or there is no such version.
    """
    made = TASKS[check_name("task", name, TASKS)][check_name("version", version, VERSIONS)]
    delay = PerBatch(Uniform(0.8 * delay_ms, 1.2 * delay_ms))
    return made(**{**made.presets["soo2023"], "dt": dt, "delay_ms": delay})


def every_trial(task: MatchTask) -> Conditions:
    """All trials on a grid, each as probable as any other; modalities, which say nothing, are left out."""
    factors = {name: factor for name, factor in task.factors().items() if "modality" not in name}
    values = [
        np.asarray(factor.values)
        if isinstance(factor, Levels)
        else factor.low + (factor.high - factor.low) * (np.arange(MIDDLES[name]) + 0.5) / MIDDLES[name]
        for name, factor in factors.items()
    ]
    grid = (part.ravel() for part in np.meshgrid(*values, indexing="ij"))
    return task.complete(dict(zip(factors, grid, strict=True)), np.random.default_rng(0))


def trial_kinds(task: MatchTask, conditions: Conditions) -> np.ndarray:
    """The kind of each trial, (B,): from which category to which, or whether the places match."""
    if not isinstance(task, CategoryMatch):
        return np.where(conditions["match"], "match", "non-match")
    first = conditions["category"].astype(int)
    second = np.where(conditions["match"], first, 3 - first)
    return np.array([f"{a} to {b}" for a, b in zip(first, second, strict=True)])


def observer_score(task: MatchTask, sees: Sequence[str]) -> float:
    r"""Expected score of the best observer of a part of the trial, by enumeration of all trials.

    .. math:: \sum_s p(s) \max_a p(a \text{ is right} \mid s)

    An answer :math:`a` is to withhold, or to point in a direction; what is seen, :math:`s`, are angles without noise.

    Args:
        task: The task.
        sees: Which of ``"first"`` and ``"second"`` is seen.
    """
    conditions = every_trial(task)
    first, second = task.angles(conditions)
    angles = {"first": first, "second": second}
    seen = np.zeros(len(conditions["answer"]), np.int64)
    for name in sees:
        seen = 720 * seen + np.round(2 * np.degrees(angles[name])).astype(np.int64) % 720
    _, which = np.unique(seen, return_inverse=True)
    respond = conditions["respond"]
    right = [~respond] + [respond & task.near(direction, conditions["answer"]) for direction in DIRECTIONS]
    return float(np.max([np.bincount(which, each) for each in right], axis=0).sum() / len(respond))


def transfer(name: str) -> tuple[float, float]:
    """Least and largest score in the corrected task of one who knows all that published trials teach, and no more.

    It answers as published, so that it is right where the answers agree; what it does in trials of a kind that was
    never shown, nobody can say.
    """
    published, corrected = (version_of(name, version) for version in VERSIONS)
    taught, asked = every_trial(published), every_trial(corrected)
    answers = dict(zip(trial_kinds(published, taught), taught["respond"], strict=True))
    fates = [
        (answers.get(kind, not respond) == respond, answers.get(kind, respond) == respond)
        for kind, respond in zip(trial_kinds(corrected, asked), asked["respond"], strict=True)
    ]
    least, most = np.mean(fates, axis=0)
    return float(least), float(most)


def authors_score(response: float) -> float:
    """The authors' score of one who fixates until the response, and whose response earns so much."""
    return FIXATING + (1 - FIXATING) * response


def observers() -> list[dict[str, str | float]]:
    """What each observer earns in each version of each task, and what the published one teaches of the corrected."""
    rows: list[dict[str, str | float]] = []
    for name, version in product(TASKS, VERSIONS):
        task = version_of(name, version)
        scores = {part: observer_score(task, sees) for part, sees in PARTS.items()}
        least, most = transfer(name) if version == "published" else (1.0, 1.0)
        onwards = f"{least:.2f}" if least == most else f"{least:.2f} to {most:.2f}"
        rows.append({"task": name, "version": version} | scores | {"then corrected": onwards})
    return rows
