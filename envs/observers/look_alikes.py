"""Past trials that looked as the present one does, and the answer that was best in them."""

from __future__ import annotations

import numpy as np

N_NEAREST = 12
"""Number of trials, at least, by which an answer is chosen."""


class LookAlikes:
    """Past trials and what each answer was worth in them, to find the best answer in those that look alike.

    Args:
        observations: What was seen in each trial, (K, k); rounded, so that what looks the same is the same.
        worth: What each answer was worth in it, (C, K).
    """

    def __init__(self, observations: np.ndarray, worth: np.ndarray):
        self._looks, which = distinct_rows(observations)
        self._count = np.bincount(which)
        self._worth = np.stack([np.bincount(which, each) for each in worth], axis=1)
        self._apart = 2 * observations.var(axis=0).sum()

    def best_answers(self, now: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The answer worth most in the trials nearest to each of M others, (M,), and how far the farthest is, (M,).

        0 is as near as can be, 1 is the mean squared distance between any two trials.

        Args:
            now: What is seen in the others, (M, k).
        """
        looks, which = distinct_rows(now)
        squares = (looks**2).sum(axis=1)[:, None] + (self._looks**2).sum(axis=1)
        distance = squares - 2 * looks @ self._looks.T
        nearest = distance
        count = np.broadcast_to(self._count, distance.shape)
        if len(self._looks) > N_NEAREST:
            some = distance.argpartition(N_NEAREST, axis=1)[:, : N_NEAREST + 1]
            nearest, count = np.take_along_axis(distance, some, axis=1), self._count[some]
        order = nearest.argsort(axis=1, kind="stable")
        nearest, count = (np.take_along_axis(values, order, axis=1) for values in (nearest, count))
        enough = count.cumsum(axis=1) >= min(N_NEAREST, self._count.sum())
        radius = nearest[np.arange(len(nearest)), enough.argmax(axis=1)]
        best = ((distance <= radius[:, None] + 1e-9) @ self._worth).argmax(axis=1)
        return best[which], np.where(radius > 1e-9, radius, 0.0)[which] / (self._apart or 1.0)


def distinct_rows(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The distinct rows (U, k) of values (K, k), and the number of the row that each is, (K,)."""
    # Bytes are compared, which is many times faster than numbers; adding 0 makes 0 of -0.
    rows = np.ascontiguousarray(np.insert(values, 0, 0.0, axis=1)) + 0.0
    _, first, which = np.unique(
        rows.view(f"V{rows.dtype.itemsize * rows.shape[1]}"), return_index=True, return_inverse=True
    )
    return values[first], which.ravel()
