"""All tasks as parameters of a test; most of those that are alike wait for the slow suite."""

import pytest

from cogdyn.envs import task_names

SOON = ("yang19.dlyanti", "yang19.ctxdm1", "yang19.multidlydm", "yang19.dmc", "yang19.multitask")


OF_EACH_KIND = (
    "DelayMatchSample",
    "PostDecisionWager",
    "ReadySetGo",
    "yang19.multitask",
    "CenterOut",
    "SineWave",
    "Add",
    "Bandit",
    "DawTwoStep",
    "TMaze",
)
"""Choices, scored by class and not, timed, continuous, probabilities, sessions."""


def every_task():
    """Names of all tasks, one of each mechanism for the fast suite."""
    later = [name for name in task_names() if name.startswith("yang19.") and name not in SOON] + ["AlternatingRuns"]
    return [pytest.param(name, marks=pytest.mark.slow) if name in later else name for name in task_names()]


def one_of_each_kind():
    """Names of all tasks, one of each kind for the fast suite."""
    return [name if name in OF_EACH_KIND else pytest.param(name, marks=pytest.mark.slow) for name in task_names()]
