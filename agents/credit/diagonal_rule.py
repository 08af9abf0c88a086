"""What rules share whose traces stay at their synapse: two faster forms of the same steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from ..network.rate_rnn import RateRNN
from ..network.scan import Credit
from ..network.trajectory import Trajectory
from .bins import no_traces
from .credit_rule import CreditRule
from .diagonal_traces import DiagonalTraces, SharedTraces
from .every_bin import Steps
from .memory import Memory
from .output_error import OutputError


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

    def begin(self, network: RateRNN, batch_size: int, memory: Memory, generator: torch.Generator | None) -> Tensor:
        """No traces before the first bin."""
        return no_traces(network, batch_size)

    def steps(self, network: RateRNN, batch_size: int, memory: Memory, generator: torch.Generator | None) -> Steps:
        """The same steps, in place."""
        if self.decay == "none" and SharedTraces.suit(network):
            return SharedTraces(network, batch_size)
        return DiagonalTraces(network, batch_size, own_synapse=self.decay == "diag")

    def assign(
        self,
        network: RateRNN,
        inputs: Tensor,
        errors: OutputError,
        memory: Memory,
        generator: torch.Generator | None,
    ) -> tuple[dict[str, Tensor], Trajectory, Memory]:
        """The same sum, backwards in time."""
        return summed_backwards(network, inputs, errors, self.feedback_weights.of(network), self.decay, generator)


def summed_backwards(
    network: RateRNN,
    inputs: Tensor,
    errors: OutputError,
    feedback: Tensor,
    decay: Credit,
    generator: torch.Generator | None,
) -> tuple[dict[str, Tensor], Trajectory, Memory]:
    """What diagonal traces add up to over trials (T, B, n_in), without the traces; what the network did; no memory."""
    trajectory = network(inputs, generator=generator, credit=decay, feedback=feedback)
    names = ("recurrent", "input", "bias", "readout", "readout_bias")
    learned = [name for name in names if getattr(network, name).requires_grad]
    if not learned:
        return {}, trajectory, {}
    loss = errors.loss(trajectory.outputs).sum()
    gradients = torch.autograd.grad(loss, [getattr(network, name) for name in learned])
    return dict(zip(learned, gradients, strict=True)), trajectory, {}
