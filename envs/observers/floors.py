"""What can be scored without doing what a task is about: floors, above which a score begins to mean something."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, cast

import numpy as np

from ..noisy import Noisy
from ..numbers import whole_number
from ..painted_task import PaintedTask
from ..task import Task
from ..typechecked import typechecked
from .partial_answers import Score, answers_of
from .partial_play import SessionPlayer
from .partial_views import View, Views

MIN_TRIALS = 40
SESSION = 5
"""Number of trials for which one session counts."""


@dataclass(frozen=True)
class Floors:
    """Expected scores of observers who leave out what a task is about.

    Attributes:
        chance: Of one who guesses, ``task.chance``.
        constant: Of one and the same answer in every trial, the best one.
        memory_free: Of the best answer to the input of the response period alone; None where that input changes during
            the period or the moment of the response counts, so that no answer goes without memory, and where too few
            trials look alike in it.
        one_period: Of the best answer to the input and the duration of one period alone, ``{period: score}``, for
            every period that differs between trials; in a session, of the same segment. A period in which too few
            trials look alike is left out.
        without: Of the best answer of one who does not see one group of channels, ``{group: score}``, for every group
            that differs between trials, unless too few look alike without it. Empty in sessions.
        standard_error: Standard error of these scores, the largest one.
    """

    chance: float
    constant: float
    memory_free: float | None
    one_period: Mapping[str, float]
    without: Mapping[str, float]
    standard_error: float


@typechecked
def score_floors(task: Task, n_trials: int = 4000, seed: int = 0) -> Floors:
    """Estimate what is scored by one who leaves out what a task is about.

    With x what an observer sees of a trial and s(a) what ``task.score`` gives for an answer a, the score is
    E[s(a(x))], a(x) = argmax_a sum_k s_k(a) over the trials k in which the same was seen, or the nearest to it. Trials
    by which an answer is chosen are not those on which it is scored. Of a period the mean input and the duration are
    seen, without observation noise: where noise is what limits performance, scores are upper bounds, and may lie above
    ``task.ceiling``. In choices an answer is a class in each response period, in timed tasks a class and the moment
    from which it is given, else the right outputs of one of 64 other trials, or their mean. Sessions are played by the
    observer. Where what is seen is continuous the nearest trials may still differ in what counts, and scores are lower
    bounds.

    Args:
        task: The task.
        n_trials: Number of trials that are scored, at least 40; of sessions a fifth of it.
        seed: Seed of the trials.

    Raises:
        ValueError: If n_trials or the seed is no such number.
    """
    n = whole_number("n_trials", n_trials, minimum=MIN_TRIALS)
    rng = np.random.default_rng(whole_number("seed", seed, minimum=0))
    quiet = without_noise(task)
    constant, memory_free, one_period, without = (_played if task.n_segments > 1 else _answered)(quiet, n, rng)

    def means(scores: Mapping[str, Score | None]) -> dict[str, float]:
        # Who sees something may still give the constant answer.
        return {name: max(score.mean, constant.mean) for name, score in scores.items() if score is not None}

    found = (constant, memory_free, *one_period.values(), *without.values())
    return Floors(
        chance=float(task.chance),
        constant=constant.mean,
        memory_free=means({"": memory_free}).get(""),
        one_period=means(one_period),
        without=means(without),
        standard_error=max(score.error for score in found if score is not None),
    )


def without_noise(task: Task) -> Task:
    """The task without observation noise, as far as it is made of painted tasks."""
    if isinstance(task, PaintedTask):
        return replace(task, noise=0.0)
    if isinstance(task, Noisy):
        return without_noise(task.task)
    quiet = {name: _quiet(value) for name, value in vars(task).items() if isinstance(value, Task | tuple)}
    own = [field.name for field in fields(cast(Any, task)) if field.init] if is_dataclass(task) else []
    return replace(cast(Any, task), **{name: value for name, value in quiet.items() if name in own})


def _quiet(value: Any) -> Any:
    """A task, or tasks in a row, without noise; another value as it is."""
    if isinstance(value, tuple):
        return tuple(map(_quiet, value))
    return without_noise(value) if isinstance(value, Task) else value


_Scores = tuple[Score, Score | None, dict[str, Score | None], dict[str, Score | None]]


def _answered(task: Task, n: int, rng: np.random.Generator) -> _Scores:
    batch = task.sample(n, rng)
    answers, views = answers_of(task, batch, rng), Views(task, batch)
    response = views.of_response()

    def best(seen: list[View]) -> Score | None:
        return max((score for view in seen if (score := answers.score(view))), default=None)

    return (
        answers.constant(),
        None if response is None else answers.score(response, one_for_all=True),
        {name: best(views.of_period(name)) for name in views.periods},
        {name: best(views.without(name)) for name in views.groups},
    )


def _played(task: Task, n: int, rng: np.random.Generator) -> _Scores:
    player = SessionPlayer(task, max(n // SESSION, MIN_TRIALS), rng)
    constant, by_period = player.constant(), player.by_period()
    return constant, by_period.pop(task.response_period, constant), by_period, {}
