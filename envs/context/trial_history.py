"""Trials with a history: in some blocks the answer tends to repeat, in others to alternate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..errors import ArgumentError
from ..factors import Conditions, Factor, Levels
from ..numbers import finite_number
from ..observers.block_filter import table_draw
from ..painted_task import PaintedTask
from ..typechecked import typechecked
from .block_session import BlockSession
from .inner_task import check_inferring, check_one_choice, classes_of_levels


@typechecked
@dataclass(frozen=True, kw_only=True)
class TrialHistory(BlockSession):
    r"""A session in which the right answers form a Markov chain, whose tendency to repeat changes from block to block.

    .. math:: p(a_t = a_{t-1} \mid k) = q_k, \qquad p(a_t = b \mid k) = \frac{1 - q_k}{m - 1}, \quad b \ne a_{t-1}

    with m answers and k the block. The first answer of a session is any of them; a block that is over is followed by
    any other, equally often. The condition ``"block"`` is the number of k. The ideal observer infers the block and the
    answers from what all trials so far have shown.

    Attributes:
        task: The task, one with a method ``log_joint``.
        repeat: Probability q that an answer is that of the trial before, in a block of each kind.
        factor: The factor that determines the right answer.
        n_trials: Number of trials in a session.
        length: Number of trials in a block: a number, or a distribution such as ``TruncatedExponential(60, 20, 100)``.
        hazard: Probability that the block ends after a trial, instead of a length.
        feedback: Whether each trial shows what was chosen in the one before, and what that was paid, in the channels
            "last action" and "last reward"; they have no noise.

    Source: Hermoso-Mendizabal, Hyafil, Rueda-Orozco, Jaramillo, Robbe & de la Rocha 2020, "Response outcomes gate the
    impact of expectations on perceptual decisions", doi:10.1038/s41467-020-14824-w.
    """

    task: PaintedTask
    repeat: Sequence[float] = (0.8, 0.2)
    factor: str = "side"

    def __post_init__(self) -> None:
        """Refuse tasks whose answers cannot be weighed, and what are no probabilities."""
        check_one_choice(self.task, "TrialHistory")
        check_inferring(self.task, "TrialHistory")
        object.__setattr__(self, "repeat", tuple(finite_number("repeat", q) for q in self.repeat))
        if not self.repeat or not all(0 <= q <= 1 for q in self.repeat):
            raise ArgumentError(f"repeat is {self.repeat!r}; needed: a probability for each kind of block.")
        if len(self._classes) < 2 or 0 in self._classes.values():
            raise ArgumentError(f"a history takes two or more answers, none of them to withhold; not {self.task.name}.")
        self._take_over(self.task)

    @cached_property
    def _classes(self) -> dict[float, int]:
        return classes_of_levels(self.task, self.factor)

    @cached_property
    def painters(self) -> list[PaintedTask]:
        return [self.task]

    @cached_property
    def painter_of_block(self) -> np.ndarray:
        return np.zeros(len(self.repeat), np.int64)

    @cached_property
    def expectations(self) -> np.ndarray:
        classes = np.array(list(self._classes.values()))
        p = np.zeros((len(self.repeat), self.n_outputs, self.n_outputs))
        p[:, 0, classes] = 1 / len(classes)
        for k, q in enumerate(self.repeat):
            p[k, classes[:, None], classes] = (1 - q) / (len(classes) - 1)
            p[k, classes, classes] = q
        return p

    def factors(self) -> Mapping[str, Factor]:
        """The first block, and what the first trial draws."""
        kinds = Levels(range(len(self.repeat)), self.chain.start)
        return {"block": kinds, **self.task.factors(), self.factor: Levels(tuple(self._classes))}

    def _draw_trials(
        self, block: np.ndarray, answer: np.ndarray, fixed: Conditions, rng: np.random.Generator
    ) -> Conditions:
        n, levels = len(block), np.array(list(self._classes))
        p = self.expectations[block, answer][:, list(self._classes.values())]
        level = levels[table_draw(p, np.arange(n), rng.random(n))]
        return self.task.draw_with({self.factor: level} | fixed, rng, n)
