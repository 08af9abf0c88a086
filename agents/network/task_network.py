"""The network that suits a task, where none is described."""

from __future__ import annotations

from typing import Any

from ...envs.errors import ArgumentError
from ...envs.task import Task
from ...envs.typechecked import typechecked
from .out_of_memory import is_out_of_memory
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
        ArgumentError: If an argument is out of its range, or one that follows from the task.
        TypeError: If RateRNN has no argument of a name.
        MemoryError: If memory does not suffice for that many units.
    """
    arguments = suited_arguments(task, n_units, **arguments)
    try:
        return RateRNN(task.n_inputs, n_outputs=task.n_outputs, dt=task.dt, **arguments)
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        raise MemoryError(
            f"memory does not suffice for {n_units:,} units: {n_units**2:,} recurrent weights take "
            f"{4 * n_units**2 / 2**30:.3g} GiB, and several arrays of that size are needed."
        ) from error


def suited_arguments(task: Task, n_units: int = 100, **arguments: Any) -> dict[str, Any]:
    """The arguments by which :func:`network_for` makes a network, besides those that follow from the task.

    Raises:
        ArgumentError: If one of the latter is among them.
    """
    for name in ("n_inputs", "n_outputs", "dt"):
        if name in arguments:
            raise ArgumentError(f"{name} is the task's own; leave it out.")
    slow = task.kind == "choice" and arguments.get("activation", "relu") == "relu"
    init = arguments.get("init", "slow_mode" if slow else "gaussian")
    usual = {"dale": 0.8, "noise": 0.05, "init": init, "self_connections": init == "slow_mode"}
    return {"n_units": n_units} | usual | arguments
