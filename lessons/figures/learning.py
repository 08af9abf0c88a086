"""Learning curves of many networks, one colour for each way to train."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib
from matplotlib.figure import Figure

from ...agents.training.run import Run
from ...envs.typechecked import typechecked
from .style import FAINT, PALETTE, RC, new_figure, note


@typechecked
def draw_learning(
    runs: Mapping[str, Sequence[Run]],
    chance: float,
    changes: Sequence[int] = (),
    score: str = "score, without a bridge",
) -> Figure:
    """Draw the score of each network against the number of updates, one colour for each way to train.

    Args:
        runs: Runs by the way they were trained.
        chance: Score of a responder that guesses.
        changes: Updates after which a bridge got weaker, marked by lines.
        score: What the scores are called.
    """
    with matplotlib.rc_context(RC):
        figure = new_figure(6.4, 3.1)
        axes = figure.subplots()
        axes.axhline(chance, color=FAINT, lw=0.9, ls=(0, (4, 3)), zorder=0)
        note(axes, "chance", (1, chance), ("axes fraction", "data"), "right", -2)
        for step in changes:
            axes.axvline(step, color=FAINT, lw=0.7, ls=(0, (2, 2)), zorder=0)
        for colour, (name, networks) in zip(PALETTE, runs.items(), strict=False):
            for number, run in enumerate(networks):
                steps, scores = ([row[key] for row in run.metrics] for key in ("step", "score"))
                axes.plot(steps, scores, "o-", color=colour, lw=1.4, ms=3, alpha=0.8, label="" if number else name)
        figure.legend(loc="outside upper left", ncols=len(runs))
        axes.set(xlabel="updates", ylabel=score, xlim=(0, None), ylim=(-0.03, 1.05))
    return figure
