"""Trainings that are killed at random moments and resumed to their end leave the files of an uninterrupted one.

``python tests/killed_trainings.py 60`` kills 60 times, in turn in each of the trainings below.
"""

import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

import torch

from cogdyn.agents import RateRNN, train
from cogdyn.agents.rules import BPTT, CD, DASC, RFLO, SCTT, GradientSkip, NodePerturbation
from cogdyn.envs import make_task

TASK = make_task("PerceptualDecisionMaking", stimulus_ms=200, dt=20)
PHASES = {"schedule": (0.5, 0.8, 1), "anneal_steps": 40, "goal": 0.55}
TRAININGS = {
    "ensemble, BPTT": (lambda: BPTT(lr=5e-3), 3, 0.75),
    "ensemble, SCTT": (lambda: SCTT(lag_ms=100, **PHASES), 3, None),
    "ensemble, RFLO in every bin": (lambda: RFLO(lr=0.02, update_every="bin"), 2, None),
    "SCTT": (lambda: SCTT(lag_ms=100, **PHASES), None, None),
    "DASC": (lambda: DASC(lag_ms=100, **PHASES), None, None),
    "GradientSkip": (lambda: GradientSkip(lag_ms=100, **PHASES), None, None),
    "CD": (lambda: CD(**PHASES | {"schedule": (3, 2, 1)}), None, None),
    "NodePerturbation": (lambda: NodePerturbation(lr=1e-3), None, None),
}


def training(name: str, out: Path, resume: bool) -> None:
    rule, ensemble, stop_at = TRAININGS[name]
    network = RateRNN(TASK.n_inputs, 12, TASK.n_outputs, dt=TASK.dt, noise=0.1, dale=0.5, density=0.8, seed=3)
    sizes = {"batch_size": 8, "evaluate_every": 5, "n_test": 30, "seed": 1, "device": "cpu"}
    train(TASK, network, rule(), 50, out=out, resume=resume, ensemble=ensemble, stop_at=stop_at, **sizes)


def attempt(name: str, out: Path) -> None:
    try:
        training(name, out, resume=True)
    except ValueError as error:
        if "no run to resume" not in str(error):
            raise
        training(name, out, resume=False)


def in_child(name: str, out: Path) -> int:
    child = os.fork()
    if child == 0:
        try:
            attempt(name, out)
        except BaseException as error:
            print(f"{name}: {type(error).__name__}: {error}", flush=True)
            os._exit(1)
        os._exit(0)
    return child


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def main(n_kills: int) -> None:
    torch.set_num_threads(1)
    rng, kills, same = random.Random(0), 0, 0
    with tempfile.TemporaryDirectory() as parent:
        spans = {}
        for name in TRAININGS:
            begin = time.monotonic()
            training(name, Path(parent) / name / "whole", resume=False)
            spans[name] = time.monotonic() - begin
        while kills < n_kills:
            for name, span in spans.items():
                out = Path(parent) / name / f"cut {kills}"
                for _ in range(3):
                    child = in_child(name, out)
                    time.sleep(rng.uniform(0, span))
                    os.kill(child, signal.SIGKILL)
                    kills += os.waitpid(child, 0)[1] == signal.SIGKILL
                if os.waitpid(in_child(name, out), 0)[1] != 0:
                    sys.exit(f"{name} did not resume")
                ours, whole = files(out), files(out.parent / "whole")
                if differ := sorted(file for file in {*ours, *whole} if ours.get(file) != whole.get(file)):
                    sys.exit(f"{name}: {', '.join(differ)} differ from those of an uninterrupted training")
                same += 1
    print(f"{kills} kills; {same} resumed trainings, each with the files of an uninterrupted one")


if __name__ == "__main__":
    main(int(sys.argv[1]))
