"""What a network is made of before it has weights: signs, synapses, chosen units, leaks."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from ...envs.numbers import finite_number
from ...envs.wording import short_text


def dale_signs(n: int, fraction: float) -> Tensor:
    """Sign of each unit's outgoing synapses, (n,): the first ``fraction`` of the units excite, the others inhibit.

    Raises:
        ValueError: If the fraction is outside (0, 1), or leaves no unit on one side.
    """
    excitatory = round(n * fraction) if 0 < finite_number("dale", fraction) < 1 else 0
    if not 0 < excitatory < n:
        raise ValueError(
            f"dale is {fraction!r} with {n} units; it is the excitatory fraction, inside (0, 1), "
            "with at least one excitatory and one inhibitory unit. Use dale=None for no Dale's law."
        )
    return torch.where(torch.arange(n) < excitatory, 1.0, -1.0)


def existing_synapses(
    n: int, mask: np.ndarray | Tensor | None, density: float, self_connections: bool, generator: torch.Generator
) -> Tensor:
    """Which recurrent synapses exist, (N, N) of 0 and 1: those of the mask, or each with probability ``density``.

    Raises:
        ValueError: If the density is no probability above 0, or the mask is no such mask or comes with a density.
    """
    if not 0 < finite_number("density", density) <= 1:
        raise ValueError(f"density is {density!r}; it is a probability in (0, 1].")
    if mask is not None:
        exists = torch.as_tensor(mask).to(torch.get_default_dtype(), copy=True)
        if exists.shape != (n, n) or not ((exists == 0) | (exists == 1)).all():
            raise ValueError(f"mask has shape {tuple(exists.shape)}; expected ({n}, {n}) of 0 and 1.")
        if density != 1:
            raise ValueError("give a mask or a density, not both.")
    elif density < 1:
        # In float32, so that a seed means the same network whatever the default precision.
        uniform = torch.rand(n, n, generator=generator, dtype=torch.float32)
        exists = (uniform < density).to(torch.get_default_dtype())
    else:
        exists = torch.ones(n, n)
    return exists if self_connections else exists * (1 - torch.eye(n))


def chosen_units(n: int, units: Sequence[int] | slice | None, name: str) -> Tensor:
    """1 for each unit that is chosen, else 0, (n,); None chooses all.

    Raises:
        ValueError: If a unit is not there, or none is chosen; ``name`` says what was chosen.
    """
    chosen = torch.zeros(n)
    try:
        chosen[slice(None) if units is None else units if isinstance(units, slice) else list(units)] = 1.0
    except (IndexError, TypeError) as error:
        raise ValueError(f"{name} is {units!r}; allowed: indices below {n}, or a slice.") from error
    if not chosen.any():
        raise ValueError(f"{name} is {units!r}; it chooses no unit.")
    return chosen


def lesioned_units(n: int, units: Sequence[int] | slice | np.ndarray) -> tuple[int, ...]:
    """The units of n that are chosen, by number, as a slice, or by a true value for each; in order.

    Raises:
        ValueError: If a unit does not exist.
    """
    chosen = np.arange(n)[units] if isinstance(units, slice) else np.asarray(units)
    if chosen.dtype == bool and chosen.shape == (n,):
        chosen = np.flatnonzero(chosen)
    if chosen.size and not (chosen.dtype.kind in "iu" and chosen.ndim == 1 and 0 <= chosen.min() <= chosen.max() < n):
        raise ValueError(f"units are {short_text(units)}; allowed: whole numbers from 0 to {n - 1}, or a slice.")
    return tuple(sorted(set(chosen.tolist())))


def unit_time_constants(n: int, tau: float | Sequence[float], dt: float) -> Tensor:
    """Time constants (ms) of n units, (n,), in double precision.

    Raises:
        ValueError: If they have another shape, or one is shorter than a bin of dt (ms).
    """
    try:
        taus = torch.as_tensor(tau, dtype=torch.float64)
    except (TypeError, ValueError, RuntimeError) as error:
        raise ValueError(f"tau is {tau!r}; give a number (ms), or one for each unit.") from error
    if taus.shape not in ((), (n,)):
        raise ValueError(f"tau has shape {tuple(taus.shape)}; give one number, or one for each of {n} units.")
    alpha = dt / taus
    if not torch.isfinite(alpha).all() or (alpha <= 0).any() or (alpha > 1).any():
        raise ValueError(f"dt is {dt!r} and tau {tau!r} ms; Euler's method needs 0 < dt <= tau for every unit.")
    return taus.expand(n).clone()
