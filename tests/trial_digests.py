"""The bytes of a few trials of every task, as digests, and the table of them: trials are the same on every machine.

``python tests/trial_digests.py`` compares what this process paints with the table and names what differs.

    --add      adds the rows of tasks and presets that are new, and leaves all others as they are
    --write    writes the whole table: do that where trials are meant to change (or NumPy's random streams did), and say
               so in CHANGELOG.md, since what was trained before has seen other trials
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np

from cogdyn.envs import (
    Blocks,
    LastOutcome,
    Mixture,
    Noisy,
    ReactionTime,
    Reporting,
    Ring,
    SideBias,
    Task,
    TrialBatch,
    TrialHistory,
    TruncatedExponential,
    make_task,
    task_names,
)

TABLE = Path(__file__).with_suffix(".json")


def others() -> dict[str, Task]:
    """What presets leave out: other outputs, rings and durations, and tasks made of tasks."""
    decision = make_task("PerceptualDecisionMaking", stimulus_ms=400)
    return {
        "muscles": make_task("DelayedReach", output="emg", catch=0.2),
        "positions": make_task("DelayedReach", output="position+velocity", target_code="one_hot"),
        "centre-out velocity": make_task("CenterOut", output="velocity"),
        "one cycle": make_task("CyclePattern", harmonics=(1, 3, 5), amplitudes=(1.0, 0.7, 0.2), cue="constant"),
        "sampled labels": make_task("Add", labels="samples"),
        "Gaussian ring": make_task("DelayMatchSample", ring=Ring(32, "gaussian")),
        "von Mises ring": make_task("yang19.dmc", ring=Ring(32, kappa=8.0), balanced=True),
        "exponential delays": make_task("DelayResponse", delay_ms=TruncatedExponential(500, 200, 2000)),
        "Noisy": Noisy(task=make_task("DelayMatchSample"), added=0.2),
        "Noisy, frozen": Noisy(task=make_task("DawTwoStep"), added=0.2, frozen=True),
        "Reporting": Reporting(task=make_task("yang19.dms"), group="modality 1", seen="stimulus", reported="response"),
        "Mixture": Mixture(tasks=[make_task("Stroop"), make_task("Flanker")], weights=(1, 2)),
        "SideBias": SideBias(task=decision, p=(0.8, 0.2)),
        "Blocks": Blocks(tasks=[SideBias(task=decision, p=(p, 1 - p)) for p in (0.8, 0.2)], n_trials=30, hazard=0.1),
        "TrialHistory": TrialHistory(task=decision, n_trials=30),
        "LastOutcome": LastOutcome(task=make_task("DawTwoStep")),
        "ReactionTime": ReactionTime(task=decision, cost=0.1),
        "ibl20": replace(make_task("PerceptualDecisionMaking", preset="ibl20"), n_trials=150),
    }


def settings() -> Iterator[tuple[str, Task]]:
    """A name and a task: every task and each of its presets; with noise too where it has none."""
    for name in task_names():
        for preset in (None, *make_task(name).presets):
            task = make_task(name, preset=preset)
            label = name if preset is None else f"{name}, {preset}"
            yield label, task
            if task.noise == 0:
                yield f"{label}, noise", replace(task, noise=0.1)
    yield from others().items()


def digest(batch: TrialBatch) -> str:
    """SHA-256 of every array of a batch, with its name, type and shape."""
    arrays = {"inputs": batch.inputs, "targets": batch.targets, "mask": batch.mask, **batch.conditions}
    arrays |= {f"{name} {end}": span[i] for name, span in batch.periods.items() for i, end in enumerate(("on", "off"))}
    total = sha256()
    for name, array in arrays.items():
        little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
        total.update(f"{name} {little.dtype.str} {little.shape}\n".encode())
        total.update(little.tobytes())
    return total.hexdigest()


def painted() -> dict[str, str]:
    """The digest of eight trials of every setting, as this process paints them."""
    return {name: digest(task.sample(8, seed=1)) for name, task in settings()}


def differing() -> list[str]:
    """Names of the settings whose trials are not those of the table; of a new one, how to add it."""
    table, here = json.loads(TABLE.read_text()), painted()
    new = [f"{name} (new: python tests/trial_digests.py --add)" for name in here if name not in table]
    return new + [name for name in table if table[name] != here.get(name)]


def write(digests: dict[str, str]) -> None:
    """Write the table."""
    TABLE.write_text(json.dumps(digests, indent=2) + "\n")


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        write(painted())
    elif sys.argv[1:] == ["--add"]:
        write(painted() | json.loads(TABLE.read_text()))
    elif names := differing():
        sys.exit(f"{len(names)} of {len(painted())} differ from {TABLE.name}: {'; '.join(names)}.")
