"""What is left of an error across the delay, before a network learns, while it does, and when it has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from ....agents import evaluate
from ....agents.measures.error_left import error_left
from ....agents.network.ensemble import ensemble_of
from ....agents.training.learner import Learner
from ...figures.style import FAINT, RC, new_figure, note
from ..study import Job, Report, Row, Study
from ..table import text_table
from .arms import ARMS, LR, N_TEST, network_of, task_of
from .tuning import best_rates

UPDATES = (0, 250, 500, 1000, 1500, 2000)
FIRST_SEED = 7000
FIRST = ("base", "SCTT", "DASC", "slow mode", "gradient skip", "CD")
"""The arms that run first, so that a study that is stopped early has looked at them."""


def jobs(quick: bool) -> Sequence[Job]:
    """Five networks of each arm on the delayed response of one second, at the learning rate of the tuning."""
    arms, rates = (("base", "slow mode"), {}) if quick else (dict.fromkeys((*FIRST, *ARMS)), best_rates())
    steps, networks = (500, 2) if quick else (UPDATES[-1], 5)
    shared = {"task": "yang19.dlygo", "delay_ms": 1000.0, "steps": steps, "networks": networks}
    return [shared | {"arm": arm, "first_seed": FIRST_SEED, "lr": rates.get(arm, LR)} for arm in arms]


def measure(job: Job) -> list[Row]:
    """Train networks at once; how much of an error crosses the delay, and how each scores, at some updates.

    Bridges are not in what is measured: it is the plain network that has to work without them in the end.
    """
    task, seed = task_of(job["task"], job["delay_ms"]), job["first_seed"]
    rule = ARMS[job["arm"]].rule(2 * UPDATES[-1], job["lr"], task.dt)
    learner = Learner(ensemble_of(network_of(task, job["arm"], seed), job["networks"]), rule)

    def looked_at(updates: int) -> list[Row]:
        return [
            {
                "network": s,
                "updates": updates,
                "score": evaluate(task, network, N_TEST, seed).score,
                "left": float(error_left(task, network, [job["delay_ms"]])[0, 0]),
            }
            for s, (network, _) in enumerate(learner.states())
        ]

    rows = looked_at(0)
    for updates in range(1, job["steps"] + 1):
        learner.update(learner.trials(task, 20, seed, updates))
        if updates in UPDATES:
            found = looked_at(updates)
            learner.report([row["score"] for row in found])
            rows += found
    return rows


def report(table: list[Row]) -> Report:
    """Median over networks of what is left of an error, by arm and number of updates; how they score in the end."""
    text = (
        "The largest part of an error that is left across the delay, without a bridge, after so many updates: median\n"
        "of the networks. Next to it, how they score after the last: median and range.\n\n"
    )
    return Report(text + text_table(transmission_table(table)), {"left": _figure(_cells(table))})


def transmission_table(table: list[Row]) -> list[Row]:
    """What is left of an error at each look, median of the networks of an arm, and how they score at the last."""
    rows = []
    for arm, found in _cells(table).items():
        medians = {f"at {updates}": f"{_median(found[updates], 'left'):.2g}" for updates in sorted(found)}
        scores = [row["score"] for row in found[max(found)]]
        score = {"score": f"{np.median(scores):.2f}", "range": f"{min(scores):.2f} to {max(scores):.2f}"}
        rows.append({"arm": arm, "networks": len(scores)} | medians | score)
    return rows


def _cells(table: list[Row]) -> dict[str, dict[int, list[Row]]]:
    """The rows by arm, then by number of updates."""
    cells: dict[str, dict[int, list[Row]]] = {}
    for row in table:
        cells.setdefault(row["arm"], {}).setdefault(row["updates"], []).append(row)
    return cells


def _median(rows: list[Row], name: str) -> float:
    return float(np.median([row[name] for row in rows]))


def _figure(cells: dict[str, dict[int, list[Row]]]) -> Figure:
    with matplotlib.rc_context(RC):
        figure = new_figure(7.4, 3.6)
        axes = figure.subplots(1, 2)
        for arm, found in cells.items():
            updates = sorted(found)
            style: dict[str, Any] = {"color": f"C{list(ARMS).index(arm) % 10}", "ls": "--" if "slow" in arm else "-"}
            axes[0].plot(updates, [_median(found[u], "left") for u in updates], label=arm, **style)
            last = found[updates[-1]]
            mark = {"marker": "D" if "slow" in arm else "o", "ls": "", "ms": 4, "alpha": 0.7}
            axes[1].plot([row["left"] for row in last], [row["score"] for row in last], **style | mark)
        axes[0].axhline(1, color=FAINT, lw=0.7, zorder=0)
        note(axes[0], "1: nothing is lost", (1, 0.1), ("axes fraction", "data"), "right")
        axes[0].set(yscale="log", xlabel="updates", ylabel="part of an error left across the delay")
        axes[1].set(xscale="log", xlabel="part left after the last update", ylabel="score", ylim=(-0.03, 1.03))
        figure.legend(loc="outside right upper")
    return figure


STUDY = Study(
    name="soo2023-transmission",
    claim="Bridges let errors cross a delay that they would not survive, until the network carries them itself.",
    paper="10.1101/2023.10.10.561588",
    jobs=jobs,
    measure=measure,
    report=report,
)
