"""The task inside of one that puts its trials into context: what it must be able to do."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

import numpy as np

from ..errors import ArgumentError
from ..factors import Conditions, Levels
from ..names import check_name
from ..painted_task import PaintedTask
from ..task import Task
from ..trial import TrialBatch
from ..wrapped_task import WrappedTask

N_EACH = 20
"""Number of trials by which it is found out what determines the right class."""


@runtime_checkable
class Inferring(Protocol):
    """A task whose ideal observer knows how probable each answer is."""

    def log_joint(self, batch: TrialBatch) -> np.ndarray:
        """Logarithm of the density of what is shown together with each class being right, (B, n_out), but a constant.

        The constant may depend on what is shown, but not on how probable it is.
        """
        ...


def innermost(task: Task) -> Task:
    """The task that others are wrapped around."""
    return innermost(task.task) if isinstance(task, WrappedTask) else task


def check_one_choice(task: Task, what: str) -> PaintedTask:
    """The painted task inside, if it asks for one choice in a trial, whenever it comes.

    Raises:
        ArgumentError: If it is another kind of task.
    """
    inside = innermost(task)
    if not isinstance(inside, PaintedTask) or task.kind != "choice" or task.n_segments > 1 or task.timed:
        raise ArgumentError(
            f"{what} needs a task of choices that is no session, no mixture and not timed; {_is(task)}."
        )
    if len(task.sample(1, seed=0).windows(task.response_period)) > 1:
        raise ArgumentError(f"{what} needs a task with one response in a trial; {task.name} has several.")
    conditions = inside.draw(np.random.default_rng(0), N_EACH)
    if (right_classes(inside, conditions) != right_classes(inside, conditions, seed=1)).any():
        raise ArgumentError(
            f"{what} needs a task whose answers follow from its conditions; those of {task.name} do not."
        )
    return inside


def check_inferring(task: Task, what: str) -> None:
    """Refuse a task whose ideal observer does not say how probable each answer is.

    Raises:
        ArgumentError: If it has no method ``log_joint``, or its score is not that of its class.
    """
    if not task.scored_by_class:
        raise ArgumentError(f"{what} needs a task whose class of response alone is scored; {task.name} is not.")
    if not isinstance(task, Inferring):
        raise ArgumentError(
            f"{what} needs a task with a method log_joint, by which an observer weighs what is shown against what is "
            f"to be expected; {task.name} has none. PerceptualDecisionMaking is one with it."
        )


def classes_of_levels(task: PaintedTask, factor: str) -> dict[float, int]:
    """The right class for each level of a factor that determines it.

    Raises:
        ArgumentError: If there is no such factor, or levels and classes do not correspond.
    """
    levels = task.factors()[check_name(f"factor of {task.name}", factor, task.factors())]
    classes: dict[float, int] = {}
    for level in levels.values if isinstance(levels, Levels) else ():
        rng = np.random.default_rng(0)
        found = set(right_classes(task, task.draw_with({factor: np.full(N_EACH, level)}, rng, N_EACH)).tolist())
        if len(found) > 1 or found & set(classes.values()):
            break
        classes[level] = found.pop()
    if not isinstance(levels, Levels) or len(classes) < len(levels.values):
        raise ArgumentError(f"the factor {factor!r} of {task.name} does not determine the right answer by itself.")
    return classes


def right_classes(task: PaintedTask, conditions: Conditions, seed: int = 0) -> np.ndarray:
    """The right class of trials with these conditions, (B,), which no seed of what else is painted changes."""
    batch = task.lay_out(conditions, np.random.default_rng(seed))
    ((_, stop),) = batch.windows(task.response_period)
    return batch.targets[stop - 1, np.arange(batch.batch_size)]


def probabilities(name: str, values: Any, n: int) -> tuple[float, ...]:
    """Values as n probabilities that add up to 1.

    Raises:
        ArgumentError: If they are none.
    """
    p = np.asarray(values, dtype=float)
    if p.shape != (n,) or not (p >= 0).all() or not abs(p.sum() - 1) < 1e-9:
        raise ArgumentError(f"{name} is {values!r}; needed: {n} probabilities that add up to 1.")
    return tuple(p.tolist())


def _is(task: Task) -> str:
    kinds = [f"of kind {task.kind!r}"] * (task.kind != "choice") + ["a session"] * (task.n_segments > 1)
    return f"{task.name} is {', '.join(kinds + ['timed'] * task.timed) or 'no painted task'}"
