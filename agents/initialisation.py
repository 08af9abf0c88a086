"""Initial recurrent weights; W[i, j] is the synapse from unit j to unit i."""

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
