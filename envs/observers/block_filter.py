"""Blocks of trials: how they follow each other, and what an observer knows of the present one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..durations import Duration, pmf
from ..errors import ArgumentError


@dataclass(frozen=True)
class BlockChain:
    """A chain of blocks, each of which lasts a drawn number of trials.

    Attributes:
        start: Probability of each of K kinds of block at the start of a session, (K,).
        switch: Probability of the next kind after one that is over, (K, K), rows add up to 1.
        lengths: Probability of 1, 2, ... R trials in a block of each kind, (K, R).
    """

    start: np.ndarray
    switch: np.ndarray
    lengths: np.ndarray

    def begin(self, rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
        """Kind of the first block of n sessions, and how many trials it has, (n,) each."""
        kind, length = rng.random((2, n))
        block = table_draw(self.start[None], np.zeros(n, np.int64), kind)
        return block, self.length(block, length)

    def length(self, block: np.ndarray, at_random: np.ndarray) -> np.ndarray:
        """Length of blocks of some kinds, (n,), by a number in [0, 1) for each."""
        return 1 + table_draw(self.lengths, block, at_random)

    def follow(
        self, block: np.ndarray, remaining: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Kind of the block of the next trial, and how many trials remain of it, that one included, (n,) each."""
        kind, length = rng.random((2, len(block)))
        following = table_draw(self.switch, block, kind)
        over = remaining <= 1
        return np.where(over, following, block), np.where(over, self.length(following, length), remaining - 1)

    def after(self, p: np.ndarray) -> np.ndarray:
        """Probabilities (..., K, R, P) of kind and of trials that remain, a trial later; P is carried along."""
        ended, later = p[..., 0, :], np.zeros_like(p)
        later[..., :-1, :] = p[..., 1:, :]
        later += np.einsum("...kp,kj->...jp", ended, self.switch)[..., None, :] * self.lengths[..., None]
        return later

    def occupancy(self, n_trials: int) -> np.ndarray:
        """Mean fraction of the trials of a session that are in a block of each kind, (K,)."""
        p, total = (self.start[:, None] * self.lengths)[..., None], np.zeros(len(self.start))
        for _ in range(n_trials):
            total += p.sum(axis=(1, 2))
            p = self.after(p)
        return total / n_trials


class BlockFilter:
    r"""Bayes' rule on which block it is, how many trials remain of it, and what the last answer was.

    With k the kind of block, r what remains of it, p the last answer and a the right one, the belief
    :math:`b(k, r, p)` before a trial that shows x becomes

    .. math::
        p(a \mid x) \propto \sum_{k, r, p} b(k, r, p)\, p(a, x \mid k, p), \qquad
        b'(k, r, a) \propto \sum_p b(k, r, p)\, p(a, x \mid k, p)\, p(f \mid a),

    f the feedback, and a step of the chain follows.

    Args:
        chain: How blocks follow each other.
        n: Number of sessions B.
        previous: Probability of each last answer before the first trial, (P,); one entry, a 1, if it does not matter.
    """

    def __init__(self, chain: BlockChain, n: int, previous: np.ndarray):
        self._chain = chain
        first = chain.start[:, None, None] * chain.lengths[..., None] * previous
        self.belief = np.repeat(first[None], n, axis=0)
        self._first = first

    def infer(self, log_emission: np.ndarray) -> np.ndarray:
        """Probability that each class is right, (B, A).

        Args:
            log_emission: log p(a, x | k, p) but a constant, (B, K, P, A).
        """
        before = self.belief.sum(axis=2)
        log = np.where(before[..., None] > 0, log_emission, -np.inf)
        self._emission = np.exp(log - log.max(axis=(1, 2, 3), keepdims=True))
        p = np.einsum("bkp,bkpa->ba", before, self._emission)
        return p / p.sum(axis=1, keepdims=True)

    def learn(self, feedback: np.ndarray | None) -> None:
        """Move on to the next trial.

        Args:
            feedback: Likelihood of the feedback if each class was right, (B, A); None without feedback.
        """
        emission = self._emission if feedback is None else self._emission * feedback[:, None, None]
        if self.belief.shape[3] == 1:
            after = self.belief * emission.sum(axis=3)[:, :, None]
        else:
            after = np.einsum("bkrp,bkpa->bkra", self.belief, emission)
        after = self._chain.after(after)
        total = after.sum(axis=(1, 2, 3), keepdims=True)
        # Where feedback contradicts a certain belief nothing is left of either.
        self.belief = np.where(total > 0, after / np.where(total > 0, total, 1), self._first)


def table_draw(p: np.ndarray, rows: np.ndarray, at_random: np.ndarray) -> np.ndarray:
    """Draw from rows (n,) of a table of probabilities, by a number in [0, 1) for each, (n,)."""
    return (np.cumsum(p, axis=1)[rows][:, :-1] <= at_random[:, None]).sum(axis=1)


def chain_of_blocks(
    n_kinds: int,
    length: np.ndarray,
    hazard: float | None = None,
    first: int | None = None,
    first_length: np.ndarray | None = None,
) -> BlockChain:
    """A chain of blocks in which each kind that returns is followed by any other of these, equally often.

    Args:
        n_kinds: Number of kinds K.
        length: Probability of 1, 2, ... trials in a block, (R,).
        hazard: Probability that a block ends after a trial, instead.
        first: The kind with which each session begins, and which does not return; any when None.
        first_length: Its length, (R',), where that is another.
    """
    # With a hazard what remains of a block tells nothing: each trial is a block, after which it may be the same again.
    length = length if hazard is None else np.ones(1)
    rows = [first_length if k == first and first_length is not None else length for k in range(n_kinds)]
    lengths = np.array([np.pad(row, (0, max(map(len, rows)) - len(row))) for row in rows])
    returning = np.array([k for k in range(n_kinds) if k != first or n_kinds == 1])
    switch = np.zeros((n_kinds, n_kinds))
    switch[:, returning] = 1.0
    switch *= 1 - np.eye(n_kinds) if len(returning) > 1 else 1
    switch /= switch.sum(axis=1, keepdims=True)
    if hazard is not None:
        stays = [k for k, row in enumerate(rows) if row is length]
        switch[stays] = hazard * switch[stays] + (1 - hazard) * np.eye(n_kinds)[stays]
    start = np.eye(n_kinds)[first] if first is not None else np.full(n_kinds, 1 / n_kinds)
    return BlockChain(start, switch, lengths)


def length_pmf(name: str, length: Duration) -> np.ndarray:
    """Probability of 1, 2, ... trials in a block, (R,).

    Raises:
        ArgumentError: If the length is no number of trials, nor a distribution of it.
    """
    trials, p = pmf(length, 1.0, f"{name} (trials)")
    if trials.min() < 1:
        raise ArgumentError(f"{name} is {length!r}; a block has at least 1 trial.")
    return np.bincount(trials - 1, weights=p)
