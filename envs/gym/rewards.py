"""What actions earn: the rules that the two environments share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
from gymnasium.spaces import Box, Discrete
from numpy.typing import ArrayLike

from ..errors import ArgumentError
from ..factors import Conditions
from ..names import check_name
from ..numbers import finite_number, whole_number
from ..own_tasks import registered_name
from ..registry import check_arguments, make_task, task_from_config
from ..responses import respond
from ..task import Task
from ..trial import TrialBatch
from ..typechecked import typechecked

ARGUMENTS = ("trials_per_episode", "rewards", "abort", "render_mode")
"""Arguments of an environment that are none of its task's."""


@typechecked
@dataclass(frozen=True)
class Rewards:
    r"""What responses earn, in trials and in sessions alike.

    A response with outcome :math:`o` earns :math:`o\,r_\mathrm{correct} + (1 - o)\,r_\mathrm{lost}`. In a trial
    :math:`o` is the score in [0, 1]; in a session it is what the choice was paid, which chance may withhold from a
    right choice and give to a wrong one. What is lost costs ``error`` after a wrong response, ``miss`` where none came
    though one was asked for, and nothing after a right one: a right choice that chance leaves unpaid earns 0. With the
    defaults the reward of a session is its pay.

    Attributes:
        correct: A correct response, or none where none was asked for; in a session, one that is paid.
        error: A wrong response; in a session, one that is not the target and is not paid.
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
    def of(cls, rewards: Rewards | Mapping[str, float] | None) -> Rewards:
        """Make rewards of what an environment was given: themselves, some of them by name, or nothing.

        Raises:
            ValueError: If a name is not one of the fields.
        """
        if isinstance(rewards, Rewards):
            return rewards
        names = [field.name for field in fields(cls)]
        return cls(**{check_name("reward", name, names): value for name, value in (rewards or {}).items()})

    def earned(self, outcome: np.ndarray, response: ArrayLike = True, right: ArrayLike = False) -> np.ndarray:
        """Reward of responses, (B,).

        Args:
            outcome: The score, or what a choice in a session was paid, (B,) in [0, 1].
            response: Whether a response came, (B,) or one for all.
            right: Whether it was right, so that nothing is lost, (B,) or one for all.
        """
        lost = np.where(right, 0.0, np.where(response, self.error, self.miss))
        return outcome * self.correct + (1 - outcome) * lost


@dataclass(frozen=True)
class Responses:
    """What was answered to B trials, or segments of sessions, by one who responds at most once in each period.

    Attributes:
        choices: Class chosen in each of the W response periods, (W, B) integers, 0 for none.
        moments: Bin of each response, (W, B).
        answers: Right class in each response period, (W, B).
        actions: All actions of a task that is no choice, (T, B, n_out).
    """

    choices: np.ndarray
    moments: np.ndarray
    answers: np.ndarray
    actions: np.ndarray


def score_responses(task: Task, responses: Responses, trials: Callable[[], TrialBatch]) -> np.ndarray:
    """Score the responses to trials as the task scores outputs that hold them.

    A choice is held over its response period or, where its moment matters, from its bin to the end.

    Args:
        task: The task that was painted.
        responses: What was answered.
        trials: Returns the B trials; only called where classes alone do not determine the score.

    Returns:
        Correctness, (B,) in [0, 1].
    """
    if task.kind == "probability":
        return task.score(np.log(np.maximum(responses.actions, 1e-9)), trials())
    if task.kind == "continuous":
        return task.score(responses.actions, trials())
    if task.scored_by_class:
        return np.mean(responses.choices == responses.answers, axis=0)
    batch = trials()
    outputs = task.hold(batch)
    spans = batch.windows(task.response_period)
    for choice, moment, (start, stop) in zip(responses.choices, responses.moments, spans, strict=True):
        respond(outputs, choice, (np.where(choice > 0, moment, start), batch.lengths) if task.timed else (start, stop))
    return task.score(outputs, batch)


def judge(
    task: Task,
    rewards: Rewards,
    responses: Responses,
    conditions: Conditions,
    rng: np.random.Generator,
    trials: Callable[[], TrialBatch],
) -> tuple[np.ndarray, np.ndarray, Conditions | None]:
    """Judge trials, or segments of sessions, that have come to their end.

    A trial is correct if its score is ``task.correct_from`` or more; a segment of a session, if the choice is the
    target.

    Args:
        task: The task that was painted.
        rewards: What responses earn.
        responses: What was answered to B trials or segments.
        conditions: What was drawn for them.
        rng: Source of what a closed-loop task draws next.
        trials: Returns the B trials or segments.

    Returns:
        Reward (B,), correctness (B,) bool and, in a closed-loop task, the conditions of the next segments.
    """
    if task.n_segments > 1:
        choices = responses.choices[0]
        right = choices == responses.answers[0]
        following = task.advance(conditions, choices, rng)
        return rewards.earned(following["outcome"], choices > 0, right), right, following
    score = score_responses(task, responses, trials)
    correct = score >= task.correct_from
    if task.kind == "choice" and len(responses.choices) > 1:
        # Of several responses each has been paid for when it was due.
        return np.zeros(len(score)), correct, None
    responded = task.kind != "choice" or responses.choices.any(axis=0)
    return rewards.earned(score, responded, correct), correct, None


def task_to_play(task: str | Task | dict[str, Any], trials_per_episode: int, arguments: Mapping[str, Any]) -> Task:
    """Make the task of an environment and check the arguments that come with it.

    Raises:
        ArgumentError: If a task that is made already comes with arguments, or an episode has no trials.
    """
    whole_number("trials_per_episode", trials_per_episode, minimum=1)
    if isinstance(task, dict):
        task = task_from_config(task)
    if not isinstance(task, Task):
        arguments = dict(arguments)
        name, preset = registered_name(task), arguments.pop("preset", None)
        check_arguments(name, preset, arguments, also=ARGUMENTS)
        return make_task(name, preset=preset, **arguments)
    if arguments:
        names = ", ".join(arguments)
        raise ArgumentError(
            f"unexpected keyword argument {next(iter(arguments))!r}: {task.name} is made already; give {names} to "
            "make_task, or its name here."
        )
    return task


def spaces_of(task: Task) -> tuple[Box, Box | Discrete]:
    """Space of observations and of actions: a class for choices, else a vector; noise has no bounds."""
    observations = Box(-np.inf, np.inf, (task.n_inputs,), np.float32)
    if task.kind == "choice":
        return observations, Discrete(task.n_outputs)
    return observations, Box(*action_range(task), (task.n_outputs,), np.float32)


def action_range(task: Task) -> tuple[float, float]:
    """Least and largest number in an action of a task that is no choice: probabilities are played as they are."""
    return (0.0, 1.0) if task.kind == "probability" else (-1.0, 1.0)


def named_actions(task: Task) -> str:
    """The actions of a task of choices, by number and name."""
    return ", ".join(f"{number} {name}" for number, name in enumerate(task.output_names))
