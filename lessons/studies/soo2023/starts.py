"""What the study of starts varies beside the arm: the readout's bias, input weights, costs, and the kind of network."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch

from ....agents import RateRNN
from ....agents.credit.loss_rule import LossRule
from ....envs import Task
from ..study import Job, Row
from .arms import ARMS, SMALL, Arm, authors_network, cell_of, dasc, gradient_skip, sctt, task_of, trained
from .timescales import autocorrelation_ms

GAIN_1 = {"gain": 50**0.5} | SMALL
START_ARMS: dict[str, Arm] = {name: arm for name, arm in ARMS.items() if name != "base, clipped"} | {
    "gain 1 + SCTT": Arm(sctt, GAIN_1),
    "gain 1 + DASC": Arm(dasc, GAIN_1),
    "gain 1 + gradient skip": Arm(gradient_skip, GAIN_1),
}
"""The arms of the study of bridges, and bridges on a start with strong synapses."""

COSTS: dict[str, dict[str, Any]] = {
    "none": {},
    "authors": {"rate_penalty": 1e-5, "weight_penalty": 1e-5, "penalty": "absolute"},
    "rates": {"rate_penalty": 1e-3},
}
"""Costs that are added to the loss: none; sizes of rates and weights, as in the authors' code; squared rates."""

KINDS: dict[str, dict[str, Any]] = {
    "relu": {},
    "tanh": {"activation": "tanh"},
    "softplus": {"activation": "softplus"},
    "Dale": {"dale": 0.8},
    "25 units": {"n_units": 25},
    "100 units": {"n_units": 100},
    "200 units": {"n_units": 200},
    "voltage leak": {"leak": "voltage"},
    "no noise": {"noise": 0.0},
    "noise of .2": {"noise": 0.2},
}
"""Kinds of networks: the authors' with 50 rectified units, and what differs from it."""

INPUT = 5.0
"""Factor on the input weights of a slow start that makes them N(0, 1), as the authors have them."""

Setting = tuple[str, bool, float, str, str]


def setting_of(row: Job) -> Setting:
    """Arm, bias, factor on input weights, cost and kind: all by which networks differ besides seeds."""
    return row["arm"], row["bias"], row["input_gain"], row["cost"], row["kind"]


def setting_words(setting: Setting) -> str:
    """A setting in words: ``slow mode, bias, input, cost of rates``."""
    arm, bias, input_gain, cost, kind = setting
    words = [arm, "bias" if bias else "", "input" if input_gain == INPUT else ""]
    words += [{"none": "", "authors": "authors' costs", "rates": "cost of rates"}[cost], "" if kind == "relu" else kind]
    return ", ".join(filter(None, words))


def start_network(task: Task, setting: Setting, seed: int) -> RateRNN:
    """The network of a setting: inputs to the first 40 % of the units, output from the next 40 %, a sigmoid readout."""
    arm, _, input_gain, _, kind = setting
    others = START_ARMS[arm].network | KINDS[kind]
    n_units = others.get("n_units", 50)
    first, second = round(0.4 * n_units), round(0.8 * n_units)
    read = {"input_units": range(first), "output_units": range(first, second), "readout_activation": "sigmoid"}
    gain = others.get("input_gain", 1.0) * input_gain
    return authors_network(task, seed, {"n_units": n_units} | read | others | {"input_gain": gain})


def start_rule(setting: Setting, steps: int, lr: float, dt: float) -> LossRule:
    """The learning rule of a setting, with its costs."""
    rule = START_ARMS[setting[0]].rule(steps, lr, dt)
    assert isinstance(rule, LossRule)
    return replace(rule, **COSTS[setting[3]])


def measure_starts(job: Job) -> list[Row]:
    """Train the networks of a job; when each reached the criterion, how it scores, and how slow it is in the end.

    A job without a criterion trains to its last update; its networks count as solved if they end above 95 %.
    """
    task, setting = task_of(*cell_of(job)), setting_of(job)
    network, rule = (
        start_network(task, setting, job["first_seed"]),
        start_rule(setting, job["steps"], job["lr"], job["dt"]),
    )
    return [
        row | {"eigenvalue": largest_eigenvalue(one), "autocorrelation_ms": autocorrelation_ms(one)}
        for row, one in trained(job, task, network, rule, readout_bias="targets" if job["bias"] else None)
    ]


@torch.no_grad()
def largest_eigenvalue(network: RateRNN) -> float:
    """Largest real part of the eigenvalues of W; where it is 1, activity of rectified units neither fades nor grows."""
    return torch.linalg.eigvals(network.recurrent_weights.double()).real.max().item()
