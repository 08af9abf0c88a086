"""The networks that the study of two mechanisms behind one reach compares: their settings, task and training."""

from __future__ import annotations

from dataclasses import replace
from math import sqrt

import numpy as np

from ....agents import RateRNN, train
from ....agents.rules.bptt import BPTT
from ....agents.training.run import Run
from ....envs.durations import Uniform
from ....envs.tasks.reaching import DelayedReach
from ....envs.trial import TrialBatch
from ..study import Job

DT, TAU, N_UNITS = 10.0, 50.0, 100
PROBE_DELAY_MS = 400
BATCH = 20
WEIGHT_PENALTY = 0.01
GAINS = {"tanh": 1.1, "relu": 1.0, "rectified_tanh": 1.0, "softplus": 2.0}
"""Gain of the initial recurrent weights by activation: about 1 over its slope at rest, which is 1/2 for softplus.

With 1.0, softplus networks did not learn to reach for a target that is gone: what they saw faded in the delay.
"""

ACTIVATIONS = ("tanh", "relu", "softplus")
RATE_PENALTIES = (0.0, 1e-3, 1e-2, 1e-1)
TARGETS = ("held", "extinguished_at_go")
NOISES = (0.02, 0.5)
"""Standard deviations of the input noise of one bin in training."""


def setting(
    activation: str,
    rate_penalty: float,
    target: str,
    noise: float,
    code: str = "xy",
    *,
    updates: int = 1200,
    networks: int = 5,
    surrogates: int = 200,
) -> Job:
    """A job: networks of one setting, which differ in their seed alone."""
    return {
        "activation": activation,
        "rate_penalty": rate_penalty,
        "target": target,
        "noise": noise,
        "code": code,
        "updates": updates,
        "first_seed": 0,
        "networks": networks,
        "surrogates": surrogates,
    }


def task_of(job: Job) -> DelayedReach:
    """The delayed reach on which a job trains; go never comes in a tenth of its trials."""
    return DelayedReach(
        dt=DT,
        # The task counts noise by what is left of it after an average over 100 ms.
        noise=job["noise"] / sqrt(100 / DT),
        target_input=job["target"],
        target_code=job["code"],
        catch=0.1,
        delay_ms=Uniform(200, 600, 20),
        reaction_ms=150,
        end_ms=250,
    )


def network_of(job: Job) -> RateRNN:
    """The first network of a job, untrained; the state before the first bin is learned, from 0 on."""
    task = task_of(job)
    return RateRNN(
        task.n_inputs,
        N_UNITS,
        task.n_outputs,
        dt=DT,
        tau=TAU,
        activation=job["activation"],
        noise=0.05,
        self_connections=True,
        gain=GAINS[job["activation"]],
        input_gain=0.5,
        readout_gain=0.2,
        seed=job["first_seed"],
    )


def runs_of(job: Job) -> list[Run]:
    """The networks of a job after their training, with all that it takes to train them again."""
    updates = job["updates"]
    rule = BPTT(
        lr=((0, 1e-3), (max(1, round(0.7 * updates)), 2e-4)),
        clip=1.0,
        rate_penalty=job["rate_penalty"],
        weight_penalty=WEIGHT_PENALTY,
    )
    return train(
        task_of(job),
        network_of(job),
        rule,
        updates,
        BATCH,
        seed=job["first_seed"],
        device="cpu",
        evaluate_every=updates,
        n_test=50,
        ensemble=job["networks"],
    )


def trained(job: Job) -> list[RateRNN]:
    """The networks of a job after their training, in double precision."""
    return [run.network.double() for run in runs_of(job)]


def probe(task: DelayedReach, angles: tuple[float, ...] = (), radius: float = 1.0) -> TrialBatch:
    """One trial for each target without noise, after a delay of 400 ms.

    Args:
        task: The task that was trained.
        angles: Other targets than those of the task (deg).
        radius: Their distance.
    """
    calm = replace(task, noise=0.0, catch=0.0, delay_ms=PROBE_DELAY_MS, angles=angles, radius=radius)
    n = len(angles) or task.n_targets
    return calm.lay_out({"target": np.arange(n), "go": np.ones(n, bool)}, np.random.default_rng(0))
