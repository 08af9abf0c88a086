"""The study of learning from reward: its arms train, its controls are what they say, its claims are judged by rule."""

from dataclasses import replace

import pytest
import torch

from cogdyn.agents import network_for
from cogdyn.agents.rules import ActorCritic
from cogdyn.envs import make_task
from cogdyn.lessons.studies import load_study
from cogdyn.lessons.studies.runner import plan
from cogdyn.lessons.studies.song2017.arms import ARMS, BY_VALUE, TASKS, measure, shuffled
from cogdyn.lessons.studies.song2017.claims import ALL, claims
from cogdyn.lessons.studies.song2017.study import N_SEEDS, STEPS

STUDY = load_study("song2017")
PLAN = list(plan(STUDY, quick=False).values())


def test_ten_networks_of_every_arm_are_asked_for_on_every_task():
    assert len(PLAN) == N_SEEDS * len(ARMS) * len((*TASKS, *BY_VALUE))
    assert {(job["task"], job["arm"]) for job in PLAN} == {(task, arm) for task in (*TASKS, *BY_VALUE) for arm in ARMS}


@pytest.mark.parametrize("arm", ARMS)
def test_every_arm_trains(arm):
    (row,) = measure({"task": "PostDecisionWager", "arm": arm, "seed": 0, "steps": 2})
    assert row["updates"] == 2
    assert {"bets_weak", "right_refused"} <= row.keys()
    assert ("abort_rate" in row) == (arm != "supervised")


def test_shuffled_rewards_are_those_of_other_trials_at_one_s_own_end():
    task, seen = make_task("PerceptualDecisionMaking"), []
    network = network_for(task, 8)
    rule = ActorCritic()
    plain = rule.surrogate
    rule.surrogate = lambda network, rollout, *others: (seen.append(rollout), plain(network, rollout, *others))[1]
    shuffled(rule).update(network, task.sample(16, seed=0), torch.Generator().manual_seed(0))
    (given,) = seen
    alone = ActorCritic()
    alone.meet(network)
    last = (given.alive.cumsum(0) * given.alive).argmax(0)
    assert torch.equal((given.rewards != 0).sum(0), (given.total != 0).long())
    assert (given.rewards.sum(0) == given.rewards[last, torch.arange(16)]).all()
    earned = torch.from_numpy(given.outcome.rewards).sum(0).to(given.total)
    torch.testing.assert_close(given.total, earned.roll(1))


def rows_of(arm, updates, steps=STEPS, tasks=ALL, **others):
    return [
        {"task": task, "arm": arm, "seed": s, "steps": steps, "updates": n, "solved": n < steps, "score": 0.9,
         "cpu_seconds": 1.0, **others}
        for task in tasks
        for s, n in enumerate(updates)
    ]  # fmt: skip


FAST, SLOW, NEVER = range(200, 210), range(900, 910), [STEPS] * 10


def table_of(**updates):
    found = {
        "actor-critic": FAST, "no baseline": SLOW, "shuffled reward": NEVER, "local credit": SLOW,
        "reward e-prop": SLOW, "supervised": range(100, 110),
    } | {name.replace("_", " "): value for name, value in updates.items()}  # fmt: skip
    wagers = {"bets_weak": 0.9, "bets_strong": 0.1, "right_refused": 0.9, "right_without": 0.8}
    return [row for arm, n in found.items() for row in rows_of(arm, n, **(wagers if arm == "actor-critic" else {}))]


def holds(table):
    return {verdict.name: verdict.holds for verdict in claims(table, 10)}


def test_claims_hold_fail_or_wait_by_their_rule():
    assert set(holds(table_of()).values()) == {True}
    assert holds(table_of(shuffled_reward=[*NEVER[:9], 900]))["shuffled"] is False
    assert holds(table_of(no_baseline=FAST))["baseline"] is False
    assert holds(table_of(local_credit=NEVER))["local"] is False
    few = holds(table_of(**{"actor-critic": [*FAST[:7], STEPS, STEPS, STEPS]}))
    assert few["learns"] is False
    table = table_of()
    assert set(holds(table[:-1]).values()) == {True, None}
    assert set(holds([]).values()) == {None}
    reversed_ = [row | {"bets_weak": 0.1, "bets_strong": 0.9} if "bets_weak" in row else row for row in table]
    assert holds(reversed_)["wager"] is False
    assert "FAIL" in STUDY.report(reversed_).text


def test_the_quick_version_is_small():
    quick = list(plan(replace(STUDY), quick=True).values())
    assert sum(job["steps"] for job in quick) <= 3000
