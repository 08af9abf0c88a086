"""What a command did, as Python."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Mapping
from typing import Any

from ...agents import RateRNN, train
from ...agents.network.task_network import suited_arguments
from ...agents.rules.catalogue import OWN_RULES
from ...envs.own_tasks import modules_of
from ...envs.painted_task import PaintedTask
from ...envs.task import Task
from .run_report import changed_arguments

WIDTH = 100
"""Longer calls are written in several lines, broken between arguments."""
INDENT = "    "


def training_in_python(
    task: Task, rule: str, *, network: dict[str, Any], learning: dict[str, Any], training: dict[str, Any]
) -> str:
    """Python that trains the same network from scratch, on the same machine to the same bytes.

    Each argument is written out that is not the default of its function.

    Args:
        task: The task.
        rule: Name of the rule.
        network: Arguments of :func:`network_for`.
        learning: Arguments of the rule.
        training: Arguments of :func:`train`.
    """
    arguments = suited_arguments(task, **network)
    sizes = ("task.n_inputs", repr(arguments.pop("n_units")), "task.n_outputs", "dt=task.dt")
    settings = {name: value for name, value in training.items() if name != "resume"}
    made = task_in_python(task)
    names = sorted({*re.findall(r"\b([A-Z]\w+)\(", made)})
    return "\n".join(
        [
            "import torch",
            "",
            "from cogdyn.agents import RateRNN, train",
            f"from {_module_of_rule(rule)} import {rule}",
            f"from cogdyn.envs import {', '.join([*names, 'make_task'])}",
            *(f"import {module}" for module in modules_of(task)),
            "",
            "torch.set_num_threads(1)",
            f"task = {made}",
            f"network = {_call('RateRNN', *sizes, **_changed(RateRNN, arguments))}",
            f"run = {_call('train', 'task', 'network', _call(rule, **learning), **_changed(train, settings))}",
        ]
    )


def task_in_python(value: Any) -> str:
    """The call that makes a task, and those that make the tasks it is made of; another value as it is written."""
    if isinstance(value, tuple) and any(isinstance(part, Task) for part in value):
        return f"({', '.join(map(task_in_python, value))},)"
    if not isinstance(value, Task):
        return repr(value)
    if isinstance(value, PaintedTask):
        return _call("make_task", repr(value.name), **changed_arguments(value))
    parts = {name: " ".join(task_in_python(part).split()) for name, part in changed_arguments(value).items()}
    return _call(value.name, *(f"{name}={part}" for name, part in parts.items()))


def _module_of_rule(name: str) -> str:
    return OWN_RULES[name].__module__ if name in OWN_RULES else "cogdyn.agents.rules"


def _changed(function: Any, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that are not the defaults of a function."""
    parameters = inspect.signature(function).parameters
    return {name: value for name, value in arguments.items() if value != parameters[name].default}


def _call(function: str, *written: str, **arguments: Any) -> str:
    """A call: positional arguments as they are written, the others by name and value."""
    parts = [*written, *(f"{name}={value!r}" for name, value in arguments.items())]
    line = f"{function}({', '.join(parts)})"
    if len(line) <= WIDTH:
        return line
    unbroken = ", ".join(part.replace(" ", "\0") for part in parts)
    lines = textwrap.fill(unbroken, WIDTH, initial_indent=INDENT, subsequent_indent=INDENT, break_long_words=False)
    return f"{function}(\n{lines},\n)".replace("\0", " ")
