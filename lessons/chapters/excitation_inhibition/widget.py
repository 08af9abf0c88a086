"""The spectrum of weights of two signs, and the network that they make, moving together in the reader's browser."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from ...widgets.browser_module import browser_module
from ...widgets.extra import anywidget, traitlets
from ...widgets.still import WithStill, widget_style
from .weights import N_UNITS, sizes_of

_SILENCED = ("none", "excitatory", "inhibitory")


class LiveSpectrum(WithStill, anywidget.AnyWidget):
    """Move the fraction of excitatory units, the gain and the balance, and watch spectrum and rates; silence one sign.

    The browser makes the weights of :func:`cogdyn.lessons.chapters.excitation_inhibition.mixed_weights`, computes their
    eigenvalues and lets the network run, so it works as well in a static page. In a notebook the controls are traits.

    Args:
        sizes: Sizes of the weights of each draw, N N numbers of 32 bits as base64.
        start: The state from which the network is let go, N numbers of 32 bits as base64.
        **settings: How the controls are set at first: ``fraction``, ``gain``, ``balance``, ``silenced``, ``seed``.
    """

    _esm = browser_module(
        "element.mjs",
        "picture.mjs",
        "controls.mjs",
        "excitation_inhibition/spectrum.mjs",
        "excitation_inhibition/widget.mjs",
    )
    _css = widget_style("live.css")

    sizes = traitlets.List(traitlets.Unicode()).tag(sync=True)
    start = traitlets.Unicode().tag(sync=True)
    units = traitlets.Dict({"dt": 20.0, "tau": 100.0}).tag(sync=True)
    fraction = traitlets.Float(0.8, min=0.5, max=0.95, help="Fraction of units that excite.").tag(sync=True)
    gain = traitlets.Float(0.8, min=0, max=2, help="Radius of the disk.").tag(sync=True)
    balance = traitlets.Float(1.0, min=0.5, max=1.5, help="Inhibition in parts of excitation.").tag(sync=True)
    silenced = traitlets.Enum(_SILENCED, "none", help="Which population is silent.").tag(sync=True)
    seed = traitlets.Int(0, min=0, help="Which draw of the sizes.").tag(sync=True)

    @classmethod
    def of(cls, seeds: Sequence[int] = (1, 2, 3), **settings: Any) -> Self:
        """Draws of these seeds, of :func:`cogdyn.lessons.chapters.excitation_inhibition.mixed_weights`.

        Args:
            seeds: Seeds of the sizes.
            **settings: How the controls are set at first, as above.

        Raises:
            ValueError: If there is no seed, or no such draw.
        """
        if not seeds:
            raise ValueError("seeds is empty; give at least one.")
        if not 0 <= settings.get("seed", 0) < len(seeds):
            raise ValueError(f"seed is {settings['seed']}; allowed: 0 to {len(seeds) - 1}.")
        start = 0.2 * np.random.default_rng(0).standard_normal(N_UNITS)
        return cls(sizes=[_packed(sizes_of(N_UNITS, seed)) for seed in seeds], start=_packed(start), **settings)


def _packed(values: np.ndarray) -> str:
    return base64.b64encode(values.astype("<f4").tobytes()).decode()
