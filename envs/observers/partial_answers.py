"""The best answers to a part of what a trial shows, and what they score."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from ..responses import during
from ..task import Task
from ..trial import TrialBatch
from .look_alikes import LookAlikes

N_EXAMPLES = 64
"""Number of trials whose right outputs are the answers to choose from where outputs are no choices."""
NEAR = 0.05
"""Mean distance of the nearest trials, as LookAlikes has it, up to which they may be judged by."""


@dataclass(frozen=True, order=True)
class Score:
    """A mean score and its standard error."""

    mean: float
    error: float

    @classmethod
    def of(cls, scores: np.ndarray) -> Self:
        """Of the scores of independent trials, (B,)."""
        return cls(float(scores.mean()), float(scores.std() / np.sqrt(len(scores))))


def halves(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Which of n trials belong to either half, (n,) each."""
    even = np.arange(n) % 2 == 0
    return even, ~even


def best_in_other_half(worth: np.ndarray) -> np.ndarray:
    """For each trial, (B,), the answer that is worth most in the half to which it does not belong, given (C, B)."""
    even, odd = (worth[:, half].sum(axis=1).argmax() for half in halves(worth.shape[1]))
    return np.where(halves(worth.shape[1])[0], odd, even)


class Answers(ABC):
    """All answers to the trials of a batch, and what each is worth in each of them.

    Attributes:
        worth: Of every response period, what each of C answers is worth in each trial, (C, B).
    """

    worth: Sequence[np.ndarray]

    @abstractmethod
    def scored(self, answers: np.ndarray) -> np.ndarray:
        """Scores (B,) of answers (W, B)."""

    def constant(self) -> Score:
        """Score of one answer in every trial and response period."""
        best = best_in_other_half(np.sum(self.worth, axis=0))
        return Score.of(self.scored(np.tile(best, (len(self.worth), 1))))

    def score(self, observations: Sequence[np.ndarray], one_for_all: bool = False) -> Score | None:
        """Score of one who gives the answer worth most in those trials of the other half that look alike.

        None where too few do: where the nearest are not near, or twice as many would make a difference.

        Args:
            observations: Of every response period, what is seen when it is answered, (B, k).
            one_for_all: Whether one who sees the same in any response period gives the same answer.
        """
        given, distance = self._chosen(observations, one_for_all, 1)
        score = Score.of(self.scored(given))
        if distance.any():
            fewer = Score.of(self.scored(self._chosen(observations, one_for_all, 2)[0]))
            if distance.mean() > NEAR or abs(fewer.mean - score.mean) > 2 * score.error:
                return None
        return score

    def _chosen(self, seen: Sequence[np.ndarray], one_for_all: bool, step: int) -> tuple[np.ndarray, np.ndarray]:
        """Answers (W, B) by every step-th trial of the other half, and how far these are, (W, B)."""
        shape = (len(self.worth), self.worth[0].shape[1])
        given, distance = np.empty(shape, np.int64), np.empty(shape)
        for test in halves(shape[1]):
            past = [(x[~test][::step], worth[:, ~test][:, ::step]) for x, worth in zip(seen, self.worth, strict=True)]
            if one_for_all:
                past = [(np.concatenate([x for x, _ in past]), np.concatenate([w for _, w in past], axis=1))]
            known = [LookAlikes(x, worth) for x, worth in past]
            for w, x in enumerate(seen):
                given[w, test], distance[w, test] = known[0 if one_for_all else w].best_answers(x[test])
        return given, distance


class Classes(Answers):
    """A class in each response period; it is worth its score or, where there are several periods, 1 if it is right."""

    def __init__(self, task: Task, batch: TrialBatch):
        self._task, self._batch = task, batch
        windows, every = batch.windows(task.response_period), np.arange(task.n_outputs)
        if len(windows) == 1:
            self.worth = [np.array([self.scored(np.full((1, batch.batch_size), c)) for c in every])]
        else:
            right = [batch.targets[stop - 1, np.arange(batch.batch_size)] for _, stop in windows]
            self.worth = [(every[:, None] == answer).astype(float) for answer in right]

    def scored(self, answers: np.ndarray) -> np.ndarray:
        return self._task.score(self._task.respond(self._batch, *answers), self._batch)


class Outputs(Answers):
    """Outputs for the whole trial, (T, B, n_out) for each answer."""

    def __init__(self, task: Task, batch: TrialBatch, outputs: Sequence[np.ndarray]):
        self.worth = [np.array([task.score(each, batch) for each in outputs])]

    def scored(self, answers: np.ndarray) -> np.ndarray:
        return self.worth[0][answers[0], np.arange(answers.shape[1])]


def answers_of(task: Task, batch: TrialBatch, rng: np.random.Generator) -> Answers:
    """The answers that are to choose from in the trials of a batch."""
    if task.kind != "choice":
        return Outputs(task, batch, _right_elsewhere(task, batch, rng))
    return Outputs(task, batch, _moments(task, batch)) if task.timed else Classes(task, batch)


def _moments(task: Task, batch: TrialBatch) -> list[np.ndarray]:
    """Every class from every moment of the response period on."""
    ((start, stop),) = batch.windows(task.response_period)
    hold, classes, outputs = task.hold(batch), np.eye(task.n_outputs, dtype=np.float32)[1:], []
    for late in range(int((stop - start).max())):
        inside = during(len(batch.inputs), (start + late, stop))[..., None]
        outputs += [np.where(inside, one_hot, hold) for one_hot in classes]
    return outputs


def _right_elsewhere(task: Task, batch: TrialBatch, rng: np.random.Generator) -> list[np.ndarray]:
    """The right outputs of some trials, and their mean, moved to the time at which the response begins."""
    examples = task.sample(N_EXAMPLES, rng)
    onset, begin = (b.windows(task.response_period)[0][0] for b in (examples, batch))
    time = np.arange(len(batch.inputs))[:, None] - begin
    right = examples.targets
    moved = [right[np.clip(time + onset[e], 0, len(right) - 1), e] for e in range(N_EXAMPLES)]
    moved.append(np.mean(moved, axis=0))
    return [np.log(np.maximum(each, 1e-9)) for each in moved] if task.kind == "probability" else moved
