"""Sessions played by one who sees a part of the present segment alone, and remembers nothing of those before it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..task import Task
from ..trial import TrialBatch
from .look_alikes import LookAlikes
from .partial_answers import Score, best_in_other_half
from .partial_views import looks

N_ROUNDS = 3
"""How often one learns from all sessions played so far; what is right may depend on what was chosen in them."""
RARE = 0.05
"""Fraction of the segments, at most, that may look like too few others to be answered by them."""

Choose = Callable[[TrialBatch], np.ndarray]
"""Answers a segment with a class, (B,)."""


class SessionPlayer:
    """Plays sessions of a closed-loop task by what one period of each segment shows.

    Args:
        task: The task, without noise.
        n_sessions: Number of sessions that are scored.
        rng: Where they come from.
    """

    def __init__(self, task: Task, n_sessions: int, rng: np.random.Generator):
        self._task, self._n, self._rng = task, n_sessions, rng

    def constant(self) -> Score:
        """Of one class in every segment, the one that is best in the other half of the sessions."""
        choose = [lambda segment, c=c: np.full(segment.batch_size, c) for c in range(self._task.n_outputs)]
        scores = np.array([self._play(choice)[0] for choice in choose])
        return Score.of(scores[best_in_other_half(scores), np.arange(self._n)])

    def by_period(self) -> dict[str, Score | None]:
        """Of one who answers what was most often right when a period looked as it does now, for all that differ.

        None where too few look alike.
        """
        _, guessed = self._play(self._guess)
        means = {name: [looks(segment, segment.periods[name]) for segment in guessed] for name in guessed[0].periods}
        differ = [name for name, seen in means.items() if (np.concatenate(seen) != seen[0][0]).any()]
        return {name: self._score(name, guessed) for name in differ}

    def _score(self, period: str, segments: list[TrialBatch]) -> Score | None:
        every, played, players = np.arange(self._task.n_outputs)[:, None], list(segments), []
        for _ in range(N_ROUNDS):
            seen = np.concatenate([looks(segment, segment.periods[period]) for segment in played])
            right = np.concatenate([self._right(segment) for segment in played])
            known = LookAlikes(seen, (every == right).astype(float))
            if (known.best_answers(seen)[1] > 0).mean() > RARE:
                return None

            def choose(now: TrialBatch, known: LookAlikes = known) -> np.ndarray:
                return known.best_answers(looks(now, now.periods[period]))[0]

            scores, more = self._play(choose)
            players.append((scores.mean(), choose))
            played += more
        return Score.of(self._play(max(players, key=lambda player: player[0])[1])[0])

    def _guess(self, segment: TrialBatch) -> np.ndarray:
        return self._task.choices(self._task.guess(segment, self._rng), segment)[0]

    def _right(self, segment: TrialBatch) -> np.ndarray:
        ((_, stop),) = segment.windows(self._task.response_period)
        return segment.targets[stop - 1, np.arange(segment.batch_size)]

    def _play(self, choose: Choose) -> tuple[np.ndarray, list[TrialBatch]]:
        """Scores of sessions, (B,), and their segments."""
        segments: list[TrialBatch] = []
        outputs: list[np.ndarray] = []

        def policy(segment: TrialBatch) -> np.ndarray:
            segments.append(segment)
            outputs.append(self._task.respond(segment, choose(segment)))
            return outputs[-1]

        session = self._task.sample(self._n, self._rng, policy)
        return self._task.score(np.concatenate(outputs), session), segments
