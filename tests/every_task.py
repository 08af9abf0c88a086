"""All tasks as parameters of a test; most of the twenty alike of Yang et al. wait for the slow suite."""

import pytest

from cogdyn.envs import task_names

SOON = ("yang19.dlyanti", "yang19.ctxdm1", "yang19.multidlydm", "yang19.dmc", "yang19.multitask")


def every_task():
    """Names of all tasks, one of each mechanism of yang19 for the fast suite."""
    later = [name for name in task_names() if name.startswith("yang19.") and name not in SOON]
    return [pytest.param(name, marks=pytest.mark.slow) if name in later else name for name in task_names()]
