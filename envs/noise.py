"""Gaussian noise, written in place."""

from __future__ import annotations

import numpy as np

BLOCK = 8192
"""Numbers drawn at a time: few enough to stay in the cache."""


def fill_with_noise(out: np.ndarray, std: float, rng: np.random.Generator) -> None:
    """Fill a contiguous float32 array with independent normal numbers of mean 0 and the given standard deviation."""
    # In double precision, then rounded: single precision is faster, but the last bit of its logarithms and cosines
    # differs between processors and between mathematical libraries, in NumPy's own float32 normals too.
    flat = out.reshape(-1)
    normal = np.empty(min(BLOCK, flat.size))
    for start in range(0, flat.size, BLOCK):
        part = flat[start : start + BLOCK]
        block = normal[: part.size]
        rng.standard_normal(out=block)
        np.multiply(block, std, out=part, casting="same_kind")
