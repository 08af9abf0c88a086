"""Can synapses that see only local signals learn what exact gradients learn?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.stats import mannwhitneyu

from ..style import ACCENT, FAINT, SECOND, new_figure
from .marschall2019_learners import LEARNERS, SETTINGS, measure
from .marschall2019_tuning import UPDATES, best_rate
from .study import Job, Report, Row, Study
from .table import text_table

NETWORKS = 10
QUICK = ("readout only", "BPTT", "RFLO", "compartments")


def jobs(quick: bool) -> Sequence[Job]:
    """Ten networks for every learner in every setting."""
    if quick:
        shared = {"setting": next(iter(SETTINGS)), "updates": 60, "first_seed": 0, "networks": 3, "lr": 5e-2}
        return [shared | {"learner": name} for name in QUICK]
    shared = {"updates": UPDATES, "first_seed": 0, "networks": NETWORKS}
    return [
        shared | {"setting": setting, "learner": name, "lr": best_rate(setting, name)}
        for name, setting in product(LEARNERS, SETTINGS)
    ]


def levels(setting: str) -> dict[str, float]:
    """Loss (nats) of who knows none, the first, or both of the two bits on which a label of Add depends.

    They follow from trials without noise, of which nothing is taken for granted but that labels depend on two bits.
    """
    chosen = SETTINGS[setting]
    if chosen.task != "Add":
        return {}
    batch = replace(chosen, arguments=chosen.arguments | {"noise": 0.0}).make().sample(50, seed=0)
    bits, label = batch.inputs[..., 0] > 0.5, batch.targets[..., 0]
    lags = [int(lag) * chosen.arguments.get("tau_task", 1) for lag in chosen.arguments["lags"]]
    counted = np.arange(max(lags), len(label))
    first, second = (bits[counted - lag] for lag in lags)
    y = np.array([[label[counted][(first == a) & (second == b)].mean() for b in (0, 1)] for a in (0, 1)])
    known = {"nothing": np.full((2, 2), y.mean()), "the first": y.mean(axis=1, keepdims=True) + 0 * y, "both": y}
    return {name: float(_cross_entropy(y, p).mean()) for name, p in known.items()}


def _cross_entropy(y: np.ndarray, p: np.ndarray) -> np.ndarray:
    """What an answer p costs where the label is 1 with probability y, in nats."""
    terms = [np.where(v > 0, v * np.log(np.where(v > 0, q, 1)), 0) for v, q in ((y, p), (1 - y, 1 - p))]
    return -(terms[0] + terms[1])


def report(table: list[Row]) -> Report:
    """Loss at the end by learner and setting, beside that of the readout alone and the levels that can be reached."""
    cells: dict[str, dict[str, list[Row]]] = {}
    for row in table:
        cells.setdefault(row["setting"], {}).setdefault(row["learner"], []).append(row)
    rows = [
        {"setting": setting, "learner": name} | _summary(found, learners.get("readout only", []))
        for setting, learners in cells.items()
        for name, found in learners.items()
    ]
    told = [f"{setting}: " + ", ".join(f"{k} {v:.4f}" for k, v in levels(setting).items()) for setting in cells]
    text = (
        "Loss on trials never seen after the last update: median and quartiles of the networks, those that diverged\n"
        "counted as the worst; p: the same loss as with the readout alone (Mann-Whitney), not corrected for number.\n"
        "Alignment: cosine of what the rule adds up over trials and the exact gradient, at the end, median.\n"
        "Who knows none, the first, both bits of Add has a loss (nats) of\n" + "\n".join(told) + "\n\n"
    )
    return Report(text + text_table(rows), {"losses": _losses(cells), "alignment": _alignment(cells)})


def _summary(found: list[Row], readout_only: list[Row]) -> Row:
    losses = _finite(found)
    first, median, third = np.percentile(losses, (25, 50, 75))
    cosines = [row["alignment"] for row in found if row["alignment"] is not None]
    p = None
    if readout_only and readout_only is not found:
        p = float(np.asarray(mannwhitneyu(losses, _finite(readout_only)))[1])
    return {
        "networks": len(found),
        "diverged": sum(row["diverged"] for row in found),
        "loss": f"{median:.4f}",
        "quartiles": f"{first:.4f} to {third:.4f}",
        "p": p,
        "alignment": f"{np.median(cosines):.2f}" if cosines else None,
        "cpu s": float(np.mean([row["cpu_seconds"] for row in found])),
    }


def _finite(found: list[Row]) -> list[float]:
    """Losses; one that is missing counts as more than any other."""
    return [1e3 if row["loss"] is None else row["loss"] for row in found]


def _losses(cells: dict[str, dict[str, list[Row]]]) -> Figure:
    """Every network's loss at the end, with the levels."""
    n_rules = max(len(learners) for learners in cells.values())
    figure = new_figure(2.2 + 2.1 * len(cells), 0.8 + 0.22 * n_rules)
    axes = figure.subplots(1, len(cells), squeeze=False, sharey=True)[0]
    names = [name for name in LEARNERS if any(name in learners for learners in cells.values())]
    for axis, (setting, learners) in zip(axes, cells.items(), strict=True):
        for name, level in levels(setting).items():
            axis.axvline(level, color=FAINT, linewidth=0.8, linestyle=":")
            axis.annotate(name, (level, 1.0), xycoords=("data", "axes fraction"), fontsize=6, rotation=90, va="bottom")
        for place, name in enumerate(names):
            losses = [row["loss"] for row in learners.get(name, []) if row["loss"] is not None]
            axis.plot(losses, [place] * len(losses), ".", color=SECOND if "compart" in name else ACCENT, alpha=0.5)
            if losses:
                axis.plot([np.median(losses)] * 2, [place - 0.35, place + 0.35], color="k", linewidth=1.2)
        axis.set(xlabel="loss", yticks=range(len(names)), yticklabels=names)
        axis.set_title(setting, pad=34 if levels(setting) else 6)
    axes[0].invert_yaxis()
    return figure


def _alignment(cells: dict[str, dict[str, list[Row]]]) -> Figure:
    """Loss by alignment, and by cost."""
    figure = new_figure(2 + 2.2 * len(cells), 4.6)
    axes = figure.subplots(2, len(cells), squeeze=False)
    for column, (setting, learners) in enumerate(cells.items()):
        for name, found in learners.items():
            colour = SECOND if "compart" in name else ACCENT
            _point(axes[0, column], found, "alignment", colour)
            _point(axes[1, column], found, "cpu_seconds", colour)
        axes[0, column].set(title=setting, xlabel="alignment with the gradient")
        axes[1, column].set(xlabel="CPU seconds a network", xscale="log")
    for row in axes:
        row[0].set_ylabel("loss")
    return figure


def _point(axis: Axes, found: list[Row], what: str, colour: str) -> None:
    pairs = [(row[what], row["loss"]) for row in found if row[what] is not None and row["loss"] is not None]
    if pairs:
        axis.plot(*np.median(pairs, axis=0), "o", color=colour, alpha=0.7)


STUDY = Study(
    name="marschall2019",
    claim="Synapses that see only local signals, updated in phases, learn what errors of the past demand.",
    paper="10.48550/arXiv.1905.12100",
    jobs=jobs,
    measure=measure,
    report=report,
)
