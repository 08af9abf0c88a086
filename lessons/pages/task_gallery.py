"""All tasks at a glance: what each asks, what a trial looks like, how well one can do."""

from __future__ import annotations

import base64
import io
import re
from dataclasses import dataclass
from html import escape

from ...envs.describe import arguments_of, description, question, shortcuts
from ...envs.painted_task import PaintedTask
from ...envs.registry import make_task, preset_names, task_names
from ...envs.task import Task
from ...envs.trial import TrialBatch
from ..figures.trial import draw_trial
from .plain_math import plain_sentence


@dataclass(frozen=True)
class Gallery:
    """A piece of a page, which notebooks and the book show as it is."""

    html: str

    def _repr_html_(self) -> str:
        return self.html


def task_gallery(seed: int = 0) -> Gallery:
    """Show one trial of every task, with its question, channels, timing, scoring, shortcuts, arguments and source.

    Args:
        seed: Seed of the trials.
    """
    tasks = [make_task(name) for name in task_names()]
    families = dict.fromkeys(task.family for task in tasks)
    rows, cards = [], []
    for family in families:
        links = [f'<a href="#{task.name}">{task.name}</a>' for task in tasks if task.family == family]
        rows.append(f"<p><strong>{escape(family)}:</strong> {', '.join(links)}</p>")
        cards.append(f"<h2>{escape(family)}</h2>")
        cards += [_card(task, seed) for task in tasks if task.family == family]
    return Gallery(f'<div class="cogdyn-gallery">{"".join(rows + cards)}</div>')


def _card(task: PaintedTask, seed: int) -> str:
    batch = task.sample(1, seed, task.ideal_policy())
    ms = batch.inputs.shape[0] * task.dt
    alt = (
        f"One trial of {task.name} over {ms:g} ms: inputs {', '.join(task.input_names[:12])}; "
        f"targets of the outputs {', '.join(task.output_names[:12])}."
    )
    lines = description(task) | ({"shortcuts": shortcuts(task)} if shortcuts(task) else {})
    facts = "".join(f"<dt>{name}</dt><dd>{_marked(line)}</dd>" for name, line in lines.items())
    arguments = "".join(
        f"<li><code>{escape(name)} = {escape(default)}</code> {_marked(plain_sentence(meaning))}</li>"
        for name, (default, meaning) in arguments_of(task).items()
    )
    names = [f"<code>{name}</code>" for name in preset_names(task.name)]
    presets = f"<p>Presets: {', '.join(names)}.</p>" if names else ""
    return f"""
<section id="{task.name}">
<h3>{task.name}</h3>
<p>{_marked(question(task))}</p>
<div class="cogdyn-trial-picture"><img alt="{escape(alt)}" src="{_picture(task, batch)}"></div>
<dl>{facts}</dl>
<details><summary>Arguments</summary><ul>{arguments}</ul>{presets}</details>
<p class="cogdyn-source">{_linked(task.source)}</p>
</section>"""


def _picture(task: Task, batch: TrialBatch) -> str:
    """The trial inside an address: one picture is one image, with one alternative text.

    Many channels make an image; as a drawing it would be heavier.
    """
    figure = draw_trial(task, batch)
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=130, metadata={"Software": None}, pil_kwargs={"optimize": True})
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def _marked(text: str) -> str:
    return re.sub(r"``?([^`]+)``?", r"<code>\1</code>", escape(text))


def _linked(source: str) -> str:
    text = re.sub(r"doi:(10\.\S+)", r'<a href="https://doi.org/\1">doi:\1</a>', escape(source))
    text = re.sub(r"arXiv:(\d\S+)", r'<a href="https://arxiv.org/abs/\1">arXiv:\1</a>', text)
    return re.sub(r'(?<!")(https://(?!doi|arxiv\.org/abs)\S+)', r'<a href="\1">\1</a>', text)
