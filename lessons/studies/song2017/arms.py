"""Ways to train: by reward with full or local credit, and what shows that it is the reward that teaches."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from ....agents import behaviour, network_for, train
from ....agents.credit import ActingRule, Policy, Rollout, Rule
from ....agents.network.protocol import Network
from ....agents.rules import BPTT, ActorCritic, RewardEProp
from ....envs import make_task
from ....envs.task import Task
from ..study import Job, Row

SUPERVISED = "supervised"
GOAL = 0.9
"""Share of the score of the ideal observer that a network is to reach."""
N_MEASURED = 2000
"""Trials in which behaviour is measured after the training."""


@dataclass(frozen=True)
class Arm:
    """A way to train.

    Attributes:
        says: What it is.
        rule: Makes its rule.
    """

    says: str
    rule: Callable[[], Rule]


def shuffled(rule: ActingRule[Any]) -> ActingRule[Any]:
    """The rule, but each trial of a batch gets what another one earned, at its own end.

    Trials are drawn independently, so it is another one's reward if all are passed on to the next trial.
    """
    plain = rule.surrogate

    def surrogate(network: Network, rollout: Rollout, policy: Policy, own: Mapping[str, Tensor]) -> Tensor:
        alive = rollout.alive
        ends = alive - torch.cat([alive[1:], torch.zeros_like(alive[:1])])
        return plain(network, replace(rollout, rewards=ends * rollout.total.roll(1, -1)), policy, own)

    rule.surrogate = surrogate  # type: ignore[method-assign]
    return rule


ARMS: dict[str, Arm] = {
    "actor-critic": Arm("reward, a value readout, credit through time", ActorCritic),
    "no baseline": Arm(
        "the same without the value readout, and advantages as they are",
        lambda: ActorCritic(value_cost=0.0, gae_lambda=1.0, normalise=False),
    ),
    "shuffled reward": Arm("the same, but trials get each other's rewards", lambda: shuffled(ActorCritic())),
    "local credit": Arm("errors go back by leak and synapse of the unit itself", lambda: ActorCritic(credit="diag")),
    "reward e-prop": Arm("local traces, random feedback, one surprise for all", lambda: RewardEProp(lr=3e-3)),
    SUPERVISED: Arm("the right answer in each bin, credit through time", BPTT),
}

TASKS = ("PerceptualDecisionMaking", "ContextDecisionMaking", "DelayComparison")
"""Perceptual decisions of the paper: of one stimulus, of one of two by context, and of two in sequence."""
BY_VALUE = ("EconomicDecisionMaking", "PostDecisionWager")
"""Decisions by value of the paper: between goods, and a sure bet against a judgement."""


def goal_of(task: Task) -> float:
    """The score to reach."""
    return float(GOAL * task.ceiling)


def measure(job: Job) -> list[Row]:
    """Train a network; when it reached the goal, its score at the end, and how it behaves."""
    task = make_task(job["task"])
    network = network_for(task, 50, seed=job["seed"])
    start = time.process_time()
    run = train(
        task,
        network,
        ARMS[job["arm"]].rule(),
        job["steps"],
        seed=job["seed"],
        device="cpu",
        stop_at=goal_of(task),
    )
    cpu, last = time.process_time() - start, run.metrics[-1]
    row = {"updates": run.step, "score": last["score"], "solved": last["score"] >= goal_of(task), "cpu_seconds": cpu}
    if job["arm"] != SUPERVISED:
        row |= {"trials": run.step * 64, "abort_rate": last["abort_rate"], "miss_rate": last["miss_rate"]}
    return [row | wagers(run.network, task, job["seed"])]


def wagers(network: Network, task: Task, seed: int) -> Row:
    """How often the sure bet is taken where it is offered, in weak and in strong evidence; nothing of other tasks.

    And how often the side is right in trials in which the bet was refused, and in those in which there was none.
    """
    if task.name != "PostDecisionWager":
        return {}
    table = behaviour(network, task, N_MEASURED, seed + 1)
    choice, side, offered, c = (table[name].to_numpy() for name in ("choice", "side", "sure", "coherence"))
    offered, made = offered.astype(bool), choice > 0
    weak, strong = c <= 0.064, c >= 0.256

    def share(yes: Any, among: Any) -> float | None:
        return float(yes[among].mean()) if among.any() else None

    sided = (choice == 1) | (choice == 2)
    return {
        "bets_weak": share(choice == 3, offered & made & weak),
        "bets_strong": share(choice == 3, offered & made & strong),
        "right_refused": share(choice == side, offered & sided),
        "right_without": share(choice == side, ~offered & sided),
    }
