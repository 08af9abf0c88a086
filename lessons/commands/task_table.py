"""All tasks in one table, and one task in words."""

from __future__ import annotations

from itertools import groupby

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ...envs.describe import arguments_of, channels_in_words, description, documented, question, shortcuts
from ...envs.registry import make_task, preset_names, task_names
from ..pages.plain_math import plain_sentence
from .facts import TaskFacts, task_facts


def task_table(width: int | None = None) -> Text:
    """The tasks by family: kind of response, inputs, outputs, mean length, chance, channels.

    Args:
        width: Number of columns; what does not fit is cut. None for as wide as it gets.
    """
    ours = task_facts()
    tasks = {name: ours.get(name) or facts_of_task(name) for name in task_names()}
    row = f"{{:<{max(map(len, tasks))}}}  {{:<11}} {{:>3}} {{:>3}} {{:>4}} {{:>6}}  {{}}"
    lines = [Text(row.format("task", "response", "in", "out", "bins", "chance", "channels"), style="bold")]
    for family, members in groupby(tasks.items(), key=lambda item: item[1].family):
        lines.append(Text(f"\n{family}", style="bold"))
        lines += [Text(row.format(name, *task[1:])) for name, task in members]
    for line in lines:
        if width is not None:
            line.truncate(width, overflow="ellipsis")
    return Text("\n").join(lines)


def facts_of_task(name: str) -> TaskFacts:
    """The facts of a task with its default arguments."""
    task = make_task(name)
    bins, chance = f"{task.sample(100, seed=0).lengths.mean():.0f}", f"{round(task.chance, 9):.3f}"
    return TaskFacts(task.family, task.kind, task.n_inputs, task.n_outputs, bins, chance, channels_in_words(task))


def task_in_words(name: str) -> RenderableType:
    """What a task asks, its channels, timing, scoring and shortcuts, its arguments, and the paper it comes from.

    Raises:
        ValueError: If there is no such task.
    """
    task = make_task(name)
    facts = Table(box=None, show_header=False, pad_edge=False)
    # The docstrings of our tasks are held to what the tasks do by a test, so no ideal observer has to be simulated.
    for key, value in (documented(task) if name in task_facts() else description(task)).items():
        facts.add_row(Text(key, style="bold"), Text(value))
    if shortcuts(task):
        facts.add_row(Text("shortcuts", style="bold"), Text(shortcuts(task).replace("``", "")))
    for key, (default, meaning) in arguments_of(task).items():
        facts.add_row(Text(key, style="cyan"), Text(f"{default}  {plain_sentence(meaning)}".strip()))
    if presets := preset_names(name):
        facts.add_row(Text("presets", style="bold"), ", ".join(presets))
    facts.add_row(Text("from", style="bold"), task.source)
    return Group(Text(f"{name}  ({task.family})", style="bold"), Text(plain_sentence(question(task))), "", facts)
