"""A plane through a network's state space, drawn in the reader's browser: its flow, its fixed points, and a release."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from ....agents.dynamics import FixedPoints
from ....agents.network.rate_rnn import RateRNN
from ...figures.point_marks import point_kinds
from ...widgets.browser_module import browser_module
from ...widgets.extra import anywidget, traitlets
from ...widgets.still import WithStill, widget_style


@dataclass(frozen=True)
class HeldInput:
    """An input that is held while a state moves, and what the dynamics have at that input.

    Attributes:
        inputs: u, (n_in,).
        points: Fixed and slow points at this input, of ``fixed_points``, with eigenvectors; None draws none.
        paths: Trials to draw in the background as states over time, (T, C, N); None draws none.
        origin: A state through which the plane goes at this input, (N,), where it is not the widget's own: planes of
            different inputs are parallel.
    """

    inputs: np.ndarray
    points: FixedPoints | None = None
    paths: np.ndarray | None = None
    origin: np.ndarray | None = None


class LiveFlow(WithStill, anywidget.AnyWidget):
    r"""The flow of a network on a plane through its state space, from which the reader releases the state.

    The plane is a projection. Arrows are what of the velocity F(h) - h at points *of the plane* lies in the plane;
    they are faint where most of it points elsewhere. A released state starts in the plane, then moves in all of state
    space, as the whole network does, and is drawn projected. Fixed points are drawn projected as well. A state released
    *at* a fixed point starts where that truly is. When another input is chosen, a state that was released continues
    from where it is, so a pulse is an input held for a while. In a notebook ``view`` and ``start`` are traits.

    Use it so, here with two bits that pulses set::

        inputs = {}
        for name, u in {"no pulse": [0.0, 0.0], "bit 1 up": [1.0, 0.0]}.items():
            points = fixed_points(step_at(network, u), candidates, dt=network.dt)
            inputs[name] = HeldInput(np.array(u), points)
        axes = network.readout_weights.detach().numpy()   # or principal components, modes, ...: (2, N)
        LiveFlow.of(network, inputs, origin=np.zeros(network.n_units), axes=axes)

    States are those that ``network.step`` takes: voltages of a network that leaks on the voltage, else rates.

    Args:
        network: ``leak``, ``activation``, ``readout_activation``, ``dt`` (ms), ``tau`` (N,) (ms), ``recurrent`` (N, N),
            ``input`` (N, n_in), ``bias`` (N,), ``readout`` (n_out, N) and ``readout_bias`` (n_out,), as lists.
        axes: Orthonormal directions, (2, N), as lists.
        views: For each input its ``label``, ``input`` (n_in,), ``origin`` (N,), ``points`` and ``paths``.
        extent: What part of the plane must be seen, [x_min, x_max, y_min, y_max].
        **settings: ``axis_names`` and ``output_names``; ``duration`` of a release (ms); and how the controls are set
            at first: ``view`` and ``start``.
    """

    _esm = browser_module(
        "element.mjs",
        "dynamics.mjs",
        "picture.mjs",
        "controls.mjs",
        "fixed_points/arithmetic.mjs",
        "fixed_points/picture.mjs",
        "fixed_points/widget.mjs",
    )
    _css = widget_style("live.css")

    network = traitlets.Dict().tag(sync=True)
    axes = traitlets.List().tag(sync=True)
    views = traitlets.List(traitlets.Dict()).tag(sync=True)
    extent = traitlets.List(traitlets.Float()).tag(sync=True)
    axis_names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    output_names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    duration = traitlets.Float(2000, min=20, help="How long a released state is followed (ms).").tag(sync=True)

    view = traitlets.Int(0, min=0, help="Index of the input that is held.").tag(sync=True)
    start = traitlets.List(traitlets.Float(), [0, 0], help="Where the next state is released.").tag(sync=True)

    def __init__(
        self,
        network: dict[str, Any],
        axes: list[list[float]],
        views: list[dict[str, Any]],
        extent: Sequence[float],
        **settings: Any,
    ) -> None:
        super().__init__(network=network, axes=axes, views=views, extent=[float(edge) for edge in extent], **settings)

    @classmethod
    def of(
        cls,
        network: RateRNN,
        inputs: Mapping[str, HeldInput],
        origin: np.ndarray,
        axes: np.ndarray,
        *,
        extent: float | Sequence[float] | None = None,
        axis_names: tuple[str, str] = ("first axis", "second axis"),
        output_names: Sequence[str] = (),
        **settings: Any,
    ) -> Self:
        """A network on a plane, with one input or several to choose from.

        Args:
            network: The network; its noise is left out.
            inputs: What is held, by the label under which the reader finds it.
            origin: A state in the plane, (N,).
            axes: Two directions, (2, N), of any length and angle. They are made orthonormal, so that lengths and angles
                in the plane are true; the first keeps its direction, the second its side of the first.
            extent: What part of the plane must be seen, (x_min, x_max, y_min, y_max), or a for (-a, a, -a, a); None for
                all points and paths.
            axis_names: What the axes are called.
            output_names: A name for every output whose value is shown; none shows no outputs.
            **settings: ``duration`` (ms), ``view`` and ``start``.

        Raises:
            ValueError: If there is nothing to hold, or an array does not fit the network, or the axes span no plane.
        """
        n = network.n_units
        directions = np.asarray(axes, dtype=float)
        _check("axes", directions, (2, n))
        _check("origin", np.asarray(origin), (n,))
        if not inputs:
            raise ValueError(
                "inputs is empty; name at least one input, such as {'no input': HeldInput(np.zeros(n_in))}."
            )
        if len(output_names) not in (0, network.n_outputs):
            raise ValueError(f"{len(output_names)} output_names for {network.n_outputs} outputs.")
        basis, triangle = np.linalg.qr(directions.T)
        lengths = np.diagonal(triangle)
        if not np.abs(lengths).min() > 1e-10 * np.abs(triangle).max():
            raise ValueError("axes span no plane: one is zero, or a multiple of the other.")
        basis = (basis * np.sign(lengths)).T
        views = [_view(network, label, each, np.asarray(origin, float), basis) for label, each in inputs.items()]
        if not 0 <= settings.get("view", 0) < len(views):
            raise ValueError(f"view is {settings['view']}; allowed: 0 to {len(views) - 1}.")
        return cls(
            _weights(network),
            _short(basis),
            views,
            _edges(extent, views),
            axis_names=[str(name) for name in axis_names],
            output_names=[str(name) for name in output_names],
            **settings,
        )


def _view(network: RateRNN, label: str, held: HeldInput, origin: np.ndarray, basis: np.ndarray) -> dict[str, Any]:
    """One input with its points and paths, as lists."""
    n = network.n_units
    start = origin if held.origin is None else np.asarray(held.origin, float)
    _check(f"inputs of {label!r}", np.asarray(held.inputs), (network.n_inputs,))
    _check(f"origin of {label!r}", start, (n,))
    points = [] if held.points is None else _points(held.points, label, n, start, basis)
    paths = np.zeros((0, 0, n)) if held.paths is None else np.asarray(held.paths, float)
    if paths.ndim != 3 or paths.shape[2] != n:
        raise ValueError(f"paths of {label!r} have shape {paths.shape}; expected (T, C, {n}).")
    return {
        "label": str(label),
        "input": _short(np.asarray(held.inputs, float)),
        "origin": _short(start),
        "points": points,
        "paths": _short(np.swapaxes((paths - start) @ basis.T, 0, 1), 4),
    }


def _points(points: FixedPoints, label: str, n: int, origin: np.ndarray, basis: np.ndarray) -> list[dict[str, Any]]:
    """What is drawn and reported of each point."""
    if points.points.shape[1:] != (n,):
        raise ValueError(f"points of {label!r} have shape {points.points.shape}; expected (K, {n}).")
    if points.left_eigenvectors.shape[1] == 0 and len(points):
        raise ValueError(f"points of {label!r} were found with n_modes=0; this needs eigenvectors.")
    rows = []
    for k, (point, kind) in enumerate(zip(points.points, point_kinds(points), strict=True)):
        # Ways out of a point that has some, else the slowest way in. The modes come in this order.
        n_ways = min(max(1, int(points.n_unstable[k])), points.right_eigenvectors.shape[2])
        ways = points.right_eigenvectors[k].T[:n_ways][np.imag(points.eigenvalues[k, :n_ways]) == 0].real
        rows.append(
            {
                "kind": kind,
                "growing": int(points.n_unstable[k]),
                "tau": None if points.time_constants is None else _finite(points.time_constants[k, 0]),
                "state": _short(point, 9),
                "at": _short((point - origin) @ basis.T),
                "directions": _short(ways @ basis.T, 4),
            }
        )
    return rows


def _edges(extent: float | Sequence[float] | None, views: Sequence[Mapping[str, Any]]) -> list[float]:
    """The part of the plane that must be seen."""
    if extent is None:
        places = [point["at"] for view in views for point in view["points"]]
        places = np.array(
            [*places, *(at for view in views for path in view["paths"] for at in path)] or [[-1, -1], [1, 1]]
        )
        low, high = places.min(axis=0), places.max(axis=0)
        middle, half = (low + high) / 2, 0.6 * (high - low).max() or 1.0
        return np.stack([middle - half, middle + half], axis=1).ravel().tolist()
    edges = np.asarray(extent, float)
    edges = np.array([-1, 1, -1, 1]) * edges if edges.ndim == 0 else edges
    if edges.shape != (4,) or not (np.isfinite(edges).all() and edges[0] < edges[1] and edges[2] < edges[3]):
        raise ValueError(f"extent is {extent!r}; expected a positive number or (x_min, x_max, y_min, y_max).")
    return edges.tolist()


def _weights(network: RateRNN) -> dict[str, Any]:
    """What the browser needs to take a step."""
    arrays = {
        "tau": network.tau,
        "recurrent": network.recurrent_weights,
        "input": network.input_weights,
        "bias": network.bias,
        "readout": network.readout_weights,
        "readout_bias": network.readout_bias,
    }
    names = ("leak", "activation", "readout_activation", "dt")
    plain = {name: _short(tensor.detach().cpu().double().numpy(), 9) for name, tensor in arrays.items()}
    return {name: getattr(network, name) for name in names} | plain


def _check(name: str, array: np.ndarray, shape: tuple[int, ...]) -> None:
    if array.shape != shape or not np.isfinite(array).all():
        raise ValueError(f"{name} has shape {array.shape}; expected finite numbers, {shape}.")


def _finite(value: float) -> float | None:
    return float(f"{value:.4g}") if np.isfinite(value) else None


def _short(array: np.ndarray, digits: int = 7) -> list[Any]:
    """Numbers with so many significant digits: they stay short in a page."""
    return [_short(row, digits) if np.ndim(row) else float(f"{row:.{digits}g}") for row in array]
