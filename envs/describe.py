"""What a task consists of, in four lines: the ones that its docstring carries, and that lists and galleries show."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from inspect import cleandoc, getdoc
from typing import Any

from .durations import Choice, Duration, PerBatch, TruncatedExponential, Uniform, is_random
from .painted_task import PaintedTask
from .ring import Ring
from .task import Task


def question(task: Task) -> str:
    """What the subject sees and must do: the first paragraph of the docstring."""
    return " ".join((getdoc(type(task)) or task.name).split("\n\n")[0].split())


def description(task: Task) -> dict[str, str]:
    """Channels, responses, timing and scoring of a task, a line each."""
    return {
        "channels": channels_in_words(task),
        "responses": _listed(task.responses()),
        "timing": _timing(task),
        "scoring": f"{_scored(task)}; chance {_percent(task.chance)}, ceiling {_percent(task.ceiling)}",
    }


def documented(task: Task) -> dict[str, str]:
    """The same four lines as the docstring of a task states them: those of its default arguments, without simulation.

    Empty where it states none.
    """
    text = cleandoc(type(task).__doc__ or "")
    return {name: " ".join(line.split()) for name, line in re.findall(r"^:(\w+): (.+(?:\n +.+)*)", text, re.MULTILINE)}


def shortcuts(task: Task) -> str:
    """What answers score that leave out what the task is about, with its default arguments, as its docstring states it.

    Empty where it states nothing; :func:`score_floors` estimates these scores for any arguments.
    """
    text = " ".join((getdoc(type(task)) or "").split())
    sentences = re.split(r"(?<=\.) (?=[A-Z:])", text)
    return " ".join(each for each in sentences if each.startswith("One who") and " earns " in each)


def channels_in_words(task: Task) -> str:
    """The groups of input channels: "fixation; stimulus (ring of 32)"."""
    return "; ".join(_group(name, kind) for name, kind in task.channels().items())


def docstring_fields(task: Task) -> str:
    """The four lines as they stand in the docstring of a task."""
    return "\n".join(f":{name}: {line}" for name, line in description(task).items())


def arguments_of(task: PaintedTask) -> dict[str, tuple[str, str]]:
    """The arguments of a task, each with its default and, where it is no duration of a period, what it means."""
    meanings: dict[str, str] = {}
    for cls in reversed(type(task).__mro__):
        text = (getdoc(cls) or "").partition("Attributes:")[2]
        meanings |= re.findall(r"^    (\w+): (.*(?:\n {8}.*)*)", text, re.MULTILINE)
    arguments = {}
    for field in dataclasses.fields(task):
        value = getattr(task, field.name)
        shown = str(value) if is_random(value) or not isinstance(value, float) else f"{value:g}"
        arguments[field.name] = shown, " ".join(meanings.get(field.name, "").split())
    return arguments


def _group(name: str, kind: int | tuple[str, ...] | Ring) -> str:
    if isinstance(kind, Ring):
        return f"{name} (ring of {kind.n})"
    if isinstance(kind, tuple):
        return f"{name} ({_listed(kind)})"
    return name if kind == 1 else f"{name} ({kind})"


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names) if len(names) <= 10 else f"{names[0]}, {names[1]}, ..., {names[-1]} ({len(names)})"


def timing_in_words(durations: Mapping[str, Duration | Callable[..., Any]]) -> str:
    """The periods of a trial, each with its duration, in order: "fixation 200-400, stimulus 300 ms"."""
    parts: dict[tuple[str, str], int] = {}
    for name, duration in durations.items():
        part = name.rstrip("0123456789 "), _duration(duration)
        parts[part] = parts.get(part, 0) + 1
    listed = [f"{name} {words}{'' if times == 1 else f' (x{times})'}" for (name, words), times in parts.items()]
    if numbers := [k for k, (_, words) in enumerate(parts) if words != COMPUTED]:
        listed[numbers[-1]] += " ms"
    return ", ".join(listed)


def _timing(task: Task) -> str:
    if not isinstance(task, PaintedTask):
        return "that of its tasks"
    return timing_in_words(task.durations()) + (f", {task.n_segments} segments" if task.n_segments > 1 else "")


COMPUTED = "computed"
"""Of a duration that a task computes for each trial."""


def _duration(duration: Duration | Callable[..., Any]) -> str:
    if isinstance(duration, PerBatch):
        return f"{_duration(duration.duration)} per batch"
    if isinstance(duration, Uniform):
        return f"{duration.low:g}-{duration.high:g}"
    if isinstance(duration, TruncatedExponential):
        return f"{duration.low:g}-{duration.high:g} (exponential)"
    if isinstance(duration, Choice):
        return "/".join(f"{value:g}" for value in duration.values)
    return f"{duration:g}" if isinstance(duration, (int, float)) else COMPUTED


def _percent(score: float) -> str:
    # Rounded twice: 0.8065 may be 0.80649999999999999 on another processor, and is to read the same.
    return f"{round(100 * score, 9):.3g} %"


def _scored(task: Task) -> str:
    what = {"choice": "the class chosen", "continuous": "the outputs", "probability": "the probabilities"}[task.kind]
    return f"{'the moment of the response' if task.timed else what} in {task.response_period}"
