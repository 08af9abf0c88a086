"""What actions earn: the rules that the two environments share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
from gymnasium.spaces import Box, Discrete
from numpy.typing import ArrayLike

from .factors import Conditions
from .names import check_name
from .numbers import finite_number, whole_number
from .registry import check_arguments, make_task
from .responses import respond
from .task import Task
from .trial import TrialBatch

ARGUMENTS = ("trials_per_episode", "rewards", "abort", "render_mode")
"""Arguments of an environment that are none of its task's."""


@dataclass(frozen=True)
class Rewards:
    """Reward of each way in which a trial can end.

    Attributes:
        correct: A correct response, or none where none was asked for.
        error: A wrong response.
        abort: An action outside the response period, which breaks fixation.
        miss: No response where one was asked for.
    """

    correct: float = 1.0
    error: float = 0.0
    abort: float = -0.1
    miss: float = 0.0

    def __post_init__(self) -> None:
        """Refuse rewards that are not finite numbers."""
        for name, value in asdict(self).items():
            finite_number(f"the reward {name!r}", value)

    @classmethod
    def of(cls, given: Rewards | Mapping[str, float] | None) -> Rewards:
        """Make rewards of what an environment was given: themselves, some of them by name, or nothing.

        Raises:
            ValueError: If a name is not one of the fields.
        """
        if isinstance(given, Rewards):
            return given
        names = [field.name for field in fields(cls)]
        return cls(**{check_name("reward", name, names): value for name, value in (given or {}).items()})

    def earned(self, score: np.ndarray, responded: ArrayLike = True) -> np.ndarray:
        """Reward (B,) of trials with this score (B,) in [0, 1]; wrong without any response is a miss."""
        return score * self.correct + (1 - score) * np.where(responded, self.error, self.miss)


def score_responses(task: Task, batch: TrialBatch, choices: np.ndarray, moments: np.ndarray) -> np.ndarray:
    """Score trials of one who fixates and, in each response period, responds at most once.

    The response is held over its response period or, where its moment matters, from its bin to the end;
    the task scores these outputs.

    Args:
        task: The task that was painted.
        batch: B trials.
        choices: Class chosen in each of the W response periods, (W, B) integers, 0 for none.
        moments: Bin of each response, (W, B).

    Returns:
        Correctness, (B,) in [0, 1].
    """
    outputs = task.hold(batch)
    windows = batch.windows(task.response_period)
    for choice, moment, (start, stop) in zip(choices, moments, windows, strict=True):
        span = (np.where(choice > 0, moment, start), batch.lengths) if task.timed else (start, stop)
        respond(outputs, choice, span)
    return task.score(outputs, batch)


def judge(
    task: Task,
    rewards: Rewards,
    trials: TrialBatch,
    choices: np.ndarray,
    moments: np.ndarray,
    actions: np.ndarray,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, Conditions | None]:
    """Judge trials, or segments of sessions, that have come to their end.

    Args:
        task: The task that was painted.
        rewards: What responses earn.
        trials: B trials or segments.
        choices: Class chosen in each of the W response periods, (W, B) integers, 0 for none.
        moments: Bin of each response, (W, B).
        actions: All actions of a continuous task, (T, B, n_out); read for no other.
        rng: Source of what a closed-loop task draws next.

    Returns:
        Reward (B,), correctness (B,) bool and, in a closed-loop task, the conditions of the next segments.
    """
    if task.kind != "choice":
        score = task.score(actions, trials)
        return rewards.earned(score), score == 1, None
    score = score_responses(task, trials, choices, moments)
    if task.n_segments == 1:
        # Of several responses each has been paid for when it was due.
        earned = rewards.earned(score, choices.any(axis=0)) if len(choices) == 1 else np.zeros(len(score))
        return earned, score == 1, None
    conditions = task.advance(trials.conditions, choices[0], rng)
    return rewards.earned(conditions["outcome"]), score == 1, conditions


def task_to_play(task: str | Task, trials_per_episode: int, arguments: Mapping[str, Any]) -> Task:
    """Make the task of an environment and check the arguments that come with it.

    Raises:
        ValueError: If a task that is made already comes with arguments, or an episode has no trials.
    """
    whole_number("trials_per_episode", trials_per_episode, least=1)
    if not isinstance(task, Task):
        arguments = dict(arguments)
        preset = arguments.pop("preset", None)
        check_arguments(task, preset, arguments, also=ARGUMENTS)
        return make_task(task, preset=preset, **arguments)
    if arguments:
        names = ", ".join(arguments)
        raise ValueError(f"{task.name} is made already; give {names} to make_task, or its name here.")
    return task


def spaces_of(task: Task) -> tuple[Box, Box | Discrete]:
    """Space of observations and of actions: a class for choices, else a vector of numbers in [-1, 1].

    Where the outputs are logarithms of probabilities their numbers are in [-20, 20].
    """
    limit = np.finfo(np.float32).max
    observations = Box(-limit, limit, (task.n_inputs,), np.float32)
    if task.kind == "choice":
        return observations, Discrete(task.n_outputs)
    limit = 1.0 if task.kind == "continuous" else 20.0
    return observations, Box(-limit, limit, (task.n_outputs,), np.float32)


def named_actions(task: Task) -> str:
    """The actions of a task of choices, by number and name."""
    return ", ".join(f"{number} {name}" for number, name in enumerate(task.output_names))
