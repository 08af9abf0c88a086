"""Assignment 7: its references are what autograd, the library and sampled trials give."""

import numpy as np
import pytest
import torch
from homework import hand_in, homework, shut_off

from cogdyn.agents.credit.policies import ChoicePolicy
from cogdyn.agents.credit.returns import advantages
from cogdyn.agents.credit.returns import returns as returns_of_the_library
from cogdyn.lessons.grading import check
from cogdyn.lessons.grading.exercises.policy_inputs import bandits, batches, earnings, logits, synapses
from cogdyn.lessons.grading.exercises.policy_reference import (
    all_actions,
    estimate,
    policy,
    returns,
    softmax,
    surprises,
    three_factors,
)
from cogdyn.lessons.grading.grade import grade


def test_the_gradient_of_a_policy_is_that_of_autograd():
    for inputs in logits(np.random.default_rng(0)):
        z = torch.tensor(inputs["z"], requires_grad=True)
        ChoicePolicy().log_probability(z, torch.tensor(inputs["actions"])).sum().backward()
        pi, gradient = policy(**inputs)
        np.testing.assert_allclose(gradient, z.grad, atol=1e-12)
        np.testing.assert_allclose(pi, z.detach().softmax(-1), atol=1e-12)


def test_returns_are_those_of_the_library():
    for inputs in earnings(np.random.default_rng(1)):
        theirs = returns_of_the_library(torch.tensor(inputs["rewards"]), inputs["gamma"])
        np.testing.assert_allclose(returns(**inputs), theirs, atol=1e-12)


def test_the_estimate_is_minus_the_gradient_that_the_library_descends():
    """As in :meth:`REINFORCE.surrogate`, which divides by the bins as well."""
    for batch in batches(np.random.default_rng(2)):
        W, x, R, alive = (torch.tensor(batch[name]) for name in ("W", "x", "rewards", "alive"))
        G = returns_of_the_library(R, batch["gamma"])
        W.requires_grad_()
        log_pi = ChoicePolicy().log_probability(x @ W.T, torch.tensor(batch["actions"]))
        (-((G - batch["baseline"]) * log_pi * alive).mean((0, -1))).backward()
        np.testing.assert_allclose(estimate(**batch), -len(x) * W.grad, atol=1e-12)
        assert batch["rewards"][batch["alive"] == 0].any() == 0
        assert 0 < alive.mean() < 1


def test_the_mean_over_all_actions_is_the_gradient_of_the_mean_reward():
    for bandit in bandits(np.random.default_rng(3)):
        J, mean, _, _ = all_actions(**bandit)
        W, x_1, x_2, R_1, R_2 = (torch.tensor(bandit[name]) for name in ("W", "x_1", "x_2", "R_1", "R_2"))
        W.requires_grad_()
        expected = (W @ x_1).softmax(0) @ (R_1 + ((x_2 @ W.T).softmax(1) * R_2).sum(1))
        expected.backward()
        assert pytest.approx(float(expected.detach())) == J
        np.testing.assert_allclose(mean, W.grad, atol=1e-12)
        np.testing.assert_allclose(all_actions(**bandit | {"baseline": 7.0})[1], mean, atol=1e-12)


def test_variance_is_that_of_samples_and_smallest_at_the_best_baseline():
    bandit = bandits(np.random.default_rng(4))[0]
    _, mean, variance, best = all_actions(**bandit)
    around = [all_actions(**bandit | {"baseline": best + step})[2] for step in (-0.1, 0.0, 0.1)]
    assert around[1] < min(around[0], around[2])
    assert around[0] == pytest.approx(around[2])
    rng, n = np.random.default_rng(5), 20_000
    W, x_1, x_2 = (bandit[name] for name in ("W", "x_1", "x_2"))
    first = rng.choice(len(W), n, p=softmax(W @ x_1))
    second = (rng.uniform(size=(n, 1)) > softmax(x_2[first] @ W.T).cumsum(axis=1)).sum(axis=1)
    x, a = np.stack([np.tile(x_1, (n, 1)), x_2[first]]), np.stack([first, second])
    G = returns(np.stack([bandit["R_1"][first], bandit["R_2"][first, second]]), 1.0) - bandit["baseline"]
    samples = np.einsum("tb,tbk,tbi->bki", G, policy(x @ W.T, a)[1], x)
    np.testing.assert_allclose(samples.mean(axis=0), mean, atol=6 * np.sqrt(variance / n))
    assert samples.var(axis=0).sum() == pytest.approx(variance, rel=0.05)


def test_what_a_synapse_adds_up_is_what_looking_ahead_gives():
    """The surprises with a trace are the advantages of lambda = 1, in another order; after the end nothing counts."""
    for inputs in synapses(np.random.default_rng(6)):
        R, V, alive = (torch.tensor(inputs[name]) for name in ("rewards", "values", "alive"))
        A = advantages(R, V, alive, inputs["gamma"], 1.0).numpy()
        P, traces = 0.0, []
        for slope, sender in zip(inputs["slopes"], inputs["senders"], strict=True):
            P = (1 - inputs["alpha"]) * P + inputs["alpha"] * slope * sender
            traces.append(P)
        delta, change = three_factors(**inputs)
        assert change == pytest.approx((A * inputs["signals"] * traces).sum(axis=0).mean())
        names = ("rewards", "values", "alive", "gamma")
        np.testing.assert_array_equal(delta, surprises(**{name: inputs[name] for name in names}))
        assert not delta[inputs["alive"] == 0].any()
        later = np.where(inputs["alive"] == 0, 9.0, 1.0)
        assert three_factors(**inputs | {"signals": later * inputs["signals"]})[1] == pytest.approx(change)


def test_other_ways_to_the_same_answers_are_right():
    def by_lists(rewards, gamma):
        bins = range(len(rewards))
        return [[sum(gamma ** (s - t) * R[s] for s in bins[t:]) for R in rewards.T] for t in bins]

    def by_differences(z, actions):
        shifted = z - z.mean(axis=2, keepdims=True)
        pi = 1 / np.exp(shifted[:, :, None] - shifted[..., None]).sum(axis=3)
        return [pi, (np.arange(z.shape[2]) == actions[..., None]) - pi]

    assert check("policy/returns", by_lists).passed
    assert check("policy/policy", by_differences).passed


@shut_off
def test_what_the_library_has_ready_made_earns_nothing(tmp_path):
    torch_too = "def estimate(**given):\n    import torch\n    return torch.zeros(3, 2)"
    late = (
        "def three_factors(**given):\n"
        "    from cogdyn.lessons.grading.exercises.policy_reference import three_factors as found\n"
        "    return found(**given)"
    )
    hand_in(tmp_path / "in" / "x.ipynb", homework(7, solved=True, estimate=torch_too, synapse=late))
    hand_in(tmp_path / "in" / "y.ipynb", homework(7, solved=True))
    hand_in(tmp_path / "in" / "z.ipynb", homework(7))
    _, (line, honest, untouched) = grade(tmp_path / "in", tmp_path / "grades.csv")
    assert [mark.earned for mark in line.marks] == [2, 1, 0, 3, 0]
    assert "torch is no part of this assignment" in line.marks[2].judgement.reason
    assert "ModuleNotFoundError" in line.marks[4].judgement.reason
    assert (honest.points, honest.remarks) == (12, ())
    assert [mark.judgement.reason for mark in untouched.marks] == ["not implemented yet."] * 5
