"""What is left of an error that goes back across a delay: the singular values of the delay's Jacobian."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ...envs.painted_task import PaintedTask
from ...envs.typechecked import typechecked
from ...envs.typical import typical
from ..dynamics import Bridge, jacobian_product
from ..network.rate_rnn import RateRNN
from ..training.evaluation import check_fit


@dataclass(frozen=True)
class DelayDynamics:
    """Rectified units that leak on the rate, in the delay of a trial, without noise and in double precision.

    Attributes:
        dt: Bin width (ms).
        alpha: dt / tau, (N,).
        recurrent: W, (N, N).
        drive: What the inputs of the delay and the biases add to the recurrent input, (N,).
        h0: Rates when the delay begins, (N,).
    """

    dt: float
    alpha: Tensor
    recurrent: Tensor
    drive: Tensor
    h0: Tensor

    def step(self, h: Tensor) -> Tensor:
        """Rates (K, N) one bin later."""
        return h + self.alpha * (torch.relu(h @ self.recurrent.T + self.drive) - h)


def delay_dynamics(task: PaintedTask, network: RateRNN) -> DelayDynamics:
    """The dynamics of a network from the moment at which the delay of a trial begins.

    Raises:
        ValueError: If the units are not rectified or do not leak on the rate, or the task does not fit the network or
            has no delay of unchanging inputs.
    """
    if network.activation != "relu" or network.leak != "rate":
        raise ValueError("the delay is drawn for activation='relu' and leak='rate'.")
    check_fit(task, network)
    if "delay" not in task.periods:
        raise ValueError(f"{task.name} has no delay.")
    batch = typical(dataclasses.replace(task, noise=0.0)).sample(1, seed=0)
    start, stop = (int(edge[0]) for edge in batch.periods["delay"])
    if np.ptp(batch.inputs[start:stop, 0], axis=0).max() > 0:
        raise ValueError(f"the inputs of {task.name} change within the delay.")
    inputs = torch.from_numpy(batch.inputs).to(network.recurrent)
    with torch.no_grad():
        h0 = network(inputs[:start], noise=0.0).state[0]
        drive = network.input_weights @ inputs[start, 0] + network.bias
        weights = network.alpha, network.recurrent_weights, drive, h0
    return DelayDynamics(network.dt, *(tensor.detach().double().cpu() for tensor in weights))


@typechecked
def error_left(
    task: PaintedTask, network: RateRNN, delays: Sequence[float], bridge: Bridge | None = None
) -> np.ndarray:
    """What is left of an error that goes back across delays (ms): the singular values of the Jacobian.

    Args:
        task: A task with a delay, whose own duration does not matter.
        network: The network.
        delays: Delays (ms), each a multiple of dt.
        bridge: A bridge, its lag in bins; None for none.

    Returns:
        (len(delays), N), the largest first: what is left of the error that keeps most, of the next, ...

    Raises:
        ValueError: As :func:`delay_dynamics` does.
    """
    dynamics = delay_dynamics(task, network)
    bins = [round(delay / dynamics.dt) for delay in delays]
    return np.linalg.svd(jacobian_product(dynamics.step, dynamics.h0, bins, bridge), compute_uv=False)
