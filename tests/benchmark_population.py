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


def compare_many_units(units: int = 1500) -> None:
    """Few samples of many units: what an analysis costs beside its plain definition over units, the same numbers."""
    rng = np.random.default_rng(0)
    a, b = (rng.normal(size=(25, 8, units)).cumsum(axis=0) for _ in range(2))
    x, y = ((rates - rates.mean(axis=(0, 1))).reshape(-1, units) for rates in (a, b))
    centred = (a - a.mean(axis=1, keepdims=True)).reshape(-1, units)

    def plain_cka() -> float:
        return float(np.sum((y.T @ x) ** 2) / (np.linalg.norm(x.T @ x) * np.linalg.norm(y.T @ y)))

    def plain_procrustes() -> float:
        left, _, right = np.linalg.svd(x.T @ y)
        lengths = [np.linalg.norm(samples) for samples in (x, y)]
        return float(2 * np.arcsin(np.linalg.norm(x @ left / lengths[0] - y @ right.T / lengths[1]) / 2))

    def plain_jpca() -> float:
        axes = np.linalg.eigh(centred.T @ centred)[1][:, :-7:-1]
        return jpca((centred @ axes).reshape(25, 8, 6)).r2_skew

    pairs: dict[str, tuple[Callable[[], float], Callable[[], float]]] = {
        "linear CKA": (lambda: linear_cka(a, b), plain_cka),
        "Procrustes distance": (lambda: procrustes_distance(a, b), plain_procrustes),
        "jPCA": (lambda: jpca(a).r2_skew, plain_jpca),
    }
    rows = []
    for name, (ours, plain) in pairs.items():
        assert abs(ours() - plain()) < 1e-10, name
        seconds = medians({"ours": partial(_done, ours), "plain": partial(_done, plain)}, rounds=3)
        ms = [f"{1e3 * s:.0f}" for s in seconds.values()]
        rows.append((name, *ms, f"{seconds['plain'] / seconds['ours']:.0f}"))
    show(f"200 samples of {units:,} units", rows, ("", "ms", "ms, by units", "times as fast"))


def _done(call: Callable[[], object]) -> None:
    call()


if __name__ == "__main__":
    compare_population()
    compare_many_units()
