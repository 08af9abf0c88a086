"""States from which to search for fixed points."""

import numpy as np

from ...envs.typechecked import typechecked
from .arrays import AnyArray, whole_samples


@typechecked
def sample_candidates(states: AnyArray, n_candidates: int, *, noise: float = 0.0, seed: int = 0) -> np.ndarray:
    """Draw states from trajectories, with replacement, and add noise to them.

    Args:
        states: States of any leading shape, (..., N), as those of trajectories (T, B, N); ones that hold NaN or
            masked entries, as bins beyond the end of a trial, are never drawn.
        n_candidates: Number C of candidates.
        noise: Standard deviation of normal noise on each unit.
        seed: Seed of the draws.

    Returns:
        Candidates, (C, N), in double precision.

    Raises:
        ValueError: If there is no state to draw from, one is infinite, the number is negative or the noise is.
    """
    pool = whole_samples("states", states)
    if len(pool) == 0:
        raise ValueError("states hold none that is finite.")
    if n_candidates != int(n_candidates) or n_candidates < 0:
        raise ValueError(f"n_candidates is {n_candidates!r}; it must be a whole number, 0 or more.")
    if not noise >= 0:
        raise ValueError(f"noise is {noise!r}; a standard deviation is not negative.")
    rng = np.random.default_rng(seed)
    drawn = pool[rng.integers(len(pool), size=int(n_candidates))]
    return drawn + noise * rng.standard_normal(drawn.shape)
