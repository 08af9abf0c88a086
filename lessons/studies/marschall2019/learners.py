"""The tasks, networks and rules that the study of local plasticity compares, and what is measured in a job."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from ....agents import RateRNN
from ....agents.credit.rule import Rule
from ....agents.network.ensemble import ensemble_of
from ....agents.rules import (
    DNI,
    FBPTT,
    KFRTRL,
    RFLO,
    RKF,
    UORO,
    Compartments,
    KeRNL,
    ReadoutOnly,
    SnAp1,
    TruncatedBPTT,
)
from ....envs import PaintedTask, make_task
from ..study import Job, Row
from .measures import agreements, finite, foresight, learn

DT, N_PROBE = 10.0, 50


@dataclass(frozen=True)
class Setting:
    """What is to be learned, and by which network.

    Attributes:
        task: Name of the task.
        arguments: Its arguments.
        alpha: dt / tau of all units.
        n_units: Number of units.
        gain: Gain of the orthogonal initial recurrent weights.
    """

    task: str
    arguments: dict[str, Any]
    alpha: float
    n_units: int = 32
    gain: float = 1.0

    def make(self) -> PaintedTask:
        """The task."""
        return cast(PaintedTask, make_task(self.task, dt=DT, **self.arguments))


SETTINGS: dict[str, Setting] = {
    "add 4, 6": Setting("Add", {"lags": (4, 6)}, alpha=1.0),
    "add 6, 10": Setting("Add", {"lags": (6, 10)}, alpha=1.0),
    "add 5, 7, leaky": Setting("Add", {"lags": (5, 7), "tau_task": 2, "n_steps": 50}, alpha=0.5),
    "add 4, 6, hard": Setting("Add", {"lags": (4, 6), "noise": 0.05}, alpha=0.5, n_units=16, gain=0.7),
    "mimic": Setting("Mimic", {"n_steps": 100}, alpha=1.0),
}
"""The first is as in the paper, the next two as in the framework; the hard one cannot be done by a random network."""


@dataclass(frozen=True)
class Learner:
    """A way to learn.

    Attributes:
        rule: From the learning rate and the task to the rule.
        of: The learner of whose setting it is a variant, whose learning rate it takes; None if it is none.
    """

    rule: Callable[[float, PaintedTask], Rule]
    of: str | None = None


def in_every_bin(kind: Callable[..., Rule], **arguments: Any) -> Callable[[float, PaintedTask], Rule]:
    """A rule whose weights change in every bin."""
    return lambda lr, task: kind(update_every="bin", lr=lr, **arguments)


def truncated(steps: int | None) -> Callable[[float, PaintedTask], Rule]:
    """Backpropagation in windows of so many steps, None for whole trials, and Adam, at a fifth of the learning rate."""

    def rule(lr: float, task: PaintedTask) -> Rule:
        window = len(task.sample(1, seed=0).inputs) if steps is None else steps
        return TruncatedBPTT(window_ms=window * task.dt, lr=lr / 5)

    return rule


def compartments(**arguments: Any) -> Learner:
    """A variant of the multi-compartment network."""
    return Learner(in_every_bin(Compartments, **arguments), of="compartments")


LEARNERS: dict[str, Learner] = {
    "readout only": Learner(in_every_bin(ReadoutOnly)),
    "BPTT": Learner(truncated(None)),
    "E-BPTT 10": Learner(truncated(10)),
    "F-BPTT 10": Learner(in_every_bin(FBPTT, horizon_ms=10 * DT)),
    "RFLO": Learner(in_every_bin(RFLO, feedback="symmetric")),
    "RFLO, random feedback": Learner(in_every_bin(RFLO, feedback="random"), of="RFLO"),
    "SnAp-1": Learner(in_every_bin(SnAp1)),
    "KeRNL": Learner(in_every_bin(KeRNL)),
    "UORO": Learner(in_every_bin(UORO)),
    "KF-RTRL": Learner(in_every_bin(KFRTRL)),
    "R-KF": Learner(in_every_bin(RKF)),
    "DNI": Learner(in_every_bin(DNI)),
    "compartments": Learner(in_every_bin(Compartments)),
    "compartments, symmetric feedback": compartments(feedback="symmetric"),
    "compartments, exact J": compartments(jacobian="exact"),
    "compartments, J = 0": compartments(jacobian="zero"),
    "compartments, J frozen": compartments(jacobian="frozen"),
    "compartments, J random at first": compartments(jacobian="random"),
    "compartments, J zero at first": compartments(jacobian="from_zero"),
    "compartments, fast J": compartments(lr_jacobian=1e-2),
    "compartments, identity": compartments(bootstrap="identity"),
    "compartments, shared transport": compartments(transport="shared"),
    "compartments, random mirror": compartments(mirror="random", mirror_decay=1e-3),
    "compartments, alternating": compartments(phases="alternate"),
}


COMPARED = ("BPTT", "E-BPTT 10", "F-BPTT 10", "RFLO", "RFLO, random feedback", "SnAp-1", "UORO", "KF-RTRL", "R-KF")
"""Rules that learn nothing for themselves: what they would do with the networks of any other can be asked at once."""


def network_of(setting: Setting, seed: int) -> RateRNN:
    """The authors' network: tanh, a leak on the rate, orthogonal recurrent weights, biases of 0."""
    task = setting.make()
    return RateRNN(
        task.n_inputs,
        setting.n_units,
        task.n_outputs,
        dt=DT,
        tau=DT / setting.alpha,
        activation="tanh",
        leak="rate",
        init="orthogonal",
        gain=setting.gain,
        readout_gain=2.0,
        self_connections=True,
        train_h0=False,
        seed=seed,
    )


def measure(job: Job) -> list[Row]:
    """Train the networks of a job; loss on trials never seen, agreement with other rules at the end, and cost."""
    setting, seed = SETTINGS[job["setting"]], job["first_seed"]
    task = setting.make()
    ensemble = ensemble_of(network_of(setting, seed), job["networks"])
    rule = LEARNERS[job["learner"]].rule(job["lr"], task)
    course = learn(task, ensemble, rule, job["updates"], seed)
    others = {name: LEARNERS[name].rule(job["lr"], task) for name in COMPARED}
    probe = task.sample(N_PROBE, seed=seed)
    cosines, foresights = agreements(rule, others, ensemble, probe, seed), foresight(rule, ensemble, probe)
    return [
        {
            "network": s,
            "loss": None if course.diverged[s] else float(course.losses[-1, s]),
            "diverged": bool(course.diverged[s]),
            **{f"loss_{k}": finite(value) for k, value in enumerate(course.losses[:-1, s])},
            "alignment": cosines["BPTT"][s],
            **{f"with {name}": cosines[name][s] for name in COMPARED if name != "BPTT"},
            "foresight": foresights[s],
            "cpu_seconds": course.cpu_seconds,
        }
        for s in range(job["networks"])
    ]
