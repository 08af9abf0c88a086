"""Velocities on a plane through state space."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from ...envs.typechecked import typechecked
from .arrays import AnyArray, as_array
from .shapes import shapes_repr
from .step_callable import Step, check_step, checked_states, next_states


@dataclass(frozen=True)
class FlowField:
    """The flow on a grid of states ``origin + x * axes[0] + y * axes[1]``.

    Attributes:
        x: Coordinates along the first axis, (n_x,).
        y: Coordinates along the second axis, (n_y,).
        velocity: What of the velocity lies in the plane, as rates of change of x and y, (n_y, n_x, 2), per step, or
            per second if dt was given.
        speed: Length of the whole velocity, in all of state space, (n_y, n_x), in the same unit.
        in_plane: Fraction of the squared velocity that lies in the plane, (n_y, n_x), 1 where nothing moves: where it
            is small, arrows say little.
        origin: (N,).
        axes: (2, N).
    """

    x: np.ndarray
    y: np.ndarray
    velocity: np.ndarray
    speed: np.ndarray
    in_plane: np.ndarray
    origin: np.ndarray
    axes: np.ndarray

    __repr__ = shapes_repr

    def project(self, states: AnyArray) -> np.ndarray:
        """Coordinates x and y of the points of the plane that are nearest to states, (..., N) to (..., 2)."""
        return (as_array("states", states) - self.origin) @ np.linalg.pinv(self.axes)


@typechecked
def flow_field(
    step: Step,
    origin: AnyArray,
    axes: AnyArray,
    extent: float | tuple[float, float, float, float],
    n: int | tuple[int, int] = 20,
    *,
    dt: float | None = None,
) -> FlowField:
    r"""Velocities :math:`F(x) - x` on a grid in the plane that two axes span.

    Args:
        step: F at a constant input, in double precision: states (K, N) to the next states (K, N).
        origin: A state in the plane, (N,), such as a fixed point.
        axes: The two directions, (2, N), of any length and angle; principal components or modes, for example.
        extent: Where the grid begins and ends along the axes, (x_min, x_max, y_min, y_max), in their lengths; one
            number a is short for (-a, a, -a, a).
        n: Number of grid points along each axis, or along the first and the second.
        dt: Duration of a step (ms); velocities are then per second.

    Raises:
        ValueError: If origin and axes do not fit together, the axes span no plane, the extent or the number of points
            makes no sense, or the step fails or changes the shape of states.

    Source: Strogatz 2015, Nonlinear Dynamics and Chaos, ISBN 978-0-8133-4910-7, chapter 6.
    """
    start, directions = checked_states("origin", origin, "(N,)", (1,)), checked_states("axes", axes, "(2, N)", (2,))
    if directions.shape != (2, len(start)):
        raise ValueError(f"axes have shape {tuple(directions.shape)}; expected (2, {len(start)}), as origin has.")
    lengths = torch.linalg.svdvals(directions)
    if not lengths[1] > 1e-10 * lengths[0]:
        raise ValueError("axes span no plane: one is zero, or a multiple of the other.")
    a = np.broadcast_to(np.asarray(extent, float), (1,)) if np.ndim(extent) == 0 else np.asarray(extent, float)
    x0, x1, y0, y1 = (-a[0], a[0], -a[0], a[0]) if len(a) == 1 else a if len(a) == 4 else (np.nan,) * 4
    if not (x0 < x1 and y0 < y1 and np.isfinite([x0, x1, y0, y1]).all()):
        raise ValueError(f"extent is {extent!r}; expected a positive number or (x_min, x_max, y_min, y_max).")
    n_x, n_y = (n, n) if isinstance(n, int) else n
    if n_x < 2 or n_y < 2:
        raise ValueError(f"n is {n!r}; a grid has 2 points or more along each axis.")
    if dt is not None and not dt > 0:
        raise ValueError(f"dt is {dt!r}; it must be positive.")
    x, y = np.linspace(x0, x1, n_x), np.linspace(y0, y1, n_y)
    grid = torch.from_numpy(np.stack(np.meshgrid(x, y), axis=-1)).to(directions)
    states = (start + grid @ directions).reshape(-1, len(start))
    check_step(step, states)
    flow = (next_states(step, states) - states).reshape(n_y, n_x, -1) / (1 if dt is None else dt / 1000)
    velocity = flow @ torch.linalg.pinv(directions)
    whole, within = (v.square().sum(dim=-1) for v in (flow, velocity @ directions))
    return FlowField(
        x=x,
        y=y,
        velocity=velocity.cpu().numpy(),
        speed=whole.sqrt().cpu().numpy(),
        in_plane=torch.where(whole > 0, within / whole, 1.0).cpu().numpy(),
        origin=start.cpu().numpy(),
        axes=directions.cpu().numpy(),
    )
