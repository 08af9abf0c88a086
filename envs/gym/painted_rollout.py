"""What actions earn in trials that are painted whole: the rules of the environments, without stepping."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import numpy as np

from ..errors import ArgumentError
from ..responses import during
from ..task import Task
from ..trial import TrialBatch
from .actions import parse_choices, parse_vectors
from .replay import answers_of
from .rewards import Responses, Rewards, judge

Act = Callable[[TrialBatch], np.ndarray]
"""The actions in all bins of painted trials, or of a segment of sessions: (T, B) integers or (T, B, n_out)."""


@dataclass(frozen=True)
class Outcome:
    """What actions in B trials or sessions led to, bin by bin, (T, B) each.

    Attributes:
        rewards: What the environment pays for the action in a bin.
        alive: Whether the trial was still going on: what is done in later bins counts for nothing.
        ends: Whether the trial, or a segment of the session, ended with the bin.
        correct: Whether it ended so, and was correct: ``info["correct"]``.
        aborts: Whether the action broke fixation.
        misses: Whether it ended so, and a response was asked for that never came.
    """

    rewards: np.ndarray
    alive: np.ndarray
    ends: np.ndarray
    correct: np.ndarray
    aborts: np.ndarray
    misses: np.ndarray

    @classmethod
    def merged(cls, parts: Sequence[Outcome], merge: Callable[[list[np.ndarray]], np.ndarray]) -> Outcome:
        """Several outcomes as one, such as those of segments by ``np.concatenate``."""
        return cls(*(merge([getattr(part, field.name) for part in parts]) for field in fields(cls)))


def play_painted(
    task: Task, trials: TrialBatch, act: Act, rng: np.random.Generator, rewards: Rewards, abort: bool = True
) -> Outcome:
    """Play painted trials to their end, or sessions of which the first segment is painted.

    A :class:`~cogdyn.envs.TrialVectorEnv` that steps through the same trials with the same actions pays the same, ends
    at the same bins, and finds the same correct.

    Args:
        task: The task.
        trials: Trials of the task, or first segments of its sessions.
        act: Called with the trials or, one after the other, with the segments of the sessions; returns all actions.
        rng: Source of what follows the first segment.
        rewards: What responses earn.
        abort: Whether breaking fixation ends a trial; it never ends a session.

    Raises:
        ArgumentError: If actions are none of the task's.
    """
    outcomes: list[Outcome] = []
    for number in range(1, task.n_segments + 1):
        outcome, _, following = outcome_of(task, trials, act(trials), rng, rewards, abort)
        outcomes.append(outcome)
        if following is not None and number < task.n_segments:
            trials = task.lay_out(following, rng)
    return Outcome.merged(outcomes, np.concatenate)


def outcome_of(
    task: Task, trials: TrialBatch, actions: np.ndarray, rng: np.random.Generator, rewards: Rewards, abort: bool = True
) -> tuple[Outcome, Responses, dict[str, np.ndarray] | None]:
    """What actions lead to in trials, or in a segment: the outcome, the responses, the conditions of the next segment.

    Args:
        task: The task.
        trials: Painted trials, or a segment of sessions.
        actions: In all bins, (T, B) integers or (T, B, n_out).
        rng: Source of what follows the segment.
        rewards: What responses earn.
        abort: Whether breaking fixation ends a trial; it never ends a session.

    Raises:
        ArgumentError: If actions are none of the task's.
    """
    (n_bins, n), lengths = trials.mask.shape, trials.lengths
    time, each = np.arange(n_bins)[:, None], np.arange(n)
    closed_loop, choices_asked = task.n_segments > 1, task.kind == "choice"
    actions = _parsed(task, actions, n_bins, n)
    spans = trials.windows(task.response_period)
    closes = np.array([stop for _, stop in spans])
    inside = np.array([during(n_bins, span) for span in spans])
    acted = (actions != 0) if choices_asked else np.zeros((n_bins, n), bool)
    inside &= acted
    broken = acted & ~inside.any(axis=0) & (time < lengths)

    last = lengths - 1
    if choices_asked and not closed_loop:
        over = inside[-1] | broken if abort else inside[-1]
        last = np.where(over.any(axis=0), np.minimum(over.argmax(axis=0), last), last)
    alive = time <= last
    aborts, inside = broken & alive, inside & alive
    cut = aborts[last, each] & abort & (not closed_loop)

    responded, moments = inside.any(axis=1), inside.argmax(axis=1)
    choices = np.where(responded, actions[moments, each], 0) if choices_asked else np.zeros_like(moments)
    answers = answers_of(trials, closes)
    paid = np.where(aborts, rewards.abort, 0.0)
    if choices_asked and not closed_loop and len(spans) > 1:
        for w in range(len(spans)):
            earned = rewards.earned(choices[w] == answers[w])
            paid[moments[w, responded[w]], each[responded[w]]] += earned[responded[w]]
            due = ~responded[w] & (closes[w] > 0) & (closes[w] - 1 <= last)
            earned = rewards.earned(answers[w] == 0, response=False)
            paid[closes[w, due] - 1, each[due]] += earned[due]

    kept = actions if choices_asked else actions * alive[..., None]
    responses = Responses(choices, moments, answers, kept)
    earned, right, following = judge(task, rewards, responses, trials.conditions, rng, lambda: trials)
    paid[last, each] += np.where(cut, 0.0, earned)
    ends, correct, misses = (np.zeros((n_bins, n), bool) for _ in range(3))
    ends[last, each] = True
    correct[last, each] = right & ~cut
    misses[last, each] = ~cut & (choices_asked & (answers > 0) & ~responded).any(axis=0)
    return Outcome(paid, alive, ends, correct, aborts, misses), responses, following


def _parsed(task: Task, actions: np.ndarray, n_bins: int, n: int) -> np.ndarray:
    """The actions as the environment reads them.

    Raises:
        ArgumentError: If they have another shape, or are none of the task's.
    """
    shape = (n_bins, n) if task.kind == "choice" else (n_bins, n, task.n_outputs)
    if np.shape(actions) != shape:
        raise ArgumentError(f"actions have shape {np.shape(actions)}; expected {shape}, one for each bin.")
    flat, parse = np.reshape(actions, (-1, *shape[2:])), parse_choices if task.kind == "choice" else parse_vectors
    return parse(task, flat, n_bins * n).reshape(shape)
