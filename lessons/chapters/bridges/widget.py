"""What is left of an error across a delay, with bridges to build in the reader's browser, and no Python behind it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from torch import Tensor

from ....agents.measures.error_left import delay_dynamics
from ....agents.network.rate_rnn import RateRNN
from ....envs.painted_task import PaintedTask
from ...widgets.browser_module import browser_module
from ...widgets.extra import anywidget, traitlets
from ...widgets.still import WithStill, widget_style


class LiveTransmission(WithStill, anywidget.AnyWidget):
    """How much of an error comes back across a delay: choose a bridge, its lag, its weight, and the delay.

    Two networks or more are compared. The browser multiplies their Jacobians as
    :func:`cogdyn.agents.dynamics.jacobian_product` does, so it works as well in a static page. For each network it
    shows the largest singular value, what an error keeps at best, and the root of the mean of the squares of all,
    what an error of random direction keeps on average. In a notebook the controls are traits.

    Args:
        dt: Bin width (ms).
        starts: The networks: ``label``, ``alpha`` (N,), ``recurrent`` (N, N), ``drive`` (N,) and ``h0`` (N,) of
            :class:`cogdyn.lessons.chapters.bridges.figures.DelayDynamics`, as lists.
        **settings: How the controls are set at first: ``bridge``, ``lag_ms``, ``beta``, ``delay``.
    """

    _esm = browser_module(
        "element.mjs",
        "picture.mjs",
        "controls.mjs",
        "bridges/errors.mjs",
        "bridges/widget.mjs",
    )
    _css = widget_style("live.css")

    dt = traitlets.Float().tag(sync=True)
    starts = traitlets.List(traitlets.Dict()).tag(sync=True)

    bridge = traitlets.Enum(("none", "SCTT", "DASC", "gradient skip"), "none").tag(sync=True)
    lag_ms = traitlets.Float(200, min=40, max=400, help="Duration of a block (ms).").tag(sync=True)
    beta = traitlets.Float(0.5, min=0, max=1, help="Weight of the dynamics; at 1 the bridge is gone.").tag(sync=True)
    delay = traitlets.Float(1000, min=100, max=2000, help="ms").tag(sync=True)

    def __init__(self, dt: float, starts: list[dict[str, Any]], **settings: Any) -> None:
        super().__init__(dt=dt, starts=starts, **settings)

    @classmethod
    def of(cls, networks: Mapping[str, RateRNN], task: PaintedTask, **settings: Any) -> Self:
        """Networks by their labels, in the delay of a task.

        Args:
            networks: From label to network.
            task: A task with a delay.
            **settings: How the controls are set at first, as above.

        Raises:
            ValueError: As :func:`cogdyn.lessons.chapters.bridges.figures.delay_dynamics` does.
        """
        starts = []
        for label, network in networks.items():
            dynamics = delay_dynamics(task, network)
            arrays = {name: getattr(dynamics, name) for name in ("alpha", "recurrent", "drive", "h0")}
            starts.append({"label": label} | {name: _short(tensor) for name, tensor in arrays.items()})
        return cls(task.dt, starts, **settings)


def _short(tensor: Tensor) -> list[Any]:
    """Numbers with six significant digits: they stay short in a page."""
    if tensor.ndim > 1:
        return [_short(row) for row in tensor]
    return [float(f"{value:.6g}") for value in tensor.tolist()]
