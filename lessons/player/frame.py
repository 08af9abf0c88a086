"""What a person sees of a bin: the inputs as bars and rows of cells, the keys, and nothing that reveals the answer."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
from rich.text import Text

from ...envs.describe import question
from ...envs.ring import Ring
from ...envs.task import Task
from .session import PlaySession, instructions, session_in_words

LABEL, WIDTH, HEIGHT, LISTED = 18, 80, 24, 11
POSITIVE, NEGATIVE, FAINT = "#56B4E9", "#E69F00", "bright_black"
LEVELS, EIGHTHS = "▁▁▂▃▄▅▆▇█", " ▏▎▍▌▋▊▉"
ACTIVE = 0.5


@dataclass(frozen=True)
class ChannelRow:
    """Channels that are shown together.

    Attributes:
        label: Their name.
        columns: Which inputs they are.
        names: A name for each; empty where there is one or they need none.
        ring: Whether they are a ring.
        limit: Activity that fills a bar.
        below: How far a bar reaches below zero, as a fraction of the limit.
    """

    label: str
    columns: slice
    names: tuple[str, ...] = ()
    ring: bool = False
    limit: float = 1.0
    below: float = 0.0

    @property
    def n(self) -> int:
        """Number of channels."""
        return self.columns.stop - self.columns.start


def rows_of(task: Task, room: int) -> list[ChannelRow]:
    """Rows for all inputs, in at most ``room`` lines if they can: the largest groups of named channels share one."""
    limits, below = _scales(task)
    groups: list[list[ChannelRow]] = []
    for name, kind in task.channels().items():
        columns = task.input_groups[name]
        whole = ChannelRow(
            name, columns, kind if isinstance(kind, tuple) else (), isinstance(kind, Ring), limits[name], below
        )
        if isinstance(kind, tuple):
            each = enumerate(kind, columns.start)
            groups.append(
                [dataclasses.replace(whole, label=f"{name} {k}", columns=slice(i, i + 1), names=()) for i, k in each]
            )
        else:
            groups.append([whole])
    wholes = [_joined(task, name, rows) for name, rows in zip(task.input_groups, groups, strict=True)]
    while sum(_lines(row) for rows in groups for row in rows) > room and max(map(len, groups)) > 1:
        largest = max(range(len(groups)), key=lambda g: len(groups[g]))
        groups[largest] = [wholes[largest]]
    return [row for rows in groups for row in rows]


def frame(session: PlaySession, rows: list[ChannelRow], height: int = HEIGHT, show_period: bool = False) -> Text:
    """The screen of a bin, as tall as ``height`` and 80 columns wide."""
    title = Text(f"{session.task.name}   ", style="bold").append(session.whereabouts(), style="not bold")
    top = [title.append(f"{session.tally():>{WIDTH - len(title)}}", style="not bold"), Text("─" * WIDTH, style=FAINT)]
    inputs = [line for row in rows for line in _row(row, session.inputs[row.columns])]
    for name, value in zip(session.controls.gauges, session.controls.values, strict=True):
        inputs.append(_bar(ChannelRow(name, slice(0, 1), below=1.0), float(value)))
    if show_period:
        inputs.append(_label("period").append(session.period))
    inputs.append(_judged(session) if session.verdict else _label("you").append(session.echo, style="bold"))
    bottom = [Text("─" * WIDTH, style=FAINT), *_keys(session)]
    gap = max(height - len(top) - len(inputs) - len(bottom), 0)
    # Where they fit, inputs stand a little below the top and the keys at the bottom.
    lines = [*top, *[Text()] * min(gap, 1), *inputs, *[Text()] * (gap - 1), *bottom][:height]
    for line in lines:
        line.truncate(WIDTH, overflow="ellipsis")
    return Text("\n", no_wrap=True).join(lines)


def opening(session: PlaySession) -> Text:
    """The screen before the first trial: what is asked, and the keys."""
    text = Text(f"{session.task.name}\n\n", style="bold")
    text.append(f"{question(session.task)}\n\n", style="not bold")
    text.append("You see what a network would see, bin by bin, and nothing else.\n\n", style="not bold")
    keys = instructions(session)
    if len(keys) > LISTED:
        text.append("\n".join(line.plain for line in _keys(session)) + "\n", style="not bold")
    else:
        for key, what in keys:
            text.append(f"  {key:<7}", style="bold").append(f"{what}\n", style="not bold")
    text.append(f"\n{session_in_words(session)}\n\n", style="not bold")
    return text.append("Press any key to start.", style="bold")


def room_for_inputs(session: PlaySession, height: int = HEIGHT, show_period: bool = False) -> int:
    """Number of lines that a screen has for inputs."""
    return height - 5 - show_period - len(_keys(session)) - len(session.controls.gauges)


def active_names(row: ChannelRow, values: np.ndarray) -> str:
    """Names of the active ones among channels that share a row."""
    return ", ".join(name for name, value in zip(row.names, values, strict=False) if value > ACTIVE * row.limit)


def _row(row: ChannelRow, values: np.ndarray) -> list[Text]:
    if row.n == 1:
        return [_bar(row, float(values[0]))]
    return _cells(row, values)


def _bar(row: ChannelRow, value: float) -> Text:
    """A bar from zero, to the right or, below zero, to the left."""
    full = WIDTH - LABEL - 3
    low = round(full * row.below / (1 + row.below))
    size = min(abs(value) / row.limit, row.below if value < 0 else 1.0)
    eighths = round(8 * (full - low) * size)
    line = _label(row.label).append(" " * low) if value >= 0 else _label(row.label)
    if value < 0:
        n = min(round(eighths / 8), low)
        line.append(" " * (low - n)).append("█" * n, style=NEGATIVE)
        return line.append("│" + " " * (full - low) + "│", style=FAINT)
    line.append("│", style=FAINT).append("█" * (eighths // 8) + EIGHTHS[eighths % 8].strip(), style=POSITIVE)
    return line.append(" " * (full - low - -(-eighths // 8)) + "│", style=FAINT)


def _cells(row: ChannelRow, values: np.ndarray) -> list[Text]:
    """A column of up to eight eighths for each value; beneath a ring, its angles."""
    width = _cell_width(row)
    lines, per_line = [], (WIDTH - LABEL) // width
    levels = np.round(8 * np.clip(values / row.limit, -row.below, 1)).astype(int).tolist()
    for start in range(0, row.n, per_line):
        line = _label(row.label if start == 0 else "")
        for level in levels[start : start + per_line]:
            mark = LEVELS[max(level, 0)] if level > -3 else "-" if level > -6 else "="
            line.append(mark * width, style=POSITIVE if level > 1 else NEGATIVE if level < -2 else FAINT)
        lines.append(line)
    if row.names:
        lines[-1].append(f" {active_names(row, values)}")
    if row.ring and len(lines) == 1:
        axis = ""
        for k in range(4):
            axis = axis.ljust(round(k * row.n / 4) * width) + f"{90 * k}°"
        lines.append(_label("").append(axis, style=FAINT))
    return lines


def _cell_width(row: ChannelRow) -> int:
    room = (WIDTH - LABEL) * (2 if row.names else 3) // 3 if row.n < 30 else WIDTH - LABEL
    return max(min(room // row.n, 6), 1)


def _lines(row: ChannelRow) -> int:
    if row.n == 1:
        return 1
    wrapped = -(-row.n // ((WIDTH - LABEL) // _cell_width(row)))
    return wrapped + (row.ring and wrapped == 1)


def _label(label: str) -> Text:
    # The end tells one channel from the next.
    short = label if len(label) < LABEL else label[: LABEL - 9] + "…" + label[-7:]
    return Text(short.ljust(LABEL))


def _judged(session: PlaySession) -> Text:
    good = session.correct or session.closed_loop
    return Text(session.verdict, style="bold green" if good else "bold red")


def _keys(session: PlaySession) -> list[Text]:
    lines = [Text()]
    for key, what in instructions(session):
        if lines[-1] and len(lines[-1]) + len(key) + len(what) + 4 > WIDTH:
            lines.append(Text())
        lines[-1].append(key, style="bold").append(f" {what}   ", style=FAINT)
    return lines


def _joined(task: Task, name: str, rows: list[ChannelRow]) -> ChannelRow:
    names = tuple(row.label.removeprefix(f"{name} ") for row in rows) if len(rows) > 1 else rows[0].names
    return dataclasses.replace(rows[0], label=name, columns=task.input_groups[name], names=names)


def _scales(task: Task) -> tuple[dict[str, float], float]:
    """Of each group, the activity that fills a bar; of all, how far bars reach below zero, as a fraction of that."""
    seen = task.sample(64, seed=0).inputs
    # Without its noise where a task can be had so: with it, rare inputs would be told from it by chance.
    quiet: Any = task
    clean = dataclasses.replace(quiet, noise=0.0).sample(64, seed=0).inputs if hasattr(task, "noise") else seen
    limits, below = {}, 0.0
    for name, columns in task.input_groups.items():
        values, noisy = clean[..., columns], seen[..., columns]
        limits[name] = max(float(np.abs(values).max()), float(np.quantile(np.abs(noisy), 0.98))) or 1.0
        least = min(float(values.min()) if clean is not seen else 0.0, float(np.quantile(noisy, 0.02)))
        below = max(below, min(-least / limits[name], 1.0))
    # Nearly none is none, and nearly all is all: zero then stands at the left, or in the middle.
    return limits, 0.0 if below < 0.1 else 1.0 if below > 0.75 else below
