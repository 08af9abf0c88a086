"""An ipywidgets figure: how the memory of a network fades, with a delay and a lesion to choose."""

from __future__ import annotations

import base64
import io

import numpy as np
from matplotlib.figure import Figure

from ..agents.lesions import lesion
from ..agents.run import Run
from ..envs.tasks.matching import DelayMatchSample
from .extra import ipywidgets
from .memory import draw_memory_trace, memory_trace


def explore_memory(run: Run) -> ipywidgets.VBox:
    """Sliders for the delay and for a lesion, and the memory trace that follows from them.

    The figure is drawn anew in Python, so the sliders need a running notebook; the page of the book shows where
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
    delay = ipywidgets.IntSlider(2000, 200, 4000, 200, description="delay (ms)", style=wide, layout=layout)
    lost = ipywidgets.IntSlider(0, 0, n - 1, 1, description="units silenced, at random", style=wide, layout=layout)
    order = np.random.default_rng(0).permutation(n)
    picture = ipywidgets.HTML()

    def draw(_: object = None) -> None:
        network = lesion(run.network, order[: lost.value].tolist())
        trace = memory_trace(network, task, delay.value)
        said = (
            f"With {lost.value} of {n} units silenced, the memories are {trace.network[-1]:.3g} apart after "
            f"{delay.value} ms; in isolated units {trace.isolated[-1]:.3g}."
        )
        figure = draw_memory_trace(trace, float(run.network.tau.mean()))
        picture.value = f'<img alt="{said}" src="{_png(figure)}" style="max-width:min(100%, 704px)"><p>{said}</p>'

    for slider in (delay, lost):
        slider.continuous_update = False
        slider.observe(draw, names="value")
    draw()
    note = ipywidgets.HTML("<small>These sliders need a running notebook; in the book the figure stands still.</small>")
    return ipywidgets.VBox([delay, lost, picture, note])


def _png(figure: Figure) -> str:
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=110)
    return "data:image/png;base64," + base64.b64encode(picture.getvalue()).decode()
