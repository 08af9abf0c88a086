"""A small network that learns in the reader's browser, by backpropagation through time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

from torch import Tensor

from ....agents.network.rate_rnn import RateRNN
from ...widgets.browser_module import browser_module
from ...widgets.extra import anywidget, traitlets
from ...widgets.still import WithStill, widget_style
from .cue import DT, small_network

_CLIPS = ("none", "1", "0.3")


class LiveBackpropagation(WithStill, anywidget.AnyWidget):
    r"""Train a network in the page: set delay, learning rate and weights, and follow the error back bin by bin.

    The browser runs the network on the trials of :func:`cogdyn.lessons.chapters.backpropagation.cue_trials`, computes
    the gradient as :class:`cogdyn.agents.rules.BPTT` does and follows it as its ``optimizer="sgd"`` does, so it works
    as well in a static page. In a notebook the controls are traits.

    Args:
        networks: Networks to choose from, each as lists: ``alpha``, ``recurrent`` (N, N) at gain 1, ``input`` (N, 2),
            ``bias`` (N,), ``readout`` (N,) and ``readout_bias``.
        **settings: How the controls are set at first: ``network``, ``gain``, ``delay`` (ms), ``rate``, ``clip``.
    """

    _esm = browser_module(
        "element.mjs",
        "picture.mjs",
        "controls.mjs",
        "backpropagation/training.mjs",
        "backpropagation/widget.mjs",
    )
    _css = widget_style("live.css")

    dt = traitlets.Float(DT).tag(sync=True)
    networks = traitlets.List().tag(sync=True)
    network = traitlets.Int(0, min=0, help="Which network.").tag(sync=True)
    gain = traitlets.Float(0.5, min=0, max=3, help="Factor on the recurrent weights at the start.").tag(sync=True)
    delay = traitlets.Float(400, min=100, max=1200, help="Delay (ms).").tag(sync=True)
    rate = traitlets.Float(0.1, min=0.01, max=3.2, help="Learning rate.").tag(sync=True)
    clip = traitlets.Enum(_CLIPS, "none", help="Largest length of the gradient.").tag(sync=True)

    @classmethod
    def of(cls, seeds: Sequence[int] = (1, 2, 3), **settings: Any) -> Self:
        """Networks of these seeds.

        Args:
            seeds: Seeds of :func:`cogdyn.lessons.chapters.backpropagation.small_network`.
            **settings: How the controls are set at first, as above.

        Raises:
            ValueError: If there is no seed, or a setting does not fit.
        """
        if not seeds:
            raise ValueError("seeds is empty; give at least one.")
        if not 0 <= settings.get("network", 0) < len(seeds):
            raise ValueError(f"network is {settings['network']}; allowed: 0 to {len(seeds) - 1}.")
        return cls(networks=[_lists(small_network(seed, gain=1.0)) for seed in seeds], **settings)


def _lists(network: RateRNN) -> dict[str, Any]:
    arrays: dict[str, Tensor] = {
        "recurrent": network.recurrent_weights,
        "input": network.input_weights,
        "bias": network.bias,
        "readout": network.readout_weights[0],
        "readout_bias": network.readout_bias[0],
    }
    plain = {name: tensor.detach().cpu().tolist() for name, tensor in arrays.items()}
    return {"alpha": float(network.alpha[0])} | plain
