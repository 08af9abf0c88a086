"""Dynamics near a state: Jacobians, and the modes they consist of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.linalg
import torch
from torch import Tensor

from ...envs.typechecked import typechecked
from .step_callable import Step, next_states

Product = Callable[[Tensor], Tensor]


@typechecked
def jacobians(step: Callable[[Tensor], Tensor], states: Tensor) -> Tensor:
    r"""Jacobians of a step at many states at once, :math:`J_{ij} = \partial\, step(h)_i / \partial h_j`.

    The same function gives derivatives with respect to inputs: hand it the inputs, and a callable that takes them.

    Args:
        step: (K, N) to (K, M), each row by itself, differentiable.
        states: (K, N).

    Returns:
        (K, M, N).

    Raises:
        ValueError: If states are not (K, N), or the step is not differentiable by torch.
    """
    if states.ndim != 2:
        raise ValueError(f"states have shape {tuple(states.shape)}; expected (K, N).")
    with torch.enable_grad():
        x = states.detach().requires_grad_()
        after = step(x)
        _check_differentiable(after.requires_grad)
        one = torch.eye(after.shape[-1], dtype=after.dtype, device=after.device)
        picks = one[:, None, :].expand(-1, len(x), -1)
        (rows,) = torch.autograd.grad(after, x, picks, is_grads_batched=True, allow_unused=True)
        _check_differentiable(rows is not None)
    return rows.transpose(0, 1)


@dataclass(frozen=True)
class Displacement:
    """How far a step leads, F(x) - x, and its derivative A = J - I.

    Attributes:
        step: The dynamics F, (K, N) to (K, N).
        jacobian: J as a function of the states, (K, N) to (K, N, N), where it is known; None leaves it to autograd.
    """

    step: Step
    jacobian: Callable[[Tensor], Tensor] | None = None

    def __call__(self, x: Tensor) -> Tensor:
        """F(x) - x, (K, N)."""
        return next_states(self.step, x) - x

    def products(self, x: Tensor) -> tuple[Product, Product]:
        """Two functions, v to A v and u to A^T u, (K, N) to (K, N), for which no matrix is made where none is known."""
        if self.jacobian is not None:
            a = self.matrices(x)
            return lambda v: (a @ v[..., None])[..., 0], lambda u: (u[:, None, :] @ a)[:, 0]
        with torch.enable_grad():
            x = x.detach().requires_grad_()
            after = self.step(x)
            _check_differentiable(after.requires_grad)
            u = torch.zeros_like(after, requires_grad=True)
            # J^T u is linear in u, so that its derivative with respect to u, along v, is J v.
            (back,) = torch.autograd.grad(after, x, u, create_graph=True, allow_unused=True)
            _check_differentiable(back is not None)

        def forward(v: Tensor) -> Tensor:
            return torch.autograd.grad(back, u, v, retain_graph=True)[0] - v

        def backward(e: Tensor) -> Tensor:
            return torch.autograd.grad(after, x, e, retain_graph=True)[0] - e

        return forward, backward

    def matrices(self, x: Tensor) -> Tensor:
        """A, (K, N, N).

        Raises:
            ValueError: If the Jacobian that was given is no tensor (K, N, N) of the states' type.
        """
        if self.jacobian is None:
            j = jacobians(self.step, x)
        else:
            j = self.jacobian(x).detach()
            if j.shape != (*x.shape, x.shape[-1]) or j.dtype != x.dtype:
                raise ValueError(
                    f"jacobian returned {tuple(j.shape)} of {j.dtype} for states {tuple(x.shape)}; expected "
                    f"{(*x.shape, x.shape[-1])} of {x.dtype}."
                )
        return j - torch.eye(x.shape[-1], dtype=x.dtype, device=x.device)


def modes(jacobian: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    r"""Eigenvalues of a Jacobian with their right and left eigenvectors, :math:`J r = \lambda r, \; l J = \lambda l`.

    Args:
        jacobian: J, (N, N).

    Returns:
        Eigenvalues, (N,), from the largest modulus down; right eigenvectors of length one as columns, (N, N); left
        ones as rows, (N, N), scaled to :math:`l_i r_i = 1`, NaN where that is impossible because the matrix is
        defective. All are NaN if the matrix is not finite.
    """
    n = len(jacobian)
    if not np.isfinite(jacobian).all():
        return np.full(n, np.nan, complex), np.full((n, n), np.nan, complex), np.full((n, n), np.nan, complex)
    found = scipy.linalg.eig(jacobian, left=True)
    values, left, right = (np.asarray(part, dtype=complex) for part in found)
    order = np.lexsort((-values.imag, -values.real, -np.abs(values).round(12)))
    values, left, right = values[order], left[:, order].conj().T, right[:, order]
    overlap = np.einsum("in,ni->i", left, right)
    left[np.abs(overlap) < 1e-14] = np.nan
    return values, right, np.divide(left, overlap[:, None], out=left, where=np.isfinite(left))


def time_constants(eigenvalues: np.ndarray, dt: float) -> np.ndarray:
    r"""Time in which a mode of discrete dynamics falls to 1/e, :math:`-dt / \log|\lambda|`, in the unit of dt.

    It is negative for a mode that grows, infinite for one that stays, and 0 for one that is gone after a step.
    """
    with np.errstate(divide="ignore"):
        rate = np.log(np.abs(eigenvalues))
        return np.where(rate == 0, np.inf, -dt / rate)


def frequencies(eigenvalues: np.ndarray, dt: float) -> np.ndarray:
    r"""Frequency of a mode, :math:`|\arg\lambda| / 2\pi\,dt` (Hz), for dt in ms."""
    return np.abs(np.angle(eigenvalues)) / (2 * np.pi * dt / 1000)


def _check_differentiable(is_so: bool) -> None:
    if not is_so:
        raise ValueError(
            "step is not differentiable by torch: its result depends on no state that has a gradient (torch.no_grad, "
            "numpy inside?). Mend it, or give the Jacobian as a callable, (K, N) to (K, N, N)."
        )
