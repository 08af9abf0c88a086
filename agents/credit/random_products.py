"""What rules share that follow the influence of all synapses as a random product, which is right on average."""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Generator, Tensor

from ..network.rate_rnn import RateRNN
from .credit_rule import CreditRule
from .memory import Memory
from .reads import JACOBIAN


class Product(NamedTuple):
    """X and Y, whose product is the influence on average."""

    X: Tensor
    Y: Tensor


@dataclass(eq=False, repr=False, kw_only=True)
class RandomProductRule(CreditRule[Product]):
    """A rule whose state is a random product of X, (B, N), and Y, (B, N, N + n_in + 1)."""

    reads = (*JACOBIAN, "senders of others")

    def begin(self, network: RateRNN, batch_size: int, memory: Memory, generator: Generator | None) -> Product:
        """A random product before the first bin; X and Y are independent with mean 0, so it is 0 on average."""
        n, like = network.n_units, network.recurrent
        X = normal(like, batch_size, n, generator=generator)
        return product(network, X, normal(like, batch_size, n, n + network.n_inputs + 1, generator=generator))

    def signs(self, network: RateRNN) -> int:
        """How many signs are drawn for each trial and bin: one for each unit."""
        return network.n_units

    def draws(self, network: RateRNN, n_bins: int, batch_size: int, generator: Generator | None) -> Tensor:
        """The signs of all bins, (T, B, k)."""
        like = network.recurrent.new_empty(batch_size, self.signs(network))
        return torch.stack([random_signs(like, generator) for _ in range(n_bins)])


def product(network: RateRNN, X: Tensor, Y: Tensor) -> Product:
    """X and Y, or of an ensemble the same for each network."""
    several = network.recurrent.shape[:-2]
    return Product(*(part.expand(*several, *part.shape).clone() for part in (X, Y)))


def random_signs(like: Tensor, generator: Generator | None) -> Tensor:
    """1 or -1 with even chances, in the shape of (B, k); all networks of an ensemble get the same."""
    signs = torch.randint(0, 2, like.shape[-2:], generator=generator, device=like.device)
    return (2 * signs - 1).to(like.dtype)


def normal(like: Tensor, *shape: int, generator: Generator | None) -> Tensor:
    """Standard normal numbers of the type of a tensor."""
    return torch.randn(shape, generator=generator, dtype=like.dtype, device=like.device)


def norm(values: Tensor, n_axes: int) -> Tensor:
    """Euclidean norm over the last axes, for each trial, (B, 1)."""
    return torch.linalg.vector_norm(values.flatten(-n_axes), dim=-1, keepdim=True)


def balance(of: Tensor, by: Tensor) -> Tensor:
    """The factor by which two parts of a random product are made equally long: sqrt(|of| / |by|), never 0."""
    return ((of + 1e-12) / (by + 1e-12)).sqrt()
