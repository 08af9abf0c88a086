"""Backpropagation through a limited time."""

import torch
from torch import Generator, Tensor

from ...envs.durations import in_bins
from ...envs.trial import TrialBatch
from ..credit import LossRule, Trajectory, learning_rule, number, tensors
from ..network.protocol import Network, first_parameter


@learning_rule
class TruncatedBPTT(LossRule):
    r"""Backpropagation within windows of a trial, none of which learns what its end did to the next.

    .. math:: \nabla = \sum_k \frac{\partial}{\partial \theta} \sum_{t \in \text{window}\ k} \ell(t)
        \quad \text{with the state at the start of each window held fixed}

    The windows follow each other without overlap, from the first bin on; this is efficient backpropagation through time
    in the words of the source. With windows as long as the trial it is the exact gradient.

    Args:
        window_ms: Duration of a window (ms).

    Raises:
        ValueError: If window_ms is not positive, or no whole number of bins, or an argument is out of its range.

    Source: Williams & Peng 1990, doi:10.1162/neco.1990.2.4.490; Marschall, Cho & Savin 2020, arXiv:1907.02649.
    """

    window_ms: float = number(200.0, above=0)

    def loss(self, network: Network, batch: TrialBatch, generator: Generator | None = None) -> Tensor:
        """The loss of a batch, a scalar, whose errors end at the start of each window; the generator draws the noise.

        Raises:
            ValueError: If a window is no whole number of bins.
        """
        data = tensors(batch, first_parameter(network))
        windows: list[Trajectory] = []
        for inputs in data.inputs.split(in_bins(self.window_ms, network.dt, "window_ms")):
            state = windows[-1].state.detach() if windows else None
            windows.append(network(inputs, state, generator=generator))
        outputs = torch.cat([window.outputs for window in windows])
        trial = Trajectory([window.rates for window in windows], outputs, windows[-1].state)
        return self.objective(network, trial, data)
