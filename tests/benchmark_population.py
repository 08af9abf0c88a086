"""Speed of population analyses: medians of CPU time on one thread, the shape of a small experiment."""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before numpy is loaded

from collections.abc import Callable
from functools import partial

import numpy as np
from timing import medians, show

from cogdyn.agents.dynamics import (
    alignment_index,
    demixed_components,
    divergence,
    jpca,
    linear_cka,
    orthogonal_subspaces,
    procrustes_distance,
    tangling,
    tensor_maximum_entropy,
)

SHAPE = 100, 8, 100
"""Time bins, conditions, units."""


def compare_population() -> None:
    """What each analysis of 8 conditions x 100 bins x 100 units costs."""
    rng = np.random.default_rng(0)
    rates, other = (rng.normal(size=SHAPE).cumsum(axis=0) @ rng.normal(size=(100, 100)) for _ in range(2))
    work: dict[str, Callable[[], object]] = {
        "jPCA": lambda: jpca(rates),
        "jPCA with 20 shuffles": lambda: jpca(rates, n_surrogates=20).p_value,
        "jPCA with 20 CMPT surrogates": lambda: jpca(rates, null="CMPT", n_surrogates=20).p_value,
        "jPCA with 20 TME surrogates": lambda: jpca(rates, null="TME-TNC", n_surrogates=20).p_value,
        "tensor maximum entropy": lambda: tensor_maximum_entropy(rates),
        "tangling": lambda: tangling(rates),
        "divergence": lambda: divergence(rates),
        "alignment index": lambda: alignment_index(rates[:50], rates[50:], 6),
        "orthogonal subspaces": lambda: orthogonal_subspaces(rates[:50], rates[50:], (6, 6)),
        "demixed components": lambda: demixed_components(rates, ["condition"]),
        "linear CKA": lambda: linear_cka(rates, other),
        "Procrustes distance": lambda: procrustes_distance(rates, other),
    }
    seconds = medians({name: partial(_done, call) for name, call in work.items()}, rounds=7)
    title = "Population analyses: {} bins, {} conditions, {} units".format(*SHAPE)
    show(title, [(name, f"{1e3 * s:.1f}") for name, s in seconds.items()], ("", "ms"))


def _done(call: Callable[[], object]) -> None:
    call()


if __name__ == "__main__":
    compare_population()
