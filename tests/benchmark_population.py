"""Speed of population analyses: medians of CPU time on one thread, the shape of a small experiment."""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import statistics
import time
from collections.abc import Callable

import numpy as np
from rich.console import Console
from rich.table import Table

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


def milliseconds(work: Callable[[], object], rounds: int = 15) -> float:
    """Median CPU time of a call after one of warm-up."""
    spent = []
    for _ in range(rounds + 1):
        start = time.process_time()
        work()
        spent.append(time.process_time() - start)
    return 1e3 * statistics.median(spent[1:])


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
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("")
    table.add_column("ms", justify="right")
    for name, call in work.items():
        table.add_row(name, f"{milliseconds(call, 5 if '20' in name else 15):.1f}")
    title = "Population analyses: {} bins, {} conditions, {} units".format(*SHAPE)
    Console(width=110, highlight=False).print(title, table, "")


if __name__ == "__main__":
    compare_population()
