"""How fast small differences grow or decay along a trajectory."""

from __future__ import annotations

import numpy as np
import torch

from ...envs.typechecked import typechecked
from .arrays import AnyArray
from .linearisation import Displacement
from .step_callable import Step, check_step, checked_states, next_states


@torch.no_grad()
@typechecked
def lyapunov_exponents(
    step: Step,
    h0: AnyArray,
    n_steps: int,
    *,
    dt: float,
    n_exponents: int | None = None,
    skip: int = 0,
    seed: int = 0,
) -> np.ndarray:
    r"""Lyapunov exponents of discrete dynamics, from the largest down.

    k differences are followed along the trajectory from h0 and made orthonormal again after each step:

    .. math:: Q_t R_t = J_t Q_{t-1}, \qquad \lambda_i = \frac{1}{n\,dt} \sum_{t} \log |R_{t,ii}|

    An exponent of -10 per second forgets with a time constant of 100 ms; a positive one is the mark of chaos.

    Args:
        step: The dynamics in double precision: states (K, N) to the next states (K, N), differentiable.
        h0: First state, (N,); or several, (B, N), followed side by side.
        n_steps: Number n of steps over which exponents are taken.
        dt: Duration of a step (ms).
        n_exponents: Number k of exponents; None for all N.
        skip: Steps before these, in which the state reaches its attractor and differences turn to where they grow.
        seed: Seed of the first differences.

    Returns:
        Exponents (per second), (k,); for several first states (B, k). A direction that is gone within a step has
        minus infinity; a state that leaves all bounds makes NaN.

    Raises:
        ValueError: If h0 is not finite, the step fails on it or changes its shape, or a number makes no sense.

    Source: Benettin et al. 1980, doi:10.1007/BF02128237.
    """
    first = checked_states("h0", h0, "(N,) or (B, N)", (1, 2))
    several, h = first.ndim == 2, first.reshape(-1, first.shape[-1])
    n_starts, n_units = h.shape
    k = n_units if n_exponents is None else n_exponents
    for name, value, minimum in (("n_steps", n_steps, 1), ("n_exponents", k, 1), ("skip", skip, 0)):
        if value != int(value) or value < minimum:
            raise ValueError(f"{name} is {value!r}; it must be a whole number, {minimum} or more.")
    if k > n_units:
        raise ValueError(f"n_exponents is {k}; there are {n_units} units.")
    if not dt > 0:
        raise ValueError(f"dt is {dt!r}; it must be positive.")
    if n_starts:
        check_step(step, h)
    generator = torch.Generator().manual_seed(seed)
    differences = torch.randn(n_starts, n_units, k, dtype=h.dtype, generator=generator).to(h.device)
    # Row i of a start is its state, and beside it its i-th difference.
    q = torch.linalg.qr(differences).Q.mT
    h = h.repeat_interleave(k, dim=0)
    total = torch.zeros(n_starts, k, dtype=h.dtype, device=h.device)
    for t in range(skip + n_steps):
        forward, _ = Displacement(step).products(h)
        moved = q.reshape(-1, n_units)
        moved = moved + forward(moved)
        h = next_states(step, h)
        columns, r = torch.linalg.qr(moved.reshape(n_starts, k, n_units).mT)
        q = columns.mT
        if t >= skip:
            total += r.diagonal(dim1=1, dim2=2).abs().log()
    exponents = (total / (n_steps * dt / 1000)).sort(dim=1, descending=True).values.cpu().numpy()
    return exponents if several else exponents[0]
