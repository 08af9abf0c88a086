"""Trials packed small, with all that a page needs to run them: it has no Python behind it."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np

from ...envs.errors import ArgumentError
from ...envs.gym.rewards import Responses, Rewards, score_responses
from ...envs.numbers import whole_number
from ...envs.painted_task import PaintedTask
from ...envs.trial import TrialBatch
from ...envs.typechecked import typechecked
from .session import slowed

LEVELS = 127
"""Inputs are whole numbers of so many steps, up and down."""


@typechecked
def packed_trials(task: PaintedTask, n_trials: int = 64, seed: int = 0) -> dict[str, Any]:
    """Pack trials of a task of choices for the page: what is shown, and what each answer would earn.

    They are those of ``task.sample(n_trials, seed)``; 64 of them are the first trials of :class:`cogdyn.envs.TrialEnv`
    with this seed, by whose rules the page runs them. What is shown has 8 bits and differs from the inputs by half a
    step at most.

    Args:
        task: A task whose trials do not depend on what is answered.
        n_trials: Number of trials.
        seed: Seed of the trials.

    Returns:
        JSON values: the ``task`` by name, its ``dt``, ``inputs`` and ``outputs`` by name, ``rewards``,
        ``correct_from``, ``speed``, ``chance``, ``ceiling``, ``scale``, the step of what is shown, and ``trials``,
        each with ``shown``, bins by channels as base64 of signed bytes, ``length``, ``periods``, ``windows``,
        ``answers``, ``conditions``, ``ideal``, what the ideal observer answers in each window, and ``scores``: row b,
        column k has the score of class k + 1 in bin b of the response period, the last row that of no answer; None
        where the classes alone count.

    Raises:
        ValueError: If the task is a session of choices that depend on each other, or asks for no choice.
    """
    whole_number("n_trials", n_trials, minimum=1)
    if task.kind != "choice" or task.n_segments > 1:
        reason = f"its outputs are {task.kind}" if task.kind != "choice" else "its trials depend on what is chosen"
        raise ArgumentError(f"{task.name} is not packed, since {reason}; tasks of choices in single trials are.")
    batch = task.sample(n_trials, seed)
    scale = float(np.abs(batch.inputs).max()) / LEVELS or 1.0
    ideal = np.array(task.choices(task.ideal(batch), batch))
    rewards = Rewards()
    return {
        "task": task.name,
        "dt": float(task.dt),
        "inputs": [str(name) for name in task.input_names],
        "outputs": [str(name) for name in task.output_names],
        "rewards": {name: getattr(rewards, name) for name in ("correct", "error", "abort", "miss")},
        "correct_from": float(task.correct_from),
        "speed": slowed(task),
        "chance": float(task.chance),
        "ceiling": float(task.ceiling),
        "scale": scale,
        "trials": [_trial(task, batch, k, scale, ideal[:, k].tolist()) for k in range(n_trials)],
    }


def _trial(task: PaintedTask, batch: TrialBatch, number: int, scale: float, ideal: list[int]) -> dict[str, Any]:
    one = batch.trial(number)
    windows = [(int(start[0]), int(stop[0])) for start, stop in one.windows(task.response_period)]
    return {
        "shown": base64.b64encode(np.rint(one.inputs[:, 0] / scale).astype(np.int8).tobytes()).decode(),
        "length": len(one.inputs),
        "periods": [[name, int(start[0]), int(stop[0])] for name, (start, stop) in one.periods.items()],
        "windows": windows,
        "answers": [int(one.targets[stop - 1, 0]) for _, stop in windows],
        "conditions": {name: value[0].item() for name, value in one.conditions.items()},
        "ideal": ideal,
        "scores": None if task.scored_by_class else _scores(task, one, windows),
    }


def _scores(task: PaintedTask, one: TrialBatch, windows: list[tuple[int, int]]) -> list[list[float]]:
    """Score of each class in each bin of the response period, and of no answer in a last row."""
    if len(windows) != 1:
        raise ArgumentError(f"{task.name} is not packed: it scores several answers by their moments.")
    ((start, stop),) = windows
    actions = np.zeros((len(one.inputs), 1, task.n_outputs))

    def score(choice: int, moment: int) -> float:
        response = (np.array([[choice]]), np.array([[moment]]), one.targets[[stop - 1]], actions)
        return float(score_responses(task, Responses(*response), lambda: one)[0])

    rows = [[score(choice, moment) for choice in range(1, task.n_outputs)] for moment in range(start, stop)]
    return [*rows, [score(0, 0)]]
