"""The network that suits a task, where none is described."""

from __future__ import annotations

from typing import Any

from ..envs.task import Task
from ..envs.typechecked import typechecked
from .rate_rnn import RateRNN


@typechecked
def network_for(task: Task, n_units: int = 100, **arguments: Any) -> RateRNN:
    """A network for a task, as ``cogdyn train`` makes it: noisy units, 80 % of them excitatory.

    Rectified units start in slow modes where the task's answers are choices: each excitatory unit excites itself, and
    so forgets five times more slowly. That is prior knowledge; ``init="gaussian"`` is the start without it.

    Args:
        task: The task, from which the network has its channels and dt.
        n_units: Number of units N.
        **arguments: Any other argument of :class:`RateRNN`; where neither here nor below, as there.

    Raises:
        ValueError: If an argument is out of its range.
        TypeError: If RateRNN has no argument of a name.
    """
    slow = task.kind == "choice" and arguments.get("activation", "relu") == "relu"
    init = arguments.get("init", "slow_mode" if slow else "gaussian")
    usual = {"dale": 0.8, "noise": 0.05, "init": init, "self_connections": init == "slow_mode"}
    return RateRNN(task.n_inputs, n_units, task.n_outputs, dt=task.dt, **usual | arguments)
