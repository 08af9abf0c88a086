"""What a person answers a task with: keys, and the action that they make of each bin."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, final

import numpy as np

from ...envs.task import Task

CLASS_KEYS = (*"123456789", *"abcdefghijklmnoprstuvwxyz")
"""Keys of classes 1, 2, ...: no q, which quits."""
ARROWS = {"left": (0, -1.0), "right": (0, 1.0), "down": (1, -1.0), "up": (1, 1.0)}
"""Output that an arrow changes, and its sign."""
EXAMPLES = ("PerceptualDecisionMaking", "DelayMatchSample", "ReversalBandit", "ReadySetGo", "DelayedReach")
N_DIRECTIONS = 8
STEP = 0.2
PRESSES = 4.25
"""Presses for the longest reach; with it, whole numbers of presses come near all of eight targets."""


class Controls(ABC):
    """Keys that are pressed in the course of a bin, and the action that they make.

    Attributes:
        keys: What each key does, in the order in which keys are shown; ``space`` is the one key for nothing.
        echo: What was last pressed in this trial, in words; empty before.
        holds: Whether an answer lasts until the next key.
        gauges: Names of numbers to show next to the inputs, all in [-1, 1].
    """

    keys: dict[str, str]
    echo: str = ""
    holds: bool = False
    gauges: tuple[str, ...] = ()

    @final
    def begin(self) -> None:
        """Begin a trial: nothing has been pressed yet."""
        self.echo = ""
        self.release()

    @final
    def press(self, key: str) -> bool:
        """Press a key; returns whether it means anything. The last one of a bin counts."""
        key = "space" if key in (" ", "0") else key
        if key not in self.keys:
            return False
        self.echo = self.keys[key]
        self.act(key)
        return True

    @property
    def values(self) -> np.ndarray:
        """Numbers of the gauges."""
        return np.zeros(0)

    @abstractmethod
    def release(self) -> None:
        """Go back to the state at the beginning of a trial."""

    @abstractmethod
    def act(self, key: str) -> None:
        """Take account of one of the keys."""

    @abstractmethod
    def take(self) -> Any:
        """The action of the bin that is over."""


@final
class ClassKeys(Controls):
    """A key for each class; a bin without one fixates."""

    def __init__(self, task: Task):
        first, *classes = task.output_names
        self.keys = {"space": first, **dict(zip(CLASS_KEYS, classes, strict=False))}
        self._numbers = {key: number for number, key in enumerate(self.keys)}
        self.release()

    def release(self) -> None:
        self._class = 0

    def act(self, key: str) -> None:
        self._class = self._numbers[key]

    def take(self) -> int:
        action, self._class = self._class, 0
        return action


@final
class DirectionKeys(Controls):
    """Keys for directions of an output ring with an output for fixation; a direction is held until the next key."""

    holds = True

    def __init__(self, task: Task):
        n = task.n_outputs - 1
        pointed = np.unique(np.arange(N_DIRECTIONS) * n // N_DIRECTIONS) + 1
        names = [task.output_names[i] for i in pointed]
        self.keys = {"space": task.output_names[0], **dict(zip(CLASS_KEYS, names, strict=False))}
        self._outputs = dict(zip(self.keys, [0, *pointed.tolist()], strict=True))
        self._n = n + 1
        self.release()

    def release(self) -> None:
        self._output = 0

    def act(self, key: str) -> None:
        self._output = self._outputs[key]

    def take(self) -> np.ndarray:
        return np.eye(self._n, dtype=np.float32)[self._output]


@final
class ArrowKeys(Controls):
    """Arrows that move one or two outputs in steps or, where outputs are velocities, push a hand step by step."""

    def __init__(self, task: Task):
        names, n = task.output_names, task.n_outputs
        self._velocity = all(name.startswith("velocity") for name in names)
        self.keys = {
            key: f"{names[output].removeprefix('velocity ')} {'-' if sign < 0 else '+'}"
            for key, (output, sign) in ARROWS.items()
            if output < n
        }
        self.gauges = tuple(f"you: {name.replace('velocity', 'moved')}" for name in names)
        self._n = n
        self._reach = _longest_reach(task) if self._velocity else 1.0
        self.release()

    @property
    def values(self) -> np.ndarray:
        return self._moved / self._reach if self._velocity else self._moved

    def release(self) -> None:
        # Bins at full speed that were pressed for but not yet made, and those made; of positions, where they are.
        self._owed, self._moved = np.zeros((2, self._n))

    def act(self, key: str) -> None:
        output, sign = ARROWS[key]
        if self._velocity:
            self._owed[output] += sign * self._reach / PRESSES
        else:
            self._moved[output] = np.clip(self._moved[output] + sign * STEP, -1, 1)

    def take(self) -> np.ndarray:
        if not self._velocity:
            return self._moved.astype(np.float32)
        speed = np.clip(self._owed, -1, 1)
        self._owed = self._owed - speed
        self._moved = self._moved + speed
        return speed.astype(np.float32)


def controls_of(task: Task) -> Controls:
    """The keys that a task is played with.

    Raises:
        ValueError: If a person cannot answer it with keys.
    """
    names = task.output_names
    if task.kind == "choice" and len(names) <= len(CLASS_KEYS) + 1:
        return ClassKeys(task)
    if task.kind == "continuous" and len(names) <= 2:
        return ArrowKeys(task)
    if task.kind == "continuous" and names[0] == "fixate" and all(name.endswith("°") for name in names[1:]):
        return DirectionKeys(task)
    what = {"choice": "classes", "continuous": "numbers in each bin", "probability": "probabilities in each bin"}
    raise ValueError(
        f"{task.name} asks for {len(names)} {what[task.kind]}, more than a person can give with keys; "
        f"tasks to play: {', '.join(EXAMPLES)}."
    )


def _longest_reach(task: Task) -> float:
    """Bins at full speed that the longest of some reaches takes."""
    targets = task.sample(64, seed=0).targets
    return float(np.linalg.norm(targets.sum(axis=0), axis=-1).max()) or 1.0
