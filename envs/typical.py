"""Trials that can be averaged bin by bin: every drawn duration at its median."""

from __future__ import annotations

import dataclasses

import numpy as np

from .arguments import argument_of
from .durations import is_random, pmf
from .painted_task import PaintedTask
from .task import Task


def typical(task: Task) -> Task:
    """The same task with every drawn duration fixed at its median, so that trials can be averaged bin by bin.

    Intervals that are themselves conditions, as in interval timing, are not touched.
    """
    if not isinstance(task, PaintedTask):
        return task
    fixed = {}
    for name, duration in task.durations().items():
        if is_random(duration):
            bins, p = pmf(duration, task.dt, name)
            order = np.argsort(bins)
            middle = np.searchsorted(np.cumsum(p[order]), 0.5)
            fixed[argument_of(name)] = float(bins[order][middle] * task.dt)
    return dataclasses.replace(task, **fixed)
