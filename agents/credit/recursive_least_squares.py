"""Least squares, solved again with every bin."""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor

from ..network.rate_rnn import RateRNN


@final
class RecursiveLeastSquares:
    r"""Weights that are at every moment those of least squared error over all that was seen so far.

    With the rates R (B, N) of the trials in a bin, and the error E = R w^T - f of the weights w before it,

    .. math:: K = P R^T (I + R P R^T)^{-1}, \qquad P \leftarrow P - K R P, \qquad w \leftarrow w - (K E)^T

    P is the inverse of :math:`a I + \sum R^T R`, so w minimises :math:`\sum |R w^T - f|^2 + a |w - w_0|^2`. A block of
    B trials does exactly what B trials would, one after the other. It is done in double precision, since differences
    of nearly equal numbers are taken.

    Args:
        network: The network whose rates will be seen, or an ensemble of S, which has a P for each.
        regularisation: a: how strongly weights are held where they began.

    Attributes:
        P: (N, N) or (S, N, N).
    """

    def __init__(self, network: RateRNN, regularisation: float):
        n, like = network.n_units, network.recurrent
        identity = torch.eye(n, dtype=torch.float64, device=like.device) / regularisation
        self.P = identity.expand(*like.shape[:-2], n, n).clone()

    def change(self, rates: Tensor, error: Tensor, weight: Tensor) -> Tensor:
        """Take in a bin.

        Args:
            rates: R, (B, N) or (S, B, N).
            error: E, of k outputs, (B, k) or (S, B, k).
            weight: How much each trial counts, (B,): its squared error is multiplied by it.

        Returns:
            (K E)^T, to be taken from the weights, (k, N) or (S, k, N).
        """
        root = weight.double().sqrt()[:, None]
        seen = root * rates.double()
        spread = seen @ self.P
        among = torch.eye(len(weight), dtype=seen.dtype, device=seen.device) + spread @ seen.mT
        gain = torch.linalg.solve(among, spread)
        self.P = self.P - spread.mT @ gain
        return ((root * error.double()).mT @ gain).to(rates.dtype)
