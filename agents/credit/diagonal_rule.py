"""What rules share whose traces stay at their synapse: two faster forms of the same steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Generator, Tensor

from ..network.rate_rnn import RateRNN
from ..network.scan import Credit
from .bins import no_traces
from .credit_rule import CreditRule
from .diagonal_traces import DiagonalTraces, SharedTraces
from .every_bin import Steps
from .loops.assigning import assign_backwards, assigns_on_loops
from .memory import Memory
from .trials import Assignment, Trials


@dataclass(eq=False, repr=False, kw_only=True)
class DiagonalRule(CreditRule[Tensor]):
    r"""A rule with a trace at each synapse that decays by what is left of the state of its own unit.

    .. math:: P_{ij}(t) = \lambda_i(t)\, P_{ij}(t-1) + d_i(t)\, p_j(t), \qquad G_{ij}(t) = L_i(t)\, P_{ij}(t)

    Two forms are faster than its steps and give the same. In every bin the traces are changed in place. After a trial
    they are not needed: with one scan back in time, of the size B N instead of B N^2,

    .. math:: \sum_t L_i(t)\, P_{ij}(t) = \sum_s M_i(s)\, d_i(s)\, p_j(s), \qquad
        M_i(s) = L_i(s) + \lambda_i(s+1)\, M_i(s+1)

    Attributes:
        decay: What :math:`\lambda` is: ``"none"``, what the unit keeps of itself, :math:`1 - \alpha_i`; ``"diag"``, the
            diagonal of the Jacobian.
    """

    decay: ClassVar[Credit] = "none"
    largest_loop: ClassVar[int] = 1024

    def begin(self, network: RateRNN, batch_size: int, memory: Memory, generator: Generator | None) -> Tensor:
        """No traces before the first bin."""
        return no_traces(network, batch_size)

    def steps(self, network: RateRNN, batch_size: int, memory: Memory, generator: Generator | None) -> Steps:
        """Fast path in every bin: the same steps, in place."""
        if self.decay == "none" and SharedTraces.suit(network):
            return SharedTraces(network, batch_size)
        return DiagonalTraces(network, batch_size, own_synapse=self.decay == "diag")

    def assign(self, trials: Trials) -> Assignment:
        """Fast path after trials: the same sum, backwards in time."""
        if assigns_on_loops(self, trials):
            return assign_backwards(self, trials, own_synapse=self.decay == "diag")
        return summed_backwards(trials, self.decay)


def summed_backwards(trials: Trials, decay: Credit, readout_filter: float = 0.0) -> Assignment:
    r"""What diagonal traces add up to over trials, without the traces.

    A filter of the traces becomes one of errors, backwards: :math:`\bar L(t) = L(t) + \kappa\, \bar L(t+1)`.
    """
    network, names = trials.network, ("recurrent", "input", "bias", "readout", "readout_bias")
    feedback, names = (None, names[:3]) if readout_filter else (trials.feedback, names)
    trajectory = network(trials.inputs, generator=trials.generator, credit=decay, feedback=feedback)
    learned = {name: getattr(network, name) for name in names if getattr(network, name).requires_grad}
    if not learned:
        return Assignment({}, trajectory.rates, trajectory.outputs, {})
    of, signal = trials.errors.loss(trajectory.outputs).sum(), None
    if readout_filter:
        of, signal = trajectory.rates, trials.errors.of(trajectory.outputs.detach()) @ trials.feedback
        for t in range(len(signal) - 2, -1, -1):
            signal[t].add_(signal[t + 1], alpha=readout_filter)
    gradients = torch.autograd.grad(of, [*learned.values()], signal)
    of_parameters = dict(zip(learned, gradients, strict=True))
    return Assignment(of_parameters, trajectory.rates, trajectory.outputs, {})
