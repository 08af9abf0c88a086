"""What the command line shows of the project's tasks and rules, read from a file that is written beforehand.

So that they are listed without making 80 tasks or loading torch. Each fact has its place in the class of its task or
rule; ``make tables`` writes the file again, and a test compares it with the classes.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any, NamedTuple

FILE = Path(__file__).with_name("facts.json")


class TaskFacts(NamedTuple):
    """What the table of tasks shows of one, with its default arguments.

    Attributes:
        family: Its family.
        response: Kind of response.
        n_inputs, n_outputs: Numbers of channels and of outputs.
        bins: Mean length of a trial.
        chance: Score of a guesser.
        channels: Groups of input channels, in words.
    """

    family: str
    response: str
    n_inputs: int
    n_outputs: int
    bins: str
    chance: str
    channels: str


class RuleFacts(NamedTuple):
    """What the table of rules shows of one, and what is to be read of it alone.

    Attributes:
        family: Its family.
        changes: When weights change, in words.
        local: "yes" or "no"; "not applicable" where no synapse onto a unit changes.
        sentence: What it is.
        text: The docstring without arguments, in ordinary characters.
        arguments: The name of each argument, its default and its meaning.
        source: The paper it comes from.
        loop: Whether it learns in every bin on a compiled loop where numba is installed.
    """

    family: str
    changes: str
    local: str
    sentence: str
    text: str
    arguments: list[tuple[str, str, str]]
    source: str
    loop: bool


def task_facts() -> dict[str, TaskFacts]:
    """The facts of the project's tasks, by name."""
    return {name: TaskFacts(*row) for name, row in _written()["tasks"].items()}


def rule_facts() -> dict[str, RuleFacts]:
    """The facts of all rules, by name."""
    return {name: RuleFacts(*row) for name, row in _written()["rules"].items()}


@functools.cache
def _written() -> dict[str, Any]:
    return json.loads(FILE.read_text(encoding="utf-8"))
