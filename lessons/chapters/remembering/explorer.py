"""An ipywidgets figure: how the memory of a network fades, with a delay and a lesion to choose."""

from __future__ import annotations

import base64
import io

import numpy as np
from matplotlib.figure import Figure

from ....agents.network.lesions import lesion
from ....agents.training.run import Run
from ....envs.tasks.matching import DelayMatchSample
from ...widgets.extra import ipywidgets
from ...widgets.still import WithStill
from .measures import draw_memory_trace, memory_trace


class MemoryExplorer(WithStill, ipywidgets.VBox):
    """Two fields and a figure, made by :func:`explore_memory`."""

    def keep(self, picture: str) -> None:
        """Make this HTML the still that stays when the kernel is gone."""
        self._picture = picture
        self._renew_still()


def explore_memory(run: Run) -> MemoryExplorer:
    """Fields for the delay and for a lesion, and the memory trace that follows from them.

    The figure is drawn again in Python, so the fields need a running notebook; the page of the book shows where
    they stood.

    Args:
        run: A run on DelayMatchSample.

    Raises:
        ValueError: If the run learned another task.
    """
    task = run.task
    if not isinstance(task, DelayMatchSample):
        raise ValueError(f"this run learned {task.name}; the figure is about DelayMatchSample.")
    n = run.network.n_units
    wide = {"description_width": "170px"}
    layout = ipywidgets.Layout(width="480px")
    # Sliders of ipywidgets have no name that a screen reader could say; these have.
    delay = ipywidgets.BoundedIntText(
        2000, min=200, max=4000, step=200, description="delay (ms)", style=wide, layout=layout
    )
    lost = ipywidgets.BoundedIntText(
        0, min=0, max=n - 1, description="units silenced, at random", style=wide, layout=layout
    )
    order = np.random.default_rng(0).permutation(n)
    picture = ipywidgets.HTML()

    def draw(_: object = None) -> None:
        network = lesion(run.network, order[: lost.value].tolist())
        trace = memory_trace(task, network, delay.value)
        text = (
            f"With {lost.value} of {n} units silenced, the memories are {trace.network[-1]:.3g} apart after "
            f"{delay.value} ms; in isolated units {trace.isolated[-1]:.3g}."
        )
        figure = draw_memory_trace(trace, float(run.network.tau.mean()))
        picture.value = f'<img alt="{text}" src="{_png(figure)}" style="max-width:min(100%, 704px)"><p>{text}</p>'
        explorer.keep(picture.value)

    note = ipywidgets.HTML("<small>These fields need a running notebook; in the book the figure stands still.</small>")
    explorer = MemoryExplorer([delay, lost, picture, note])
    explorer.add_class("cogdyn-explorer")
    for field in (delay, lost):
        field.observe(draw, names="value")
    draw()
    return explorer


def _png(figure: Figure) -> str:
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=110)
    return "data:image/png;base64," + base64.b64encode(picture.getvalue()).decode()
