"""Do bridges through time help a plain rate network over long delays, or is it the initialisation and the tuning?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from scipy.stats import fisher_exact

from ..learners import p_value, share_of, updates_of
from ..study import Job, Report, Row, Study
from ..table import text_table
from .arms import (
    ALL_ARMS,
    ARMS,
    COARSE_DT,
    CRITERION,
    DT,
    KINDS,
    LR,
    STARTS,
    Cell,
    cell_of,
    measure_rate_networks,
    of_kind,
)
from .gated import CELLS, measure_gated
from .gated import LR as GATED_LR
from .reversal import REVERSAL_ARMS, TASK, measure_reversal, report_reversal
from .reversal import jobs as reversal_jobs
from .tuning import best_arms, best_rates

STEPS = {DT: 4000, COARSE_DT: 2000}
"""Largest number of updates, by the bins (ms)."""
SWEPT = ("base", "SCTT", "DASC", "gradient skip", "slow mode", "slow mode + DASC")
"""The ways to train that are compared over delays of several lengths, next to the best of the plain starts."""


def jobs(quick: bool) -> Sequence[Job]:
    """Ten networks to a job. What decides comes first: the two main tasks, with 20 of each arm in bins of 10 ms.

    All else has bins of 25 ms and half as many updates, and the delayed response of a second is in both.
    """
    if quick:
        arms = ("base", "SCTT", "DASC", "slow mode")
        return [_job("yang19.dlygo", 500.0, DT, arm, 0, networks=5, steps=600, lr=LR) for arm in arms]
    # Of the plain starts the best goes to all tasks; all of them are compared in one.
    best = best_arms(1, STARTS)
    arms = [arm for arm in ARMS if arm not in STARTS or arm in best]
    main = [("yang19.dlygo", 1000.0, ARMS), ("yang19.dms", 1000.0, dict.fromkeys((*arms, "base, small readout")))]
    others = [("yang19.go", 0.0), ("yang19.dmc", 1000.0), ("yang19.ctxdlydm1", 1000.0)]
    delays = (1000.0, 2000.0, 4000.0, 500.0)
    kinds = [of_kind(arm, kind) for kind in KINDS for arm in best_arms(3)]
    cells = [("yang19.dms", 1000.0, DT), ("yang19.dlygo", 1000.0, COARSE_DT), ("yang19.dlygo", 4000.0, COARSE_DT)]
    rates = best_rates()
    rates |= {of_kind(arm, kind): lr for arm, lr in rates.items() for kind in KINDS}

    def ten(task: str, delay: float, dt: float, arm: str, repeat: int = 0) -> Job:
        return _job(task, delay, dt, arm, repeat, networks=10, steps=STEPS[dt], lr=rates[arm])

    found = [ten(task, delay, DT, arm, repeat) for task, delay, some in main for repeat in range(2) for arm in some]
    found += [ten(task, delay, COARSE_DT, arm) for task, delay in others for arm in arms]
    found += [ten("yang19.dlygo", delay, COARSE_DT, arm) for delay in delays for arm in (*best, *SWEPT)]
    found += [ten("yang19.dlygo", 1000.0, COARSE_DT, arm) for arm in kinds]
    found += [_job(*cell, arm, 0, networks=3, steps=STEPS[cell[2]], lr=GATED_LR) for cell in cells for arm in CELLS]
    return found + list(reversal_jobs(rates))


def _job(task: str, delay_ms: float, dt: float, arm: str, repeat: int, networks: int, steps: int, lr: float) -> Job:
    return {
        "task": task,
        "delay_ms": delay_ms,
        "dt": dt,
        "arm": arm,
        "first_seed": 100 * repeat,
        "networks": networks,
        "steps": steps,
        "criterion": CRITERION,
        "lr": lr,
    }


def measure(job: Job) -> list[Row]:
    """Train the networks of a job; when each reached the criterion, and its state at the end."""
    if job["task"] == TASK:
        return measure_reversal(job)
    return measure_gated(job) if job["arm"] in CELLS else measure_rate_networks(job)


def report(table: list[Row]) -> Report:
    """How many networks learn each task, and how fast; a network that does not counts with the cap of updates."""
    text = (
        "Networks whose response accuracy reached the criterion before the cap, with the 95 % interval of the share;\n"
        "updates until then (median and quartiles, those that never did counted with the cap);\n"
        "p: the same share (Fisher) and the same updates (Mann-Whitney) as base, not corrected for their number.\n\n"
    )
    reversal = [row for row in table if row["task"] == TASK]
    more = f"\n\n{report_reversal(reversal)}" if reversal else ""
    return Report(text + text_table(summary_table(table)) + more, {"learned": _figure(_cells(table))})


def summary_table(table: list[Row]) -> list[Row]:
    """For each task, delay, bins (ms) and arm how many networks learned, how fast, and how they compare with base."""
    return [
        {"task": task, "delay": delay, "bins": dt, "arm": arm} | _summary(found, arms.get("base", []))
        for (task, delay, dt), arms in _cells(table).items()
        for arm, found in arms.items()
    ]


def _cells(table: list[Row]) -> dict[Cell, dict[str, list[Row]]]:
    """The rows by task, delay and bins, then by arm."""
    cells: dict[Cell, dict[str, list[Row]]] = {}
    for row in table:
        cells.setdefault(cell_of(row), {}).setdefault(row["arm"], []).append(row)
    return cells


def _summary(found: list[Row], base: list[Row]) -> Row:
    solved, n, updates = sum(row["solved"] for row in found), len(found), updates_of(found)
    first, median, third = np.percentile(updates, (25, 50, 75))
    summary: Row = share_of(found) | {
        "updates": float(median),
        "quartiles": f"{first:.0f} to {third:.0f}",
        "accuracy": float(np.mean([row["score"] for row in found])),
        "cpu s": float(np.mean([row["cpu_seconds"] for row in found])),
    }
    if not base or base is found:
        return summary | {"p share": None, "p updates": None}
    theirs = sum(row["solved"] for row in base)
    return summary | {
        "p share": float(np.asarray(fisher_exact([[solved, n - solved], [theirs, len(base) - theirs]]))[1]),
        "p updates": p_value(updates, updates_of(base)),
    }


def _figure(cells: dict[Cell, dict[str, list[Row]]]) -> Figure:
    """Share of networks that have learned the task, by the number of updates."""
    figure = Figure(figsize=(3.6 * min(len(cells), 3) + 2.4, 3.2 * -(-len(cells) // 3)), layout="constrained")
    axes = figure.subplots(-(-len(cells) // 3), min(len(cells), 3), squeeze=False).ravel()
    lines: dict[str, Any] = {}
    for axis, ((task, delay, dt), arms) in zip(axes, cells.items(), strict=False):
        for arm, found in arms.items():
            at = np.sort([row["updates"] for row in found if row["solved"]])
            x = np.concatenate([[0], at, [found[0]["steps"]]])
            y = np.concatenate([np.arange(len(at) + 1), [len(at)]]) / len(found)
            number = [*ALL_ARMS, *CELLS, *REVERSAL_ARMS].index(arm)
            style = {"color": f"C{number % 10}", "linestyle": _line_style(arm)}
            (lines[arm],) = axis.step(x, y, where="post", **style)
        where = f"{task}, {delay:g} ms" if delay else task
        axis.set(title=f"{where} (bins of {dt:g})", ylim=(-0.03, 1.03), xlabel="updates")
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].set_ylabel("share of networks at 95 %")
    for axis in axes[len(cells) :]:
        axis.axis("off")
    figure.legend(lines.values(), lines.keys(), loc="outside right upper", frameon=False, fontsize="small")
    return figure


def _line_style(arm: str) -> str:
    """Dashes start in slow modes, dots are gated, dashes and dots are other kinds of networks or of bridges."""
    if arm in CELLS:
        return ":"
    if arm not in ARMS:
        return "-."
    return "--" if "slow" in arm else "-"


STUDY = Study(
    name="soo2023",
    claim="Skip connections through time, annealed away, let plain rate networks learn tasks with long delays.",
    paper="10.1101/2023.10.10.561588",
    jobs=jobs,
    measure=measure,
    report=report,
)
