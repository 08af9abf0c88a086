"""The ways to train that the study of bridges through time compares, and the training of a job's networks."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from ....agents import RateRNN, train
from ....agents.credit.rule import Rule
from ....agents.rules import BPTT, CD, DASC, SCTT, GradientSkip
from ....envs import PaintedTask, PerBatch, Task, Uniform, make_task
from ..study import Job, Row

DT, COARSE_DT = 10.0, 25.0
"""Bins (ms) of the two main tasks, and of all others."""
LR = 2e-3
"""The authors' 0.1 / N."""
CRITERION = 0.95
"""Response accuracy at which a network has learned the task."""
EVERY, N_TEST = 100, 200


@dataclass(frozen=True)
class Arm:
    """A way to train.

    Attributes:
        rule: From the cap of updates, the learning rate and dt (ms) to the learning rule.
        network: Arguments of the network that differ from the authors'.
    """

    rule: Callable[[int, float, float], Rule]
    network: dict[str, Any] = field(default_factory=dict)


def unclipped(steps: int, lr: float, dt: float) -> Rule:
    """BPTT as the authors have it."""
    return BPTT(lr=lr, clip=None)


def plain_bptt(steps: int, lr: float, dt: float) -> Rule:
    """BPTT without help."""
    return BPTT(lr=lr)


def sctt(steps: int, lr: float, dt: float) -> Rule:
    """The setting that the authors carry to rule reversal, annealed in the first half of the training."""
    return SCTT(lag_ms=200, anneal_steps=steps // 2, lr=lr)


def dasc(steps: int, lr: float, dt: float) -> Rule:
    """The setting that the authors carry to rule reversal, annealed in the first half of the training."""
    return DASC(lag_ms=200, anneal_steps=steps // 2, lr=lr)


def gradient_skip(steps: int, lr: float, dt: float) -> Rule:
    """As DASC, for errors alone."""
    return GradientSkip(lag_ms=200, anneal_steps=steps // 2, lr=lr)


def cd(steps: int, lr: float, dt: float) -> Rule:
    """Bins of 50 ms in the first half of the training."""
    return CD(schedule=(round(50 / dt), 1), anneal_steps=steps // 2, lr=lr)


SMALL = {"input_gain": 0.2, "readout_gain": 0.2}
SLOW = {"init": "slow_mode"}
ARMS: dict[str, Arm] = {
    "base": Arm(unclipped),
    "base, clipped": Arm(plain_bptt),
    "base, small readout": Arm(plain_bptt, SMALL),
    "gain 1, small readout": Arm(plain_bptt, {"gain": 50**0.5} | SMALL),
    "gaussian": Arm(plain_bptt, {"init": "gaussian"}),
    "CD": Arm(cd),
    "SCTT": Arm(sctt),
    "DASC": Arm(dasc),
    "gradient skip": Arm(gradient_skip),
    "slow mode": Arm(plain_bptt, SLOW),
    "slow mode + SCTT": Arm(sctt, SLOW),
    "slow mode + DASC": Arm(dasc, SLOW),
    "slow mode + gradient skip": Arm(gradient_skip, SLOW),
}
STARTS = ("base, clipped", "base, small readout", "gain 1, small readout", "gaussian")
"""What else a network without help and without slow modes may start with."""
KINDS: dict[str, dict[str, Any]] = {"tanh": {"activation": "tanh"}, "Dale": {"dale": 0.8}}
"""Other kinds of network in which the best arms are tried."""


def of_kind(name: str, kind: str) -> str:
    """Name of an arm with another kind of network."""
    return f"{name}, {kind}"


ALL_ARMS = ARMS | {
    of_kind(name, kind): Arm(arm.rule, arm.network | change)
    for name, arm in ARMS.items()
    for kind, change in KINDS.items()
}


Cell = tuple[str, float, float]


def cell_of(row: Job) -> Cell:
    """Task, delay and bins (ms): what arms have to share to be compared."""
    return row["task"], row["delay_ms"], row["dt"]


def task_of(name: str, delay_ms: float, dt: float = DT) -> PaintedTask:
    """A task of the paper with another delay, jittered by a tenth as theirs; 0 keeps the task as it is."""
    delay = {"delay_ms": PerBatch(Uniform(0.9 * delay_ms, 1.1 * delay_ms))} if delay_ms else {}
    return cast(PaintedTask, make_task(name, preset="soo2023", **{"dt": dt} | delay))


def network_of(task: Task, arm: str, seed: int) -> RateRNN:
    """The authors' network: inputs to the first 40 % of the units, output from the next 40 %, a sigmoid readout."""
    read = {"input_units": range(20), "output_units": range(20, 40), "readout_activation": "sigmoid"}
    return authors_network(task, seed, read | ALL_ARMS[arm].network)


def authors_network(task: Task, seed: int, others: dict[str, Any]) -> RateRNN:
    """A network with the size, the time constant, the noise and the initial weights of the paper's.

    Args:
        task: The task.
        seed: Seed of the weights.
        others: What else it is given.
    """
    arguments: dict[str, Any] = {
        "n_units": 50,
        "init": "soo2023",
        "leak": "rate",
        "tau": 100.0,
        "noise": 0.07,
        "self_connections": True,
        "train_readout_bias": False,
        "train_h0": False,
    }
    return RateRNN(task.n_inputs, n_outputs=task.n_outputs, dt=task.dt, seed=seed, **arguments | others)


def measure_rate_networks(job: Job) -> list[Row]:
    """Train the networks of a job; when each reached the criterion, and its state at the end."""
    task = task_of(*cell_of(job))
    rule = ALL_ARMS[job["arm"]].rule(job["steps"], job["lr"], job["dt"])
    return [row for row, _ in trained(job, task, network_of(task, job["arm"], job["first_seed"]), rule)]


def trained(job: Job, task: Task, network: RateRNN, rule: Rule, **how: Any) -> list[tuple[Row, RateRNN]]:
    """Train the networks of a job at once, and say of each when it reached the criterion, and how it ended.

    Args:
        job: Its steps, seed, criterion and number of networks; without a criterion all train to the last update.
        task: The task.
        network: The first network.
        rule: The rule.
        **how: Other arguments of :func:`train`.
    """
    start = time.process_time()
    runs = train(
        task,
        network,
        rule,
        job["steps"],
        batch_size=20,
        seed=job["first_seed"],
        device="cpu",
        stop_at=job["criterion"],
        evaluate_every=EVERY,
        n_test=N_TEST,
        ensemble=job["networks"],
        **how,
    )
    cpu = (time.process_time() - start) / len(runs)
    goal = CRITERION if job["criterion"] is None else job["criterion"]
    rows = [
        {
            "network": s,
            "solved": run.metrics[-1]["score"] >= goal,
            "updates": run.step,
            "score": run.metrics[-1]["score"],
            "best_score": max(row["score"] for row in run.metrics),
            "cpu_seconds": cpu,
        }
        for s, run in enumerate(runs)
    ]
    return [(row, run.network) for row, run in zip(rows, runs, strict=True)]
