"""The exercises of the assignments with their judges: a module for each assignment, and this table of them."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

from ....envs.names import unknown_name
from ..judging import Exercise

MODULES = {
    1: "task_of_your_own",
    2: "bptt_by_hand",
    3: "bridge_through_time",
    4: "rflo_by_hand",
    5: "memory_of_a_network",
    6: "two_mechanisms",
    7: "policy_gradient_by_hand",
    8: "clusters_of_a_network",
}
"""Module of each assignment, by its number."""


@dataclass(frozen=True)
class Work:
    """What an assignment asks for.

    Attributes:
        exercises: Its exercises, in order.
        imports: Modules that submissions find imported already.
        hidden: Modules that submissions may not use: with them the exercise would be none.
    """

    exercises: tuple[Exercise, ...]
    imports: tuple[str, ...]
    hidden: tuple[str, ...]


def work(number: int) -> Work:
    """What an assignment asks for.

    Raises:
        ValueError: If there is no such assignment.
    """
    if number not in MODULES:
        raise unknown_name("assignment", str(number), map(str, MODULES))
    return import_module(f".{MODULES[number]}", __name__).WORK


def exercise(name: str) -> Exercise:
    """The exercise of this name, for example ``"bptt/forward"``.

    Raises:
        ValueError: If there is none.
    """
    known = {exercise.name: exercise for number in MODULES for exercise in work(number).exercises}
    if name not in known:
        raise unknown_name("exercise", name, known)
    return known[name]
