"""FORCE: recursive least squares against the direct solution, the loop of outputs, and a pattern made from within."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from cogdyn.agents import RateRNN, evaluate, load_run, train
from cogdyn.agents.credit.recursive_least_squares import RecursiveLeastSquares
from cogdyn.agents.network.ensemble import member, stacked
from cogdyn.agents.rules import FORCE, Diverged, FullFORCE
from cogdyn.envs import make_task

CYCLE = make_task("CyclePattern", cycle_ms=400, n_cycles=2)
DNMS = make_task("DelayNonMatchSample")


def network_of(task=CYCLE, n=12, **arguments):
    arguments = {"activation": "tanh", "gain": 1.5, "self_connections": True, "seed": 1} | arguments
    return RateRNN(task.n_inputs, n, task.n_outputs, dt=task.dt, **arguments)


def seen_by(network, n_bins=7, batch_size=5, n_outputs=2, seed=3):
    generator = torch.Generator().manual_seed(seed)
    rates = torch.randn(n_bins, batch_size, network.n_units, generator=generator, dtype=torch.float64)
    targets = torch.randn(n_bins, batch_size, n_outputs, generator=generator, dtype=torch.float64)
    mask = torch.rand(n_bins, batch_size, generator=generator, dtype=torch.float64)
    weights = torch.randn(n_outputs, network.n_units, generator=generator, dtype=torch.float64)
    return rates, targets, mask, weights


def solved(network, rates, targets, mask, weights, a):
    """Weights and P after all bins."""
    squares = RecursiveLeastSquares(network, a)
    for r, y, m in zip(rates, targets, mask, strict=True):
        weights = weights - squares.change(r, r @ weights.mT - y, m)
    return weights, squares.P


@pytest.mark.parametrize("a", [0.1, 1.0, 30.0])
def test_P_is_the_direct_inverse_and_the_weights_those_of_ridge_regression(a):
    network = network_of().double()
    rates, targets, mask, first = seen_by(network)
    weights, P = solved(network, rates, targets, mask, first, a)
    R, m = rates.flatten(0, 1), mask.flatten()[:, None]
    direct = torch.linalg.inv(a * torch.eye(12, dtype=torch.float64) + R.mT @ (m * R))
    torch.testing.assert_close(P, direct, rtol=0, atol=1e-10)
    ridge = (targets.flatten(0, 1).mT @ (m * R) + a * first) @ direct
    torch.testing.assert_close(weights, ridge, rtol=0, atol=1e-10)


def test_a_block_is_its_trials_one_after_the_other():
    network = network_of().double()
    rates, targets, mask, first = seen_by(network)
    block = solved(network, rates, targets, mask, first, 1.0)
    one_by_one = solved(network, *(values.flatten(0, 1)[:, None] for values in (rates, targets, mask)), first, 1.0)
    for ours, theirs in zip(block, one_by_one, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-10)


def test_an_ensemble_has_a_P_for_each():
    network, other = network_of().double(), network_of(seed=2).double()
    ours, theirs = seen_by(network), seen_by(other, seed=4)
    both = [torch.stack(pair, dim=1) for pair in zip(ours[:2], theirs[:2], strict=True)]
    weights, P = solved(stacked([network, other]), *both, ours[2], torch.stack([ours[3], theirs[3]]), 1.0)
    for s, (rates, targets, _, first) in enumerate((ours, theirs)):
        expected = solved(network, rates, targets, ours[2], first, 1.0)
        torch.testing.assert_close(weights[s], expected[0], rtol=0, atol=1e-12)
        torch.testing.assert_close(P[s], expected[1], rtol=0, atol=1e-12)


def by_hand():
    """Two units, one output, alpha = 1/2, f the identity (relu above 0), u = 1 bin of input, one bin."""
    network = RateRNN(1, 2, 1, dt=10, tau=20, activation="relu", self_connections=True, train_h0=False).double()
    with torch.no_grad():
        network.recurrent.zero_()
        network.input.copy_(torch.tensor([[2.0], [4.0]]))
        network.readout.copy_(torch.tensor([[1.0, 0.0]]))
    return network


@pytest.mark.parametrize("rule", [FORCE, FullFORCE])
def test_one_bin_by_hand(rule):
    network, task = by_hand(), make_task("CyclePattern", cue="none", start_ms=0, noise=0, dt=10, cycle_ms=100)
    one = np.ones((1, 1, 1), np.float32)
    batch = replace(task.sample(1, seed=0), inputs=one, targets=7 * one, mask=one[..., 0])
    ours = rule(regularisation=1.0)
    u = ours.feedback(network)
    metrics = ours.update(network, batch)
    # r = (1, 2); z = 1, e = z - 7 = -6; P r / (1 + r P r) = (1, 2) / 6; w - e k = (1, 0) + (1, 2).
    torch.testing.assert_close(network.readout.detach(), torch.tensor([[2.0, 2.0]]).double(), rtol=0, atol=1e-12)
    outer = torch.tensor([[1.0, 2.0]]).double()
    # FORCE: W = u (1, 2). Full-FORCE: currents W r - (W^D r^D + u y) = -7 u, so W = 7 u (1, 2) / 6.
    expected = u @ outer if rule is FORCE else 7 / 6 * u @ outer
    torch.testing.assert_close(network.recurrent.detach(), expected, rtol=0, atol=1e-12)
    P = torch.eye(2).double() - outer.mT @ outer / 6
    torch.testing.assert_close(ours.state(network)["P"], P, rtol=0, atol=1e-12)
    assert metrics == pytest.approx({"loss": 36.0, "gradient_norm": 12 * 5**0.5})


def fed_back(network, before, rule, batch):
    """Outputs of the network as it was before, driven by its own outputs through u, with the readout of now."""
    u, w, first = rule.feedback(network), network.readout.detach(), before.readout.detach()
    W = before.recurrent.detach() - u @ first  # what is left when the loop of the beginning is taken out
    x, outputs = torch.zeros(batch.batch_size, network.n_units).double(), []
    for inputs in torch.from_numpy(batch.inputs).double():
        r = network.f(x)
        h = r @ W.mT + (r @ w.mT) @ u.mT + inputs @ network.input.detach().mT
        x = (1 - network.alpha) * x + network.alpha * h
        outputs.append(network.f(x) @ w.mT)
    return torch.stack(outputs)


def test_the_trained_network_is_one_whose_outputs_are_fed_back():
    network, before = network_of().double(), network_of().double()
    rule, batch = FORCE(), CYCLE.sample(3, seed=0)
    for _ in range(2):
        rule.update(network, batch)
    outputs = network(torch.from_numpy(batch.inputs).double()).outputs
    torch.testing.assert_close(outputs, fed_back(network, before, rule, batch), rtol=1e-10, atol=1e-12)
    assert torch.linalg.matrix_rank(network.recurrent - before.recurrent, rtol=1e-6) == 1


def explained(network, task):
    found = evaluate(task, network, 20)
    inside = found.batch.during("pattern")
    error = ((found.outputs - found.batch.targets)[..., 0] ** 2 * inside).sum()
    return 1 - error / (found.batch.targets[..., 0] ** 2 * inside).sum()


def with_a_readout_solved_for(task, seed):
    """A network whose readout alone learned, by least squares on what it does without a loop."""
    network, batch = network_of(task, 60, gain=0.9, seed=seed), task.sample(2, seed=0)
    rates = network(torch.from_numpy(batch.inputs)).rates.detach().double()
    squares, weights = RecursiveLeastSquares(network, 1.0), network.readout.detach().double()
    for r, y in zip(rates, torch.from_numpy(batch.targets).double(), strict=True):
        weights = weights - squares.change(r, r @ weights.mT - y, torch.ones(2))
    with torch.no_grad():
        network.readout.copy_(weights)
    return network


@pytest.mark.parametrize("seed", range(3))
def test_it_makes_a_pattern_by_itself_and_a_readout_without_the_loop_does_not(seed):
    task = make_task("CyclePattern", n_cycles=3)
    network = network_of(task, 60, gain=0.9, seed=seed)
    assert explained(network, task) < 0.1
    train(task, network, FORCE(), steps=10, batch_size=2, evaluate_every=10, n_test=10, device="cpu")
    assert explained(network, task) > 0.9
    assert explained(with_a_readout_solved_for(task, seed), task) < 0.5


def test_it_learns_choices_as_vectors_of_0_and_1():
    network, batch = network_of(DNMS, 40), DNMS.sample(8, seed=0)
    rule = FORCE()
    labels = torch.nn.functional.one_hot(torch.from_numpy(batch.targets), DNMS.n_outputs)
    outputs, mask = network(torch.from_numpy(batch.inputs)).outputs, torch.from_numpy(batch.mask)
    by_hand = (((outputs - labels) ** 2).mean(-1) * mask).sum() / mask.sum()
    torch.testing.assert_close(rule.loss(network, batch), by_hand)
    before = by_hand.item()
    for _ in range(5):
        rule.update(network, batch)
    assert rule.loss(network, batch).item() < before / 2


@pytest.mark.parametrize("rule", [FORCE, FullFORCE])
def test_an_ensemble_is_trained_as_its_networks_alone(rule):
    settings = {"steps": 4, "batch_size": 3, "evaluate_every": 2, "n_test": 5, "device": "cpu"}
    together = train(CYCLE, network_of(noise=0.05).double(), rule(), ensemble=2, **settings)
    for s, run in enumerate(together):
        alone = train(CYCLE, network_of(noise=0.05, seed=1 + s).double(), rule(), **settings)
        for a, b in zip(run.network.parameters(), alone.network.parameters(), strict=True):
            torch.testing.assert_close(a, b, rtol=1e-6, atol=1e-9)
        for row, expected in zip(run.metrics, alone.metrics, strict=True):
            assert row == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("rule", [FORCE, FullFORCE])
def test_a_resumed_run_equals_an_uninterrupted_one(rule, tmp_path):
    settings = {"batch_size": 3, "evaluate_every": 2, "n_test": 5, "device": "cpu"}
    whole = train(CYCLE, network_of(), rule(feedback_seed=3), 4, **settings)
    train(CYCLE, network_of(), rule(feedback_seed=3), 2, out=tmp_path, **settings)
    resumed = train(CYCLE, network_of(), rule(feedback_seed=3), 4, out=tmp_path, resume=True, **settings)
    for a, b in zip(resumed.network.parameters(), whole.network.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=0)
    config = load_run(tmp_path).config["rule"]
    assert config == {"name": rule.__name__, **rule(feedback_seed=3).config}


@pytest.mark.parametrize("rule", [FORCE, FullFORCE])
def test_bad_input_gets_one_clear_error(rule):
    batch = CYCLE.sample(2, seed=0)
    for wrong, words in (
        ({"self_connections": False}, "self_connections=True"),
        ({"density": 0.5}, "density=1"),
        ({"dale": 0.8}, "Dale"),
        ({"readout_activation": "sigmoid"}, "readout_activation='linear'"),
    ):
        network = network_of(**wrong)
        before = network.recurrent.detach().clone()
        with pytest.raises(ValueError, match=words):
            rule().update(network, batch)
        torch.testing.assert_close(network.recurrent.detach(), before, rtol=0, atol=0)
    for wrong in ({"regularisation": 0.0}, {"feedback_gain": -1.0}, {"feedback_seed": -1}, {"regularisation": "x"}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            rule(**wrong)
    with pytest.raises(ValueError, match="has no gradient"):
        rule().gradient(network_of(), batch)


@pytest.mark.parametrize("rule", [FORCE, FullFORCE])
def test_what_leaves_the_finite_numbers_changes_nothing(rule):
    networks = [network_of(seed=seed) for seed in (1, 2)]
    with torch.no_grad():
        networks[1].bias[0] = float("inf")
    before = [{k: v.clone() for k, v in network.state_dict().items()} for network in networks]
    batch, ensemble = CYCLE.sample(2, seed=0), stacked(networks)
    with pytest.raises(Diverged, match=f"{rule.__name__}: its P"):
        rule().update(networks[1], batch)
    rule().update(ensemble, batch)
    assert not torch.equal(member(ensemble, 0).recurrent, before[0]["recurrent"])
    for network in (networks[1], member(ensemble, 1)):
        for name, values in network.state_dict().items():
            torch.testing.assert_close(values, before[1][name], rtol=0, atol=0)
