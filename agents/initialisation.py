"""Initial recurrent weights; W[i, j] is the synapse from unit j to unit i."""

import numpy as np
import torch
from torch import Tensor

from ..envs.names import check_name

INITIALISATIONS = ("gaussian", "spectral_radius", "orthogonal", "identity")


def dale_signs(n: int, fraction: float) -> Tensor:
    """Sign of each unit's outgoing synapses, (n,): the first ``fraction`` of the units excite, the others inhibit.

    Raises:
        ValueError: If the fraction is outside (0, 1), or leaves no unit on one side.
    """
    excitatory = round(n * fraction) if 0 < fraction < 1 else 0
    if not 0 < excitatory < n:
        raise ValueError(
            f"dale is {fraction!r} with {n} units; it is the excitatory fraction, inside (0, 1), "
            "with at least one excitatory and one inhibitory unit. Use dale=None to do without Dale's law."
        )
    return torch.where(torch.arange(n) < excitatory, 1.0, -1.0)


def existing_synapses(
    n: int, mask: np.ndarray | Tensor | None, density: float, self_connections: bool, generator: torch.Generator
) -> Tensor:
    """Which recurrent synapses exist, (N, N) of 0 and 1: those of the mask, or each with probability ``density``.

    Raises:
        ValueError: If the mask is no such mask, or comes with a density.
    """
    if mask is not None:
        exists = torch.as_tensor(mask).float()
        if exists.shape != (n, n) or not ((exists == 0) | (exists == 1)).all():
            raise ValueError(f"mask has shape {tuple(exists.shape)}; expected ({n}, {n}) of 0 and 1.")
        if density != 1:
            raise ValueError("give a mask or a density, not both.")
    elif density < 1:
        exists = (torch.rand(n, n, generator=generator) < density).float()
    else:
        exists = torch.ones(n, n)
    return exists if self_connections else exists * (1 - torch.eye(n))


def initial_weights(kind: str, gain: float, mask: Tensor, signs: Tensor | None, generator: torch.Generator) -> Tensor:
    """Draw recurrent weights within their mask.

    ``gaussian``: g N(0, 1) / sqrt(N p), p the density. ``spectral_radius``: gaussian, scaled until its largest
    eigenvalue has modulus g. ``orthogonal``: g Q. ``identity``: g I. Under Dale's law the magnitudes are |N(0, 1)|,
    inhibition is stronger by the ratio of excitatory to inhibitory units, so that both balance, and ``gaussian``
    then has the same mean square as without the law.

    Args:
        kind: One of ``gaussian``, ``spectral_radius``, ``orthogonal``, ``identity``.
        gain: The gain g.
        mask: Which synapses exist, (N, N) of 0 and 1.
        signs: Sign of each presynaptic unit, (N,), or None without Dale's law.
        generator: Source of randomness.

    Returns:
        Signed weights, (N, N).

    Raises:
        ValueError: If the kind is unknown or contradicts the mask or Dale's law.
    """
    check_name("initialisation", kind, INITIALISATIONS)
    n = len(mask)
    if kind in ("orthogonal", "identity") and (signs is not None or not mask.bool().all()):
        raise ValueError(
            f"init={kind!r} needs every synapse, of both signs: set self_connections=True, density=1, no mask and "
            "dale=None, or choose 'gaussian' or 'spectral_radius'."
        )
    if kind == "identity":
        return gain * torch.eye(n)
    normal = torch.randn(n, n, generator=generator)
    if kind == "orthogonal":
        q, r = torch.linalg.qr(normal)
        return gain * q * r.diagonal().sign()
    if signs is not None:
        excitatory = (signs > 0).sum()
        normal = normal.abs() * torch.where(signs > 0, 1.0, -excitatory / (n - excitatory))
        normal = normal / normal.square().mean().sqrt()
    weights = normal * mask
    if kind == "gaussian":
        return gain * weights / mask.sum(1).mean().clamp(min=1).sqrt()
    radius = torch.linalg.eigvals(weights.double()).abs().max().float()
    if radius < 1e-6:
        raise ValueError("init='spectral_radius' found a network without loops, whose eigenvalues are all 0.")
    return gain * weights / radius
