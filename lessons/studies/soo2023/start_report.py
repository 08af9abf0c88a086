"""What the study of starts reports: how many networks learn, how fast, how well the others do, how slow they are."""

from __future__ import annotations

from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from ...figures.style import RC, new_figure
from ..learners import share_of, updates_of
from ..study import Report, Row
from ..table import finished, read_table, text_table
from .arms import COARSE_DT, Cell, cell_of
from .starts import COSTS, INPUT, START_ARMS, Setting, setting_of, setting_words

MIXTURES: list[Setting] = [
    ("slow mode", bias, gain, cost, "relu") for bias in (False, True) for gain in (1.0, INPUT) for cost in COSTS
]
"""A start in slow modes with all mixtures of bias, input weights and costs."""


def with_earlier(table: list[Row]) -> list[Row]:
    """The rows, and those of the study of bridges, whose networks have neither the bias nor a cost."""
    earlier = finished(read_table(Path(__file__).parents[1] / "results" / "soo2023.csv"))
    common = {"bias": False, "input_gain": 1.0, "cost": "none", "kind": "relu"}
    known = {(cell_of(row), setting_of(row)) for row in table}
    found = [row | common for row in earlier if row["arm"] in START_ARMS]
    return table + [row for row in found if (cell_of(row), setting_of(row)) not in known]


def by_setting(table: list[Row]) -> dict[tuple[Cell, Setting], list[Row]]:
    """The rows by task, delay and bins, and setting."""
    found: dict[tuple[Cell, Setting], list[Row]] = {}
    for row in table:
        found.setdefault((cell_of(row), setting_of(row)), []).append(row)
    return found


def start_table(table: list[Row]) -> list[Row]:
    """For each task, delay, bins (ms) and setting how many networks learned, how fast, and how all ended."""
    return [
        {"task": task.removeprefix("yang19."), "delay": delay, "bins": dt, "setting": setting_words(setting)}
        | _summary(rows)
        for ((task, delay, dt), setting), rows in sorted(by_setting(table).items(), key=lambda item: item[0][0])
    ]


def _summary(rows: list[Row]) -> Row:
    first, median, third = np.percentile(updates_of(rows), (25, 50, 75))
    times = [row["autocorrelation_ms"] for row in rows if row.get("autocorrelation_ms") is not None]
    return share_of(rows) | {
        "updates": float(median),
        "quartiles": f"{first:.0f} to {third:.0f}",
        "accuracy": float(np.mean([row["score"] for row in rows])),
        "slow ms": float(np.median(times)) if times else None,
        "cpu s": float(np.mean([row["cpu_seconds"] for row in rows])),
    }


def factorial_table(table: list[Row]) -> list[Row]:
    """Networks in slow modes that learned, of those trained (median updates): each mixture of help in each task."""
    found = by_setting(table)
    cells = sorted({cell for cell, setting in found if setting == MIXTURES[1] and cell[1:] == (1000.0, COARSE_DT)})
    if not cells:
        return []
    return [
        {"bias": "yes" if bias else "-", "input": "yes" if gain == INPUT else "-", "cost": cost}
        | {cell[0].removeprefix("yang19."): _learned(found.get((cell, setting), [])) for cell in cells}
        for setting in MIXTURES
        for _, bias, gain, cost, _ in (setting,)
    ]


def _learned(rows: list[Row]) -> str:
    if not rows:
        return "-"
    return f"{sum(row['solved'] for row in rows)} of {len(rows)} ({np.median(updates_of(rows)):.0f})"


def report(table: list[Row]) -> Report:
    """The tables, and a picture of how many networks learned with each arm, without the bias and with it."""
    text = (
        "Networks whose response accuracy reached the criterion before the cap, with the 95 % interval of the share;\n"
        "updates until then (median and quartiles, those that never did counted with the cap); accuracy of all at the\n"
        "end; after how many ms the noise of a network is forgotten in its rates (median).\n\n"
    )
    parts = [text + text_table(start_table(table))]
    if factorial := factorial_table(table):
        parts.append("What a start in slow modes needs (median updates):\n\n" + text_table(factorial))
    return Report("\n\n".join(parts), {"bias": bias_figure(with_earlier(table))})


def bias_figure(table: list[Row]) -> Figure:
    """Share of networks that learned with each arm, without the bias (open) and with it (filled), task by task."""
    found = {
        (cell, setting): rows
        for (cell, setting), rows in by_setting(table).items()
        if setting[2:] == (1.0, "none", "relu")
    }
    cells = sorted({cell for cell, setting in found if setting[1]}, key=lambda cell: (cell[2], cell[0], cell[1]))
    arms = [arm for arm in START_ARMS if any(setting[0] == arm for _, setting in found)]
    with matplotlib.rc_context(RC):
        figure = new_figure(2.2 + 1.05 * len(cells), 0.6 + 0.27 * len(arms))
        axes = figure.subplots(1, len(cells), sharey=True, squeeze=False)[0]
        for axis, cell in zip(axes, cells, strict=True):
            for bias, fill in ((False, "none"), (True, "C0")):
                rows = [found.get((cell, (arm, bias, 1.0, "none", "relu")), []) for arm in arms]
                points = [(_share(networks), i) for i, networks in enumerate(rows) if networks]
                if points:
                    axis.plot(*zip(*points, strict=True), "o", mec="C0", mfc=fill, ms=5)
            task, delay, dt = cell
            title = f"{task.removeprefix('yang19.')}\n{delay / 1000:g} s, {dt:g} ms"
            axis.set(title=title, xlim=(-0.1, 1.1), xticks=(0, 1))
        axes[0].set(yticks=range(len(arms)), yticklabels=arms, ylim=(len(arms) - 0.5, -0.5))
        figure.supxlabel("share of networks that learned: open without the bias, filled with it", fontsize="small")
    return figure


def _share(rows: list[Row]) -> float:
    return sum(row["solved"] for row in rows) / len(rows)
