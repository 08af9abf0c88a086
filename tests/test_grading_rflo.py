"""Assignment 4: its right answers are right, and the library's own RFLO earns nothing."""

import numpy as np
import pytest
import torch
from homework import hand_in, homework, shut_off

from cogdyn.agents import RateRNN
from cogdyn.lessons.grading import check
from cogdyn.lessons.grading.exercises.bptt_reference import by_autograd, network_of
from cogdyn.lessons.grading.exercises.leaky_network import forward
from cogdyn.lessons.grading.exercises.rflo_inputs import errors_to_carry, families, trials, wirings
from cogdyn.lessons.grading.exercises.rflo_reference import (
    carried,
    cosines,
    exact_credit,
    sender_rates,
    summed,
    two_credits,
    weight_change,
)
from cogdyn.lessons.grading.grade import grade

NAMES = ("W", "W_in", "b")


def without_feedback(trial):
    return {name: value for name, value in trial.items() if name not in ("W_fb", "lr")}


def test_the_change_is_that_of_the_library():
    network = RateRNN(
        3, 5, 2, dt=20, tau=100, activation="tanh", leak="rate", self_connections=True, gain=1.2, seed=1
    ).double()
    rng = np.random.default_rng(2)
    u, targets, W_fb = rng.normal(size=(12, 3)), rng.normal(size=(12, 2)), rng.normal(size=(2, 5))
    trajectory = network(torch.from_numpy(u)[:, None], credit="none")
    errors = trajectory.outputs.detach() - torch.from_numpy(targets)[:, None]
    weights = (network.recurrent, network.input, network.bias)
    theirs = torch.autograd.grad(trajectory.rates, weights, errors @ torch.from_numpy(W_fb))
    W, W_in, b, W_out = (one.detach().numpy() for one in (*weights, network.readout_weights))
    alpha = float(network.alpha[0])  # of single precision
    ours = weight_change(
        W_fb, 0.1, W=W, W_in=W_in, b=b, W_out=W_out, u=u, targets=targets, r_0=np.zeros(5), alpha=alpha
    )
    for name, gradient in zip(NAMES, theirs, strict=True):
        np.testing.assert_allclose(ours[name], -0.1 * gradient.numpy(), atol=1e-12)
        assert np.abs(ours[name]).max() > 0.01


@pytest.mark.parametrize("change", [{"W": 0}, {"bins": 1}])
def test_without_recurrence_or_in_one_bin_it_is_the_exact_gradient(change):
    for trial in trials(np.random.default_rng(3)):
        trial["W"] = trial["W"] * change.get("W", 1)
        trial |= {name: trial[name][: change.get("bins")] for name in ("u", "targets")}
        ours, exact = summed(without_feedback(trial)), by_autograd(**trial)
        for name in (*NAMES, "W_out"):
            np.testing.assert_allclose(ours[name], exact[name], atol=1e-12)


def test_both_credits_add_up_to_both_sums():
    """Backwards in time, what traces add up to forwards; and what autograd finds."""
    for trial in trials(np.random.default_rng(4)):
        rates, drives = forward(**network_of(trial))
        slopes, errors = 1 - np.tanh(drives) ** 2, (rates @ trial["W_out"].T - trial["targets"]) @ trial["W_out"]
        both = two_credits(trial["W"], slopes, errors, trial["alpha"])
        for credit, gradient in zip(both, (summed(without_feedback(trial)), by_autograd(**trial)), strict=True):
            for name, senders in sender_rates(trial, rates).items():
                added = (trial["alpha"] * slopes * credit).T @ senders
                np.testing.assert_allclose(added.reshape(gradient[name].shape), gradient[name], atol=1e-12)


def test_credits_by_hand_are_those_of_autograd():
    for given in errors_to_carry(np.random.default_rng(5)):
        for ours, theirs in zip(carried(**given), two_credits(**given), strict=True):
            np.testing.assert_allclose(ours, theirs, atol=1e-12)


def test_cosines_are_one_where_nothing_is_left_out_and_less_elsewhere():
    for given in families(np.random.default_rng(6)):
        found = cosines(**given)
        np.testing.assert_allclose(found[0], 1, atol=1e-12)
        np.testing.assert_allclose(found[:, 0], 1, atol=1e-12)
        assert (found[1:, 1:] < 0.9999).all()


def test_who_hears_the_truth_gets_the_exact_gradient_and_nobody_else():
    rng = np.random.default_rng(7)
    for wiring in wirings(rng):
        n, n_out = len(wiring["W"]), len(wiring["W_out"])
        trial = wiring | {
            "W_in": rng.normal(size=(n, 2)),
            "b": 0.3 * rng.normal(size=n),
            "u": rng.normal(size=(9, 2)),
            "r_0": rng.normal(size=n),
            "alpha": 0.3,
            "targets": rng.normal(size=(9, n_out)),
        }
        ours, exact = summed(trial), by_autograd(**trial)
        off = np.max([np.abs((ours[name] - exact[name]).reshape(n, -1)).max(axis=1) for name in NAMES], axis=0)
        exact = exact_credit(**wiring)
        assert (off[exact] < 1e-12).all()
        assert (off[~exact] > 1e-7).all()
        assert 3 <= exact.sum() < n - 3


def test_lists_and_truth_values_as_numbers_are_answers_too():
    assert check("rflo/truth", lambda W, W_out: [int(one) for one in exact_credit(W, W_out)]).passed
    assert check("rflo/cosines", lambda **given: cosines(**given).tolist()).passed


@shut_off
def test_what_the_library_has_ready_made_earns_nothing(tmp_path):
    rule = (
        "from cogdyn.agents.rules import RFLO\n\ndef weight_change(**given):\n    return RFLO().gradient(given, given)"
    )
    late = (
        "def two_credits(**given):\n"
        "    from cogdyn.lessons.grading.exercises.rflo_reference import two_credits as found\n"
        "    return found(**given)"
    )
    torch_too = "def cosines(**given):\n    import torch\n    return torch.ones(3, 4)"
    notebook = homework(4, solved=True, change=rule, credits=late, cosines=torch_too)
    hand_in(tmp_path / "in" / "x.ipynb", notebook)
    _, (line,) = grade(tmp_path / "in", tmp_path / "grades.csv")
    assert [mark.earned for mark in line.marks] == [2, 0, 0, 0, 2]
    reasons = [mark.judgement.reason for mark in line.marks[1:4]]
    assert "there is no weight_change" in reasons[0]
    assert "ModuleNotFoundError" in reasons[1]
    assert "torch is no part of this assignment" in reasons[2]
    assert "cogdyn.agents is no part of this assignment" in " ".join(line.remarks)
