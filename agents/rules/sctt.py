"""Skip connections through time."""

from collections.abc import Sequence

from torch import Tensor

from ..credit import BridgedRule, Join, RateRNN, Start, learning_rule


@learning_rule
class SCTT(BridgedRule):
    r"""BPTT through a network whose state skips time, at the end of each block of :math:`\theta` bins.

    .. math:: h \leftarrow (1 - \beta)\, h_0 + \beta\, E^\theta(h_0)

    :math:`h_0` is the state at its start and :math:`E^\theta` are its own dynamics. An error finds a path of gain
    :math:`1 - \beta` through each block, however the dynamics forget. :math:`\beta` is annealed to 1, where the
    network is plain; it is evaluated plain at all times.

    Source: Soo, Goudar & Wang 2023, NeurIPS 36, https://openreview.net/forum?id=O453PHSthc; the default schedule is
    theirs for rule reversal.
    """

    schedule: Sequence[float] = (0.8, 0.82, 0.84, 0.86, 0.88, 0.9, 0.92, 0.94, 0.96, 0.98, 1.0)

    def bridge(self, beta: float, theta: int, network: RateRNN) -> Join:
        """The state at the end of a block, mixed with that at its start."""

        def skip(start: Start, end: Tensor) -> Tensor:
            h_0, E_h_0 = start.state, end
            return (1 - beta) * h_0 + beta * E_h_0

        return skip
