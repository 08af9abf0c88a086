"""Eligibility traces that form in the reader's browser, and the credit that they earn when an error comes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from ....agents.credit.feedback import Feedback
from ....agents.network.rate_rnn import RateRNN
from ...widgets.browser_module import browser_module
from ...widgets.extra import anywidget, traitlets
from ...widgets.still import WithStill, widget_style


class LiveTraces(WithStill, anywidget.AnyWidget):
    r"""The trace of a synapse, drawn as it forms: choose the synapse, the time constant, and when an error comes.

    A small network of tanh units that leak on the rate gets some inputs. At some time its single output is wrong, by 1.
    The browser computes what RFLO credits to each synapse, :math:`L_i P_{ij}`, as :class:`cogdyn.agents.rules.RFLO`
    does, and the exact credit, :math:`\sum_k L_k M_{kij}`, as :class:`cogdyn.agents.rules.RTRL` does, so it works as
    well in a static page. In a notebook the controls are traits.

    Args:
        network: ``dt`` (ms), ``recurrent`` (N, N), ``input`` (N, n_in), ``bias`` (N,), ``h0`` (N,), ``readout`` (N,)
            and ``random`` (N,), random feedback weights, as lists.
        inputs: u, (T, n_in), as lists.
        input_names: A name for every input channel, (n_in,).
        **settings: How the controls are set at first: ``post``, ``pre``, ``tau``, ``strength``, ``error_ms``,
            ``feedback``.
    """

    _esm = browser_module(
        "element.mjs",
        "picture.mjs",
        "controls.mjs",
        "local_signals/credit.mjs",
        "local_signals/widget.mjs",
    )
    _css = widget_style("live.css")

    network = traitlets.Dict().tag(sync=True)
    inputs = traitlets.List().tag(sync=True)
    input_names = traitlets.List(traitlets.Unicode()).tag(sync=True)

    post = traitlets.Int(0, min=0, help="Unit i, at which the synapse ends.").tag(sync=True)
    pre = traitlets.Int(0, min=0, help="Sender j: a unit, then the inputs, then the bias.").tag(sync=True)
    tau = traitlets.Float(100, min=20, max=500, help="Time constant of units and traces (ms).").tag(sync=True)
    strength = traitlets.Float(1, min=0, max=2, help="Factor on the recurrent weights.").tag(sync=True)
    error_ms = traitlets.Float(800, min=0, help="When the error comes (ms).").tag(sync=True)
    feedback = traitlets.Enum(("symmetric", "random"), "symmetric").tag(sync=True)

    def __init__(
        self, network: dict[str, Any], inputs: list[list[float]], input_names: Sequence[str], **settings: Any
    ) -> None:
        super().__init__(network=network, inputs=inputs, input_names=[str(name) for name in input_names], **settings)

    @classmethod
    def of(cls, network: RateRNN, inputs: np.ndarray, input_names: Sequence[str], **settings: Any) -> Self:
        """A network and what it sees.

        Args:
            network: A small network with one output.
            inputs: u, (T, n_in).
            input_names: A name for every input channel, (n_in,).
            **settings: How the controls are set at first, as above.

        Raises:
            ValueError: If the network is not one of tanh units that leak on the rate, has more than one output or lacks
                some synapses, or the inputs or a setting do not fit it.
        """
        if network.activation != "tanh" or network.leak != "rate" or network.n_outputs != 1:
            raise ValueError("traces are drawn for activation='tanh', leak='rate' and one output.")
        if not network.recurrent_mask.all():
            raise ValueError("some recurrent synapses do not exist; traces are drawn for all: self_connections=True.")
        shape = np.shape(inputs)
        if len(shape) != 2 or shape[1] != network.n_inputs or len(input_names) != network.n_inputs or not shape[0]:
            raise ValueError(
                f"inputs have shape {shape} and {len(input_names)} names; expected (T, {network.n_inputs}) and "
                f"{network.n_inputs}."
            )
        most = {
            "post": network.n_units - 1,
            "pre": network.n_units + network.n_inputs,
            "error_ms": network.dt * (shape[0] - 1),
        }
        for name, limit in most.items():
            if settings.get(name, 0) > limit:
                raise ValueError(f"{name} is {settings[name]}; allowed: 0 to {limit:g}.")
        settings.setdefault("error_ms", min(800.0, most["error_ms"]))
        arrays = {
            "recurrent": network.recurrent_weights,
            "input": network.input_weights,
            "bias": network.bias,
            "h0": network.h0,
            "readout": network.readout_weights[0],
            "random": Feedback("random").of(network)[0],
        }
        plain = {name: _short(tensor.detach().cpu().numpy()) for name, tensor in arrays.items()}
        return cls({"dt": network.dt} | plain, _short(np.asarray(inputs)), input_names, **settings)


def _short(array: np.ndarray) -> list[Any]:
    """Numbers with six significant digits: they stay short in a page."""
    return [_short(row) if row.ndim else float(f"{row:.6g}") for row in array]
