"""All tasks in one table, and one task in words."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ...envs.describe import arguments_of, channels_in_words, description, question, shortcuts
from ...envs.registry import make_task, task_names
from ..pages.plain_math import plain_sentence


def task_table(width: int | None = None) -> Text:
    """The tasks by family: kind of response, inputs, outputs, mean length, chance, channels.

    Args:
        width: Number of columns; what does not fit is cut. None for as wide as it gets.
    """
    longest = max(map(len, task_names()))
    row = f"{{:<{longest}}}  {{:<11}} {{:>3}} {{:>3}} {{:>4}} {{:>6}}  {{}}"
    lines = [Text(row.format("task", "response", "in", "out", "bins", "chance", "channels"), style="bold")]
    family = None
    for name in task_names():
        task = make_task(name)
        if task.family != family:
            family = task.family
            lines.append(Text(f"\n{family}", style="bold"))
        bins = task.sample(100, seed=0).lengths.mean()
        numbers = (task.n_inputs, task.n_outputs, f"{bins:.0f}", f"{task.chance:.3f}")
        lines.append(Text(row.format(name, task.kind, *numbers, channels_in_words(task))))
    for line in lines:
        if width is not None:
            line.truncate(width, overflow="ellipsis")
    return Text("\n").join(lines)


def task_in_words(name: str) -> RenderableType:
    """What a task asks, its channels, timing, scoring and shortcuts, its arguments, and the paper it comes from.

    Raises:
        ValueError: If there is no such task.
    """
    task = make_task(name)
    facts = Table(box=None, show_header=False, pad_edge=False)
    for key, value in description(task).items():
        facts.add_row(Text(key, style="bold"), Text(value))
    if shortcuts(task):
        facts.add_row(Text("shortcuts", style="bold"), Text(shortcuts(task).replace("``", "")))
    for key, (default, meaning) in arguments_of(task).items():
        facts.add_row(Text(key, style="cyan"), Text(f"{default}  {plain_sentence(meaning)}".strip()))
    if task.presets:
        facts.add_row(Text("presets", style="bold"), ", ".join(task.presets))
    facts.add_row(Text("from", style="bold"), task.source)
    return Group(Text(f"{name}  ({task.family})", style="bold"), Text(plain_sentence(question(task))), "", facts)
