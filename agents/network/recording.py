"""Recordings of a network for analyses of its dynamics: states in trials, and the step at a constant input."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from ...envs.trial import TrialBatch
from ...envs.typechecked import typechecked
from .rate_rnn import RateRNN


@typechecked
@torch.no_grad()
def states_in_trials(network: RateRNN, batch: TrialBatch) -> np.ndarray:
    """States of a network in trials, without noise in its units.

    A state is what the network carries from bin to bin: the voltage x where the voltage leaks, which does not
    follow from rates :math:`r = f(x)`, and the rate itself where that leaks.

    Args:
        network: The network, in either precision; it runs in double precision, as fixed points are searched for.
        batch: The trials, such as ``task.sample(64, seed=1)`` or those of an evaluation.

    Returns:
        States, (T, B, N), in double precision; ``network.rates`` makes rates of them.

    Raises:
        ValueError: If the trials have other input channels than the network.
    """
    return states_of(_in_double_precision(network), batch.inputs).numpy()


@typechecked
def step_at(network: RateRNN, inputs: Sequence[float] | np.ndarray | Tensor) -> Callable[[Tensor], Tensor]:
    """The step of a network while one input is held, as analyses of dynamics take it.

    Args:
        network: The network as it is now, in either precision; training it later does not change the step.
        inputs: The input u, (n_in,).

    Returns:
        A function from states (K, N) to the next states (K, N), without noise, in double precision on the CPU: for
        :func:`~cogdyn.agents.dynamics.fixed_points`, with the states of :func:`states_in_trials` as candidates.

    Raises:
        ValueError: If the input is not one finite number for each channel.
    """
    u = torch.as_tensor(inputs).detach().to("cpu", torch.float64)
    if u.shape != (network.n_inputs,) or not torch.isfinite(u).all():
        raise ValueError(f"inputs have shape {tuple(u.shape)}; expected {network.n_inputs} finite numbers, (n_in,).")
    exact = _in_double_precision(network)
    return lambda h: exact.step(h, u.expand(len(h), -1))


@torch.no_grad()
def states_of(network: RateRNN, inputs: np.ndarray) -> Tensor:
    """States (T, B, N) that inputs (T, B, n_in) drive a network through, without noise in its units."""
    h, states = network.initial_state(inputs.shape[1]), []
    for u in torch.as_tensor(inputs).to(network.recurrent):
        h = network.step(h, u)
        states.append(h)
    return torch.stack(states)


@torch.no_grad()
def outputs_of(network: RateRNN, inputs: np.ndarray) -> np.ndarray:
    """Outputs (T, B, n_out) for inputs (T, B, n_in), without noise in the units."""
    return network(torch.as_tensor(inputs).to(network.recurrent), noise=0).outputs.numpy()


def _in_double_precision(network: RateRNN) -> RateRNN:
    return copy.deepcopy(network).to("cpu", torch.float64).requires_grad_(False)
