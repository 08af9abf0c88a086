"""The smallest task with a delay, and the network that learns it in the page."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ....agents.credit.losses import task_loss
from ....agents.network.data import tensors
from ....agents.network.rate_rnn import RateRNN
from ....envs.errors import ArgumentError
from ....envs.numbers import finite_number, whole_number
from ....envs.trial import TrialBatch
from ....envs.typechecked import typechecked

DT, CUE_BINS, ANSWER_BINS, N_UNITS = 20.0, 5, 5, 8


@typechecked
def cue_trials(delay_ms: float = 400.0) -> TrialBatch:
    """Two trials: a light goes up or down for 100 ms; after a delay, when asked for 100 ms, the output says which.

    Only the bins of the answer count in the loss.

    Args:
        delay_ms: Delay (ms), in whole bins of 20 ms.

    Raises:
        ValueError: If the delay is negative or no whole number of bins.
    """
    n_delay = finite_number("delay_ms", delay_ms) / DT
    if n_delay < 0 or n_delay != round(n_delay):
        raise ArgumentError(f"delay_ms is {delay_ms:g}; allowed: 0, 20, 40, ...")
    answer = CUE_BINS + round(n_delay)
    length = answer + ANSWER_BINS
    sides = np.array([1.0, -1.0], np.float32)
    inputs, targets = np.zeros((length, 2, 2), np.float32), np.zeros((length, 2, 1), np.float32)
    mask = np.zeros((length, 2), np.float32)
    inputs[:CUE_BINS, :, 0], inputs[answer:, :, 1] = sides, 1
    targets[answer:, :, 0], mask[answer:] = sides, 1
    spans = {"cue": (0, CUE_BINS), "delay": (CUE_BINS, answer), "answer": (answer, length)}
    periods = {name: (np.full(2, start), np.full(2, stop)) for name, (start, stop) in spans.items()}
    return TrialBatch(inputs, targets, mask, {"side": np.array([1, 2])}, periods, DT, "continuous")


@typechecked
def small_network(seed: int = 1, gain: float = 0.5) -> RateRNN:
    """Eight tanh units that leak on the voltage, with recurrent weights g N(0, 1/N), in double precision.

    Args:
        seed: Seed of the weights.
        gain: Gain g of the recurrent weights, 0 or more.

    Raises:
        ValueError: If the gain is negative.
    """
    if gain < 0:
        raise ArgumentError(f"gain is {gain:g}; it must not be negative.")
    return RateRNN(
        2, N_UNITS, 1,
        dt=DT, tau=100, activation="tanh", self_connections=True, train_h0=False, gain=gain, seed=seed,
    ).double()  # fmt: skip


@typechecked
def errors_back(network: RateRNN, trials: TrialBatch) -> np.ndarray:
    """The error p_t = dL/dx_t of every voltage, by automatic differentiation, (T, B, N).

    Args:
        network: A network of tanh units that leak on the voltage.
        trials: Trials whose targets are numbers.
    """
    loss, voltages = _run(network, trials, {})
    return np.stack([error.numpy() for error in torch.autograd.grad(loss, voltages)])


@typechecked
def nudge(network: RateRNN, trials: TrialBatch, bin: int, unit: int, by: float = 1e-5) -> float:
    """How the loss changes when a voltage of the first trial is pushed in one bin, for each unit of the push.

    Args:
        network: The network.
        trials: Trials whose targets are numbers.
        bin: Bin at whose end the voltage is pushed, from 0.
        unit: Unit that is pushed, from 0.
        by: Size of the push, up and down.

    Raises:
        ValueError: If there is no such bin or unit, or the push is not above 0.
    """
    for name, value, count in (("bin", bin, len(trials.inputs)), ("unit", unit, network.n_units)):
        if not 0 <= whole_number(name, value, minimum=0) < count:
            raise ArgumentError(f"{name} is {value}; allowed: 0 to {count - 1}.")
    if finite_number("by", by) <= 0:
        raise ArgumentError(f"by is {by:g}; it must be above 0.")
    with torch.no_grad():
        up, down = (float(_run(network, trials, {bin: (unit, push)})[0]) for push in (by, -by))
    return (up - down) / (2 * by)


def _run(network: RateRNN, trials: TrialBatch, pushes: dict[int, tuple[int, float]]) -> tuple[Tensor, list[Tensor]]:
    """The loss of some trials, and the voltages in every bin; pushes by their bin."""
    data = tensors(trials, network.recurrent)
    x, voltages = network.initial_state(trials.batch_size), []
    for t, u in enumerate(data.inputs):
        x = network.step(x, u)
        if t in pushes:
            unit, push = pushes[t]
            x = x + push * torch.eye(network.n_units).to(x)[unit] * torch.tensor([[1.0], [0.0]]).to(x)
        voltages.append(x)
    return task_loss(network.outputs(torch.stack(voltages)), data.targets, data.mask), voltages
