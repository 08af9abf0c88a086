"""Initial weights: one recipe for each name; W[i, j] is the synapse from unit j to unit i."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from ...envs.names import check_name


def gaussian(gain: float, mask: Tensor, signs: Tensor | None, generator: Generator) -> Tensor:
    """Normal weights, g N(0, 1) / sqrt(N p), p the density.

    Under Dale's law the magnitudes are :math:`|N(0, 1)|`, inhibition is stronger by the ratio of excitatory to
    inhibitory units, so that both balance on average, and the mean square is the same as without the law.
    """
    return gain * _normal(mask, signs, generator) / mask.sum(1).mean().clamp(min=1).sqrt()


def spectral_radius(gain: float, mask: Tensor, signs: Tensor | None, generator: Generator) -> Tensor:
    """Weights as in ``gaussian``, scaled until its largest eigenvalue has modulus g."""
    return _scaled("spectral_radius", gain, _normal(mask, signs, generator))


def orthogonal(gain: float, mask: Tensor, signs: Tensor | None, generator: Generator) -> Tensor:
    """An orthogonal matrix, uniformly distributed, times g."""
    _needs_every_synapse("orthogonal", mask, signs)
    q, r = torch.linalg.qr(_draw(mask.shape, generator))
    return gain * q * r.diagonal().sign()


def identity(gain: float, mask: Tensor, signs: Tensor | None, generator: Generator) -> Tensor:
    """The identity times g.

    Source: Le, Jaitly & Hinton 2015, arXiv:1504.00941.
    """
    _needs_every_synapse("identity", mask, signs)
    return gain * torch.eye(len(mask))


def balanced(gain: float, mask: Tensor, signs: Tensor | None, generator: Generator) -> Tensor:
    r"""Dale's law with the spectrum of a network without it: eigenvalues fill a disk of radius g, with no outlier.

    Magnitudes are :math:`|N(0, 1)|`. The inhibition of each unit is scaled until it cancels its excitation, so
    :math:`W 1 = 0` and the mean of the columns adds no eigenvalue outside the disk; then W is scaled until its largest
    eigenvalue has modulus g. For many units the radius is :math:`\sqrt{N_E \sigma_E^2 + N_I \sigma_I^2}`, with the
    variances of excitatory and inhibitory synapses. Where self-connections are missing, the disk is shifted by the
    mean inhibition that they would have had, of order :math:`g / \sqrt{N_I}`. Singular values are not matched: a
    pattern of more excitation and less inhibition is amplified before it decays, as in every network of two signs.

    Source: Rajan & Abbott 2006, doi:10.1103/PhysRevLett.97.188104. That the initial spectrum matters for learning:
    Li, Cornford, Ghosh & Richards 2023, "Learning better with Dale's law: a spectral perspective", NeurIPS 36.
    """
    if signs is None:
        raise ValueError("init='balanced' balances excitation and inhibition: set dale, or choose 'gaussian'.")
    sizes = _draw(mask.shape, generator).abs() * mask
    excitation, inhibition = sizes[:, signs > 0].sum(1), sizes[:, signs < 0].sum(1)
    if not (excitation.all() and inhibition.all()):
        raise ValueError("init='balanced' needs an excitatory and an inhibitory synapse onto every unit.")
    return _scaled("balanced", gain, sizes * torch.where(signs > 0, 1.0, -(excitation / inhibition)[:, None]))


def soo2023(gain: float, mask: Tensor, signs: Tensor | None, generator: Generator) -> Tensor:
    """Small weights, g N(0, 1) / N, of spectral radius g / sqrt(N): next to none for the gain 1 of the source.

    Under Dale's law the magnitudes are the same and nothing is balanced. Input and readout weights and biases are
    N(0, 1), whatever the number of channels and units.

    Source: the code of Soo, Goudar & Wang 2023, "Training biologically plausible recurrent neural networks on
    cognitive tasks with long-term dependencies", NeurIPS 36.
    """
    normal = _draw(mask.shape, generator)
    return gain * (normal if signs is None else normal.abs() * signs) * mask / len(mask)


def slow_mode(gain: float, mask: Tensor, signs: Tensor | None, generator: Generator) -> Tensor:
    r"""Self-excitation, g I + N(0, 1) / N: every unit forgets with about :math:`\tau / (1 - g)` instead of tau.

    This holds for either leak, where the slope of the activation is 1; the random part makes some modes slower still,
    or lets them grow. It is prior knowledge: a network that begins so has the memory that others have to learn.
    Biases are 0.1, which keeps rectified units at work, input and readout weights 0.2 N(0, 1).

    Under Dale's law the excitatory units alone excite themselves, and the random part is as large, its inhibition
    stronger by the ratio of excitatory to inhibitory units, so that both balance on average.
    """
    loops = mask.diagonal() if signs is None else mask.diagonal()[signs > 0]
    if not loops.all():
        raise ValueError(
            "init='slow_mode' lets units excite themselves: set self_connections=True, with no density and no mask "
            "that takes self-connections away."
        )
    random = _draw(mask.shape, generator) if signs is None else _normal(torch.ones_like(mask), signs, generator)
    excites = torch.ones(len(mask)) if signs is None else (signs > 0).to(mask)
    # Inhibitory units have synapses to themselves as to all others.
    return (gain * excites.diag() + random / len(mask)) * mask


@dataclass(frozen=True)
class Recipe:
    """How the weights of a new network are drawn.

    Attributes:
        recurrent: ``recurrent(gain, mask, signs, generator)`` draws W (N, N) within a mask (N, N) of 0 and 1 and with
            the signs (N,) of Dale's law, None without it. It raises ValueError where it contradicts them.
        gain: Gain g of W when none is asked for; None for that of the activation.
        input: Standard deviation of input weights, times sqrt(n_in) where fan-in counts.
        readout: Standard deviation of readout weights, times sqrt(N) where fan-in counts.
        fan_in: Whether input and readout weights are divided by the square root of the number of senders.
        bias: Mean of the biases.
        bias_std: Their standard deviation.
    """

    recurrent: Callable[[float, Tensor, Tensor | None, Generator], Tensor]
    gain: float | None = None
    input: float = 1.0
    readout: float = 0.5
    fan_in: bool = True
    bias: float = 0.0
    bias_std: float = 0.0

    def input_weights(self, n: int, n_inputs: int, generator: Generator) -> Tensor:
        """Draw input weights, (N, n_in)."""
        return self.input * _draw((n, n_inputs), generator) / self._senders(n_inputs)

    def readout_weights(self, n_outputs: int, n: int, generator: Generator) -> Tensor:
        """Draw readout weights, (n_out, N)."""
        return self.readout * _draw((n_outputs, n), generator) / self._senders(n)

    def biases(self, n: int, generator: Generator) -> Tensor:
        """Draw biases, (N,)."""
        mean = torch.full((n,), self.bias)
        return mean + self.bias_std * _draw((n,), generator) if self.bias_std else mean

    def _senders(self, n: int) -> float:
        return math.sqrt(n) if self.fan_in else 1.0


INITIALISATIONS = {
    "gaussian": Recipe(gaussian),
    "spectral_radius": Recipe(spectral_radius),
    "orthogonal": Recipe(orthogonal),
    "identity": Recipe(identity),
    "balanced": Recipe(balanced),
    "soo2023": Recipe(soo2023, gain=1.0, input=1.0, readout=1.0, fan_in=False, bias_std=1.0),
    "slow_mode": Recipe(slow_mode, gain=0.8, input=0.2, readout=0.2, fan_in=False, bias=0.1),
}


def initialisation(name: str) -> Recipe:
    """Return the recipe of that name.

    Raises:
        ValueError: If the name is unknown.
    """
    return INITIALISATIONS[check_name("initialisation", name, INITIALISATIONS)]


def _draw(shape: Sequence[int], generator: Generator) -> Tensor:
    """Standard normal numbers, drawn in float32: a seed means the same network whatever the default precision."""
    return torch.randn(shape, generator=generator, dtype=torch.float32).to(torch.get_default_dtype())


def _normal(mask: Tensor, signs: Tensor | None, generator: Generator) -> Tensor:
    normal = _draw(mask.shape, generator)
    if signs is not None:
        excitatory = (signs > 0).sum()
        normal = normal.abs() * torch.where(signs > 0, 1.0, -excitatory / (len(mask) - excitatory))
        normal = normal / normal.square().mean().sqrt()
    return normal * mask


def _scaled(name: str, gain: float, weights: Tensor) -> Tensor:
    radius = torch.linalg.eigvals(weights.double()).abs().max().to(weights)
    if radius < 1e-6:
        raise ValueError(f"init={name!r} found a network without loops, whose eigenvalues are all 0.")
    return gain * weights / radius


def _needs_every_synapse(name: str, mask: Tensor, signs: Tensor | None) -> None:
    if signs is not None or not mask.bool().all():
        raise ValueError(
            f"init={name!r} needs every synapse, of both signs: set self_connections=True, density=1, no mask and "
            "dale=None, or choose 'gaussian' or 'spectral_radius'."
        )
