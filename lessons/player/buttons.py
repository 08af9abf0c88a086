"""A task to do in a notebook: a button for each response, the inputs as bars, the clock of the notebook."""

from __future__ import annotations

import asyncio
import html
import io
import time
from typing import TYPE_CHECKING

import numpy as np

from ...envs.describe import question
from ...envs.registry import make_task
from ...envs.task import Task
from ...envs.typechecked import typechecked
from .frame import ChannelRow, active_names, rows_of
from .session import PlaySession, session_in_words

if TYPE_CHECKING:
    import ipywidgets

POSITIVE, NEGATIVE, EMPTY = "#0072B2", "#D55E00", "#88888826"
ARROW_SIGNS = {"left": "←", "right": "→", "down": "↓", "up": "↑"}
WAITING = "Press start."


@typechecked
def play(
    task: str | Task,
    *,
    n_trials: int | None = None,
    seed: int | None = None,
    speed: float | None = None,
    show_period: bool = False,
) -> ipywidgets.VBox:
    """Do a task yourself, in a notebook: buttons for the responses, and your score next to chance and the ideal.

    Args:
        task: Name of a task, or a task.
        n_trials: Number of trials; 20 when None, or one session of a closed-loop task.
        seed: Seed of the trials; fresh ones when None.
        speed: Pace, 1 being that of the networks; when None half of it, or less where answers must come fast.
        show_period: Whether to show the name of the period.

    Raises:
        ModuleNotFoundError: If ipywidgets is missing; it says how to get it.
        ValueError: If a person cannot answer the task with buttons, or an argument makes no sense.
    """
    made = make_task(task) if isinstance(task, str) else task
    return ButtonGame(PlaySession(made, n_trials, seed, speed), show_period).box


class ButtonGame:
    """Widgets around one session.

    Attributes:
        box: All of them.
        start: The button that starts the trials, or stops them after this bin.
        responses: The button of each key.
        inputs: The bars.
        line: What was pressed, the verdict and the score.
        picture: The trial that ended last.
        running: The trials under way, in the notebook's loop.
    """

    def __init__(self, session: PlaySession, show_period: bool = False):
        from ..widgets.extra import ipywidgets

        self.session, self.show_period = session, show_period
        self.rows = rows_of(session.task, 40)
        self.running: asyncio.Task[None] | None = None
        self.start = ipywidgets.Button(description="start", button_style="primary")
        self.start.on_click(self._start_or_stop)
        self.responses = {
            key: ipywidgets.Button(description=f"{ARROW_SIGNS.get(key, '')} {what}".strip(), tooltip=f"answer: {what}")
            for key, what in session.controls.keys.items()
        }
        for key, button in self.responses.items():
            button.disabled = True
            button.on_click(lambda _, key=key: self._press(key))
        asked = f"<p><b>{html.escape(session.task.name)}</b>. {html.escape(question(session.task))}</p>"
        self.inputs, self.line = ipywidgets.HTML(), ipywidgets.HTML(WAITING)
        self.picture = ipywidgets.Image(format="png", layout=ipywidgets.Layout(display="none", max_width="640px"))
        self.box = ipywidgets.VBox(
            [
                ipywidgets.HTML(f"{asked}<p><small>{html.escape(session_in_words(session))}</small></p>"),
                self.inputs,
                ipywidgets.HBox(list(self.responses.values()), layout=ipywidgets.Layout(flex_flow="row wrap")),
                self.start,
                self.line,
                self.picture,
            ]
        )
        self._draw()

    async def play(self) -> None:
        """Play all trials that are left, by the clock."""
        session = self.session
        for button in self.responses.values():
            button.disabled = False
        self.start.description = "stop"
        try:
            while not session.finished:
                session.begin()
                deadline = time.monotonic()
                while session.running:
                    self._draw()
                    # At least one turn of the loop, in which clicks arrive.
                    deadline = max(deadline, time.monotonic()) + session.seconds_per_bin
                    await asyncio.sleep(max(deadline - time.monotonic(), 0))
                    session.step()
                self._draw()
                self._show_trial()
                await asyncio.sleep(session.pause)
        finally:
            for button in self.responses.values():
                button.disabled = True
            self.start.description, self.start.disabled = "start", True
            summary = "\n".join(session.summary())
            self.line.value = f"<b>{html.escape(session.verdict)}</b><pre>{html.escape(summary)}</pre>"

    def _start_or_stop(self, _: object) -> None:
        if self.running is not None:
            self.running.cancel()
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.line.value = "The buttons need a running notebook."
            return
        self.running = loop.create_task(self.play())

    def _press(self, key: str) -> None:
        self.session.press(key)
        self._draw()

    def _draw(self) -> None:
        session = self.session
        shown = "".join(_row(row, session.inputs[row.columns]) for row in self.rows)
        for name, value in zip(session.controls.gauges, session.controls.values, strict=True):
            shown += _row(ChannelRow(name, slice(0, 1), below=1.0), np.array([value]))
        if self.show_period:
            shown += _labelled("period", html.escape(session.period))
        self.inputs.value = f'<div style="max-width:640px;font-size:13px;line-height:20px">{shown}</div>'
        if session.number:
            text = session.verdict or session.echo
            self.line.value = f"{session.whereabouts()} &emsp; {session.tally()} &emsp; <b>{html.escape(text)}</b>"

    def _show_trial(self) -> None:
        from matplotlib.image import imsave

        file = io.BytesIO()
        imsave(file, self.session.picture(), format="png")
        self.picture.value, self.picture.layout.display = file.getvalue(), "block"


def _row(row: ChannelRow, values: np.ndarray) -> str:
    if row.n == 1:
        return _labelled(row.label, _bar(float(values[0]) / row.limit, row.below))
    cells = [
        (POSITIVE if value > 0 else NEGATIVE, max(abs(value), 0.06))
        for value in np.clip(values / row.limit, -row.below, 1).tolist()
    ]
    shown = "".join(f'<span style="flex:1;background:{colour};opacity:{size:.2f}"></span>' for colour, size in cells)
    named = f"<span>&nbsp;{html.escape(active_names(row, values))}</span>" if row.names else ""
    return _labelled(row.label, f'<div style="display:flex;gap:1px;height:16px;flex:1">{shown}</div>{named}')


def _bar(value: float, below: float) -> str:
    """A bar from zero, which stands where what is below it ends."""
    zero = 100 * below / (1 + below)
    length = (100 - zero) * min(max(value, -below), 1)
    colour = POSITIVE if length > 0 else NEGATIVE
    return (
        f'<div style="position:relative;flex:1;height:16px;background:{EMPTY}">'
        f'<div style="position:absolute;height:100%;left:{min(zero, zero + length):.1f}%;width:{abs(length):.1f}%;'
        f'background:{colour}"></div>'
        f'<div style="position:absolute;height:100%;left:{zero:.1f}%;border-left:1px solid"></div></div>'
    )


def _labelled(label: str, what: str) -> str:
    return (
        '<div style="display:flex;align-items:center;height:20px">'
        f'<span style="width:150px;flex:none">{html.escape(label)}</span>{what}</div>'
    )
