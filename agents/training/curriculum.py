"""Training from easy to hard."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ...envs.curriculum import Curriculum
from ...envs.numbers import whole_number
from ...envs.typechecked import typechecked
from ..credit.rule import Rule
from ..network.protocol import Network
from .loop import train
from .model_file import MODEL
from .run import Run


@typechecked
def train_curriculum(
    curriculum: Curriculum,
    network: Network,
    rule: Rule,
    steps: int = 1000,
    *,
    out: str | os.PathLike[str] | None = None,
    resume: bool = False,
    **settings: Any,
) -> list[Run[Any]]:
    """Train a network level by level; each level ends when its goal is reached, and its run is kept.

    Args:
        curriculum: The levels; it receives every score.
        network: The network, changed in place.
        rule: The learning rule; what it remembers is kept from level to level.
        steps: Largest number of updates on each level; training ends with a level that needs more.
        out: Folder of the runs, ``out/level-1``, ``out/level-2``, ...; nothing is written when None.
        resume: Go on with the runs in ``out``.
        **settings: Any other argument of :func:`train`, as batch_size, seed, device or progress.

    Returns:
        The run of each level, the last of them with the network as it is now.

    Raises:
        ValueError: As :func:`train` does.
    """
    for name in ("batch_size", "evaluate_every", "n_test"):
        whole_number(name, settings.get(name, 1), minimum=1)
    runs = []
    while not curriculum.finished:
        folder, goal = None if out is None else Path(out) / f"level-{curriculum.level + 1}", curriculum.goal_score
        there = folder is not None and resume and (folder / MODEL).exists()
        run = train(curriculum.task, network, rule, steps, out=folder, stop_at=goal, resume=there, **settings)
        if there:
            rule.restore(network, run.memory)
        runs.append(run)
        if not curriculum.report(run.metrics[-1]["score"]):
            break
    return runs
