"""Named contexts of tasks, for ``make_task(name, preset=...)``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..durations import TruncatedExponential
from ..painted_task import PaintedTask
from ..task import Task
from .blocks import Blocks
from .side_bias import SideBias

IBL20: Mapping[str, Any] = {
    "coherences": (0, 0.0625, 0.125, 0.25, 1),
    "fixation_ms": 100,
    "stimulus_ms": 300,
    "decision_ms": 200,
}
"""The contrasts of the International Brain Laboratory as coherences; the durations are ours, for short trials."""


def ibl20(task: PaintedTask) -> Blocks:
    """Blocks of biased priors, 80 % on one side, after 90 trials without a bias.

    International Brain Laboratory 2021, doi:10.7554/eLife.63711: the lengths of the blocks are of an exponential
    distribution of 60 trials, cut to 20 to 100. A session has 400 trials.
    """
    sides = tuple(SideBias(task=task, p=p) for p in ((0.5, 0.5), (0.8, 0.2), (0.2, 0.8)))
    return Blocks(tasks=sides, n_trials=400, length=TruncatedExponential(60, 20, 100), first=0, first_length=90)


CONTEXTS: Mapping[str, Mapping[str, tuple[Mapping[str, Any], Callable[[PaintedTask], Task]]]] = {
    "PerceptualDecisionMaking": {"ibl20": (IBL20, ibl20)},
}
"""By task and preset: arguments of the task, and the context of its trials."""
