"""Regret in sessions: of those who explore by a rule, of the best there is, and of networks that learned to learn."""

from functools import cache

import numpy as np
import pytest

from cogdyn.agents import behaviour
from cogdyn.agents.measures.behaviour import regret
from cogdyn.agents.measures.exploration_agents import UCB1, OptimalPay, Thompson
from cogdyn.envs import LastOutcome, check_task, make_task
from cogdyn.envs.observers.exploration import plan_bandit

BANDIT = make_task("Bandit", noise=0.0)
FOUR = [
    make_task("Bandit", n_choices=6),
    make_task("ReversalBandit", n_choices=6),
    make_task("DawTwoStep", n_trials=3),
    make_task("WisconsinCardSorting", n_trials=6),
]


def by_session(table, task):
    """The regret of each session, (n,)."""
    return np.array([regret(rows, task).sum() for _, rows in table.groupby("session")])


@cache
def best_pay(left, a, b, c, d):
    """The most that a session earns after gains and losses (a, b) and (c, d) of two arms, by recursion."""
    if left == 0:
        return 0.0
    p, q = (a + 1) / (a + b + 2), (c + 1) / (c + d + 2)
    first = p * (1 + best_pay(left - 1, a + 1, b, c, d)) + (1 - p) * best_pay(left - 1, a, b + 1, c, d)
    second = q * (1 + best_pay(left - 1, a, b, c + 1, d)) + (1 - q) * best_pay(left - 1, a, b, c, d + 1)
    return max(first, second)


@pytest.mark.parametrize("n", [1, 2, 5, 20])
def test_the_plan_for_pay_is_the_dynamic_programme(n):
    assert plan_bandit(2, n, 0.0, 1.0, for_pay=True).score * n == pytest.approx(best_pay(n, 0, 0, 0, 0), rel=1e-4)


def test_regret_of_the_best_is_that_of_the_dynamic_programme():
    agent = OptimalPay(BANDIT)
    table = behaviour(agent, BANDIT, 20 * 4000, seed=1)
    each = by_session(table, BANDIT)
    expected = 20 * 2 / 3 - best_pay(20, 0, 0, 0, 0)
    assert abs(each.mean() - expected) < 4 * each.std() / len(each) ** 0.5
    assert agent.expected == pytest.approx(best_pay(20, 0, 0, 0, 0), rel=1e-4)


def test_regret_of_the_ideal_observer_is_that_of_its_plan():
    """It chooses the best arm most often; what that costs follows from its plan by the same recursion."""
    plan = BANDIT._plan

    @cache
    def earned(left, a, b, c, d):
        if left == 0:
            return 0.0
        arm = plan.choose(np.array([[[a, b], [c, d]]]))[0]
        p = (a + 1) / (a + b + 2) if arm == 0 else (c + 1) / (c + d + 2)
        gain, loss = ((a + 1, b, c, d), (a, b + 1, c, d)) if arm == 0 else ((a, b, c + 1, d), (a, b, c, d + 1))
        return p * (1 + earned(left - 1, *gain)) + (1 - p) * earned(left - 1, *loss)

    each = by_session(behaviour("ideal", BANDIT, 20 * 4000, seed=2), BANDIT)
    expected = 20 * 2 / 3 - earned(20, 0, 0, 0, 0)
    assert abs(each.mean() - expected) < 4 * each.std() / len(each) ** 0.5


def test_those_who_explore_by_a_rule_lose_less_than_chance_and_more_than_the_best():
    found = {
        name: regret(behaviour(agent, BANDIT, 20 * 2000, seed=3), BANDIT).sum()
        for name, agent in {"best": OptimalPay(BANDIT), "Thompson": Thompson(BANDIT), "UCB1": UCB1(BANDIT),
                            "chance": "guess"}.items()
    }  # fmt: skip
    assert found["best"] < found["Thompson"] < found["UCB1"] < found["chance"]
    # Two arms of even pay: chance loses half of the mean distance, 1/3, in each choice.
    assert found["chance"] == pytest.approx(20 / 6, abs=0.1)


def test_ucb1_tries_each_arm_and_then_the_largest_bound():
    agent = UCB1(make_task("Bandit", n_arms=3, n_choices=10))
    counts = np.array([[[1, 0], [0, 0], [0, 1]], [[3, 1], [1, 1], [0, 1]]])
    bounds = np.array([3 / 4, 1 / 2, 0]) + np.sqrt(2 * np.log(7) / np.array([4, 2, 1]))
    assert agent.choose(counts).tolist() == [1, bounds.argmax()]


@pytest.mark.parametrize("task", FOUR, ids=lambda task: task.name)
def test_one_who_knows_all_regrets_nothing_and_who_waits_the_most(task):
    def oracle(segment):
        return task.respond(segment, segment.targets[segment.windows(task.response_period)[0][1] - 1, 0:].max(axis=0))

    table = behaviour(lambda segment: np.eye(task.n_outputs)[segment.targets] * segment.mask[..., None], task, 60)
    assert len(table)
    assert regret(behaviour(oracle, task, 120, seed=1), task) == pytest.approx(np.zeros(task.n_segments), abs=1e-12)
    assert (regret(behaviour(lambda segment: task.hold(segment), task, 120, seed=1), task) > 0).all()


@pytest.mark.parametrize("task", FOUR, ids=lambda task: task.name)
def test_the_last_outcome_is_shown_and_changes_nothing_else(task):
    shown = LastOutcome(task=task)
    check_task(shown)
    inside, outside = (each.sample(50, 3, each.ideal_policy()) for each in (task, shown))
    np.testing.assert_array_equal(inside.inputs, outside.inputs[..., : task.n_inputs])
    np.testing.assert_array_equal(inside.targets, outside.targets)
    choices = task.choices(shown.ideal(outside), inside)
    groups, spans = shown.input_groups, outside.windows(task.response_period)
    for k, (_, stop) in enumerate(spans[:-1]):
        seen = outside.inputs[stop[0], :]
        np.testing.assert_array_equal(seen[:, groups["last action"]], np.eye(task.n_outputs)[choices[k]][:, 1:])
        paid = outside.conditions[f"outcome {k + 2}"]
        np.testing.assert_array_equal(seen[:, groups["last reward"]][:, 0], paid.astype(np.float32))
    assert (outside.inputs[0][:, groups["last action"]] == 0).all()


def test_what_has_no_arms_no_pay_or_no_session_is_one_clear_error():
    decision = make_task("PerceptualDecisionMaking")
    for agent in (Thompson, UCB1, OptimalPay):
        with pytest.raises(ValueError, match="chooses between arms; PerceptualDecisionMaking has none, as Bandit has"):
            agent(decision)
    with pytest.raises(ValueError, match="OptimalPay plays a Bandit, whose arms stay"):
        OptimalPay(make_task("ReversalBandit"))
    with pytest.raises(ValueError, match="does not say what each response pays"):
        regret(behaviour("ideal", decision, 10), decision)
    with pytest.raises(ValueError, match="is no session: no trial follows"):
        LastOutcome(task=decision)
    with pytest.raises(ValueError, match="shows the last outcome already"):
        LastOutcome(task=LastOutcome(task=BANDIT))
