"""All tasks at a glance: what each asks, what a trial looks like, how well one can do."""

from __future__ import annotations

import base64
import inspect
import io
import re
from dataclasses import dataclass
from html import escape

from ..envs.registry import make_task, task_names
from ..envs.task import Task
from .trial_figure import draw_trial


@dataclass(frozen=True)
class Gallery:
    """A piece of a page, which notebooks and the book show as it is."""

    html: str

    def _repr_html_(self) -> str:
        return self.html


def task_gallery(seed: int = 0) -> Gallery:
    """Show one trial of every task, with its question, channels, chance, ceiling and source.

    Args:
        seed: Seed of the trials.
    """
    tasks = [make_task(name) for name in task_names()]
    families = dict.fromkeys(task.family for task in tasks)
    rows = []
    for family in families:
        links = [f'<a href="#{task.name}">{task.name}</a>' for task in tasks if task.family == family]
        rows.append(f"<p><strong>{escape(family)}:</strong> {', '.join(links)}</p>")
    cards = [_card(task, seed) for family in families for task in tasks if task.family == family]
    return Gallery(f'<div class="cogdyn-gallery">{"".join(rows + cards)}</div>')


def _card(task: Task, seed: int) -> str:
    batch = task.sample(1, seed)
    question = _marked(inspect.getdoc(type(task)) or "")
    ms = batch.inputs.shape[0] * task.dt
    alt = (
        f"One trial of {task.name} over {ms:g} ms: inputs {', '.join(task.input_names)}; "
        f"targets of the outputs {', '.join(task.output_names)}."
    )
    return f"""
<section id="{task.name}">
<h2>{task.name}</h2>
<p>{question}</p>
<div class="cogdyn-trial-picture"><img alt="{escape(alt)}" src="{_picture(task, seed)}"></div>
<p>{task.n_inputs} inputs, {task.n_outputs} outputs ({escape(", ".join(task.output_names))}).
Chance {task.chance:.0%}, ceiling {task.ceiling:.1%}.
<code>gym.make("cogdyn:cogdyn/{task.name}-v0")</code></p>
<p class="cogdyn-source">{_linked(task.source)}</p>
</section>"""


def _picture(task: Task, seed: int) -> str:
    """The trial as SVG, inside an address: one picture is one image, with one alternative text."""
    figure = draw_trial(task, task.sample(1, seed))
    file = io.BytesIO()
    figure.savefig(file, format="svg", metadata={"Date": None})
    return "data:image/svg+xml;base64," + base64.b64encode(file.getvalue()).decode()


def _marked(docstring: str) -> str:
    first = docstring.split("\n\n")[0].replace("\n", " ")
    return re.sub(r"``([^`]+)``", r"<code>\1</code>", escape(first))


def _linked(source: str) -> str:
    return re.sub(r"doi:(10\.\S+)", r'<a href="https://doi.org/\1">doi:\1</a>', escape(source))
