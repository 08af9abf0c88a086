"""What is left of an error across the delay, before a network learns, while it does, and when it has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from ...agents import train
from ..bridges import error_left
from ..style import new_figure
from .soo2023_arms import ARMS, LR, network_of, task_of
from .soo2023_tuning import best_rates
from .study import Job, Report, Row, Study
from .table import text_table

UPDATES = (0, 250, 500, 1000, 1500, 2000)
FIRST_SEED = 7000


def jobs(quick: bool) -> Sequence[Job]:
    """Five networks of each arm on the delayed response of one second, at the learning rate of the tuning."""
    arms, networks, rates = (("base", "slow mode"), 1, {}) if quick else (tuple(ARMS), 5, best_rates())
    shared = {"task": "yang19.dlygo", "delay_ms": 1000.0, "steps": UPDATES[2 if quick else -1]}
    plan = [(arm, FIRST_SEED + k) for k in range(networks) for arm in arms]
    return [shared | {"arm": arm, "seed": seed, "lr": rates.get(arm, LR)} for arm, seed in plan]


def measure(job: Job) -> list[Row]:
    """Train one network; how much of an error crosses the delay, and how the network scores, at some updates.

    Bridges are not in what is measured: it is the plain network that has to do without them in the end.
    """
    task = task_of(job["task"], job["delay_ms"])
    network = network_of(task, job["arm"], job["seed"])
    rule, rows = ARMS[job["arm"]].rule(2 * UPDATES[-1], job["lr"]), []

    def watch(updates: int, latest: dict[str, float]) -> None:
        if updates in UPDATES:
            left = error_left(network, task, [job["delay_ms"]])[0, 0]
            rows.append({"updates": updates, "score": latest.get("score"), "left": float(left)})

    watch(0, {})
    steps = {"steps": job["steps"], "batch_size": 20, "evaluate_every": 250, "n_test": 200}
    train(task, network, rule, **steps, seed=job["seed"], device="cpu", progress=watch)
    return rows


def report(table: list[Row]) -> Report:
    """Median over networks of what is left of an error, by arm and number of updates."""
    cells: dict[str, dict[int, list[float]]] = {}
    for row in table:
        cells.setdefault(row["arm"], {}).setdefault(row["updates"], []).append(row["left"])
    rows = []
    for arm, found in cells.items():
        medians = {f"at {updates}": f"{np.median(found[updates]):.2g}" for updates in sorted(found)}
        rows.append({"arm": arm, "networks": len(found[0])} | medians)
    text = "The largest part of an error that is left across the delay, at these updates; median of the networks.\n\n"
    return Report(text + text_table(rows), {"left": _figure(cells)})


def _figure(cells: dict[str, dict[int, list[float]]]) -> Figure:
    figure = new_figure(7, 4)
    axis = figure.subplots()
    for arm, found in cells.items():
        updates = sorted(found)
        style: dict[str, Any] = {"color": f"C{list(ARMS).index(arm) % 10}", "linestyle": "--" if "slow" in arm else "-"}
        axis.plot(updates, [np.median(found[u]) for u in updates], label=arm, **style)
    axis.set(yscale="log", xlabel="updates", ylabel="part of an error left across the delay")
    figure.legend(loc="outside right upper", frameon=False, fontsize="small")
    return figure


STUDY = Study(
    name="soo2023-transmission",
    claim="Bridges let errors cross a delay that they would not survive, until the network carries them itself.",
    paper="10.1101/2023.10.10.561588",
    jobs=jobs,
    measure=measure,
    report=report,
)
