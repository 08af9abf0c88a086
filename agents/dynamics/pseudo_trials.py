"""Pseudo-trials: populations put together from units that were recorded in trials of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from .arrays import AnyArray, as_array
from .condition_averages import conditions_of_trials


@dataclass(frozen=True)
class PseudoTrials:
    """Trials of each unit in each condition, from which one at a time is held out.

    Attributes:
        rates: (T, B, N), 0 where a unit was not recorded.
        recorded: In which trials each unit was recorded, in all bins, (B, N).
        cell: Condition of each trial as a place in the flattened grid, -1 for none, (B,).
        levels: The values of each factor by name.
        sums: Sum over the recorded trials of each condition, (T, C, N).
        counts: Number of these, (C, N), 2 or more.
    """

    rates: np.ndarray
    recorded: np.ndarray
    cell: np.ndarray
    levels: Mapping[str, np.ndarray]
    sums: np.ndarray
    counts: np.ndarray

    @classmethod
    def of(cls, rates: AnyArray, conditions: Mapping[str, AnyArray]) -> Self:
        """Sort trials (T, B, N) by their conditions, {name: (B,)}.

        Raises:
            ValueError: If shapes do not agree, a rate is infinite, or a unit has less than 2 trials in a condition.
        """
        trials = as_array("rates", rates)
        cell, levels = conditions_of_trials(trials, conditions)
        if np.isinf(trials).any():
            raise ValueError("rates hold infinity; a missing trial is NaN or masked.")
        recorded = ~np.isnan(trials).any(axis=0) & (cell >= 0)[:, None]
        shape = tuple(len(values) for values in levels.values())
        member = np.arange(int(np.prod(shape)))[:, None] == cell
        counts = member.astype(int) @ recorded
        if (few := np.argwhere(counts < 2)).size:
            where = ", ".join(
                f"{name} {values[i]}"
                for (name, values), i in zip(levels.items(), np.unravel_index(few[0, 0], shape), strict=True)
            )
            raise ValueError(
                f"unit {few[0, 1]} has {counts[tuple(few[0])]} whole trials of {where}; to hold one out it takes 2 or "
                f"more of each unit in each condition, and {len(few)} of {counts.size} pairs have fewer."
            )
        known = np.where(recorded, trials, 0.0)
        return cls(known, recorded, cell, levels, _sums(known, member), counts)

    @property
    def factors(self) -> list[str]:
        """Names of the factors."""
        return list(self.levels)

    @property
    def n_bins(self) -> int:
        """Number of bins T."""
        return len(self.rates)

    def split(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Averages of all trials but one of each condition and unit, and the one; both (T, levels, ..., N)."""
        units = np.arange(self.rates.shape[2])
        order = np.where(self.recorded, rng.random(self.recorded.shape), -1)
        held_out = np.empty_like(self.sums)
        for c in range(len(self.counts)):
            rows = np.flatnonzero(self.cell == c)
            held_out[:, c] = self.rates[:, rows[order[rows].argmax(axis=0)], units]
        train = (self.sums - held_out) / (self.counts - 1)
        shape = (self.n_bins, *(len(values) for values in self.levels.values()), -1)
        return train.reshape(shape), held_out.reshape(shape)

    def shuffled(self, rng: np.random.Generator) -> PseudoTrials:
        """The same trials, those of each unit given to conditions at random, each as many as it has."""
        rates = self.rates.copy()
        for unit, known in enumerate(self.recorded.T):
            places = np.flatnonzero(known)
            rates[:, places, unit] = self.rates[:, rng.permutation(places), unit]
        member = np.arange(len(self.counts))[:, None] == self.cell
        return replace(self, rates=rates, sums=_sums(rates, member))


def _sums(rates: np.ndarray, member: np.ndarray) -> np.ndarray:
    return np.einsum("cb,tbn->tcn", member.astype(float), rates, optimize=True)
