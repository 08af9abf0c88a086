"""Networks trained together are what they would be if they were trained alone."""

import itertools

import pytest
import torch

from cogdyn.agents import RateRNN, evaluate, load_run, train
from cogdyn.agents.credit.losses import penalties, task_loss
from cogdyn.agents.network.ensemble import ensemble_of, member, stacked
from cogdyn.agents.rules import BPTT, CD, DASC, SCTT, GradientSkip
from cogdyn.envs import make_task

DMS = make_task("DelayMatchSample")
S = 3
RULES = {
    "BPTT": lambda: BPTT(lr=3e-3, clip=0.5, rate_penalty=0.1, weight_penalty=0.1),
    "SCTT": lambda: SCTT(lag_ms=100, schedule=(0.5, 1), anneal_steps=6, goal=None),
    "DASC": lambda: DASC(lag_ms=100, schedule=(0.5, 1), anneal_steps=6, goal=None),
    "GradientSkip": lambda: GradientSkip(lag_ms=100, schedule=(0.5, 1), anneal_steps=6, goal=None),
    "CD": lambda: CD(schedule=(3, 1), anneal_steps=6, goal=None),
}


def network_of(seed=5, **arguments):
    arguments = {"tau": 100, "noise": 0.1, "dale": 0.8, "density": 0.7} | arguments
    return RateRNN(DMS.n_inputs, 20, DMS.n_outputs, dt=DMS.dt, seed=seed, **arguments)


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("leak", ["voltage", "rate"])
def test_an_ensemble_is_trained_as_its_networks_alone(name, leak):
    settings = {"steps": 10, "batch_size": 8, "seed": 2, "evaluate_every": 5, "n_test": 20}
    together = train(DMS, network_of(leak=leak).double(), RULES[name](), ensemble=S, **settings)
    for s, ours in enumerate(together):
        alone = train(DMS, network_of(5 + s, leak=leak).double(), RULES[name](), **settings)
        for a, b in zip(ours.network.parameters(), alone.network.parameters(), strict=True):
            torch.testing.assert_close(a, b, rtol=1e-6, atol=1e-9)
        for row, theirs in zip(ours.metrics, alone.metrics, strict=True):
            assert row == pytest.approx(theirs, rel=1e-6)


def test_networks_that_reach_the_goal_are_kept_and_the_others_go_on(tmp_path):
    settings = {"batch_size": 32, "evaluate_every": 10, "n_test": 100}
    runs = train(DMS, network_of(), BPTT(lr=3e-3), 60, stop_at=0.25, ensemble=S, out=tmp_path, **settings)
    assert len({run.step for run in runs}) > 1
    for s, run in enumerate(runs):
        assert run.step == 60 or run.metrics[-1]["score"] >= 0.25
        assert all(row["score"] < 0.25 for row in run.metrics[:-1])
        assert evaluate(DMS, run.network, 100).score == pytest.approx(run.metrics[-1]["score"], abs=0.02)
        loaded = load_run(tmp_path / f"network-{s + 1}")
        assert loaded.metrics == run.metrics
        assert loaded.config["network"]["seed"] == 5 + s


def test_a_network_that_diverges_leaves_the_others_alone():
    networks = [network_of(seed) for seed in range(S)]
    ensemble, batch = stacked(networks), DMS.sample(8, seed=0)
    with torch.no_grad():
        ensemble.readout_bias[1] = float("inf")
    before = {name: p.detach().clone() for name, p in ensemble.named_parameters()}
    rule = BPTT()
    metrics = rule.update(ensemble, batch, torch.Generator().manual_seed(0))
    assert torch.isfinite(metrics["loss"]).tolist() == [True, False, True]
    for name, parameter in ensemble.named_parameters():
        assert torch.equal(parameter[1], before[name][1])
        assert torch.isfinite(parameter[[0, 2]]).all()
    assert not torch.equal(ensemble.recurrent[0], before["recurrent"][0])
    single = BPTT()
    single.update(networks[2], batch, torch.Generator().manual_seed(0))
    torch.testing.assert_close(ensemble.recurrent[2], networks[2].recurrent, rtol=1e-5, atol=1e-7)


def test_members_are_the_networks_that_were_stacked():
    networks = [network_of(seed, train_h0=False) for seed in range(S)]
    ensemble = stacked(networks)
    inputs = torch.randn(25, 4, DMS.n_inputs, generator=torch.Generator().manual_seed(0))
    together = ensemble(inputs, noise=0.0)
    for s, network in enumerate(networks):
        again, alone = member(ensemble, s), network(inputs, noise=0.0)
        for (name, a), (_, b) in zip(again.state_dict().items(), network.state_dict().items(), strict=True):
            assert torch.equal(a, b), name
        assert again.config == network.config
        assert not again.h0.requires_grad
        torch.testing.assert_close(together.rates[:, s], alone.rates)
        torch.testing.assert_close(together.outputs[:, s], alone.outputs)
        torch.testing.assert_close(together.state[s], alone.state)
        torch.testing.assert_close(ensemble.step(together.state, inputs[0])[s], network.step(alone.state, inputs[0]))
        torch.testing.assert_close(ensemble.outputs(together.state)[s], network.outputs(alone.state))


def test_losses_and_penalties_of_an_ensemble_are_those_of_its_networks():
    networks = [network_of(seed) for seed in range(S)]
    ensemble, batch = stacked(networks), DMS.sample(6, seed=0)
    inputs, targets, mask = (torch.from_numpy(a) for a in (batch.inputs, batch.targets, batch.mask))
    together = ensemble(inputs, noise=0.0)
    losses, costs = task_loss(together.outputs, targets, mask), penalties(ensemble, together, 0.3, 0.7)
    for s, network in enumerate(networks):
        alone = network(inputs, noise=0.0)
        torch.testing.assert_close(losses[s], task_loss(alone.outputs, targets, mask))
        torch.testing.assert_close(costs[s], penalties(network, alone, 0.3, 0.7))


def test_an_ensemble_of_a_network_begins_with_it():
    network = network_of(7)
    ensemble = ensemble_of(network, 2)
    assert torch.equal(ensemble.recurrent[0], network.recurrent)
    assert torch.equal(ensemble.recurrent[1], network_of(8).recurrent)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"ensemble": 0}, "ensemble"),
        ({"ensemble": 2, "resume": True}, "resume=True needs out"),
        ({"ensemble": 2, "task": make_task("Bandit")}, "closed loop"),
    ],
)
def test_ensembles_that_cannot_be_are_refused(arguments, message):
    task = arguments.pop("task", DMS)
    network = RateRNN(task.n_inputs, 10, task.n_outputs, dt=task.dt)
    with pytest.raises(ValueError, match=message):
        train(task, network, BPTT(), 2, **arguments)


def test_each_network_of_an_ensemble_is_watched_by_itself(tmp_path):
    """What is seen of it is what is seen of the network alone, and goes into its own curve."""
    settings = {"steps": 6, "batch_size": 8, "evaluate_every": 2, "n_test": 20}
    seen = []

    def watch(network, step):
        seen.append((step, network.config["seed"]))
        return {"norm": network.recurrent.norm()}

    together = train(DMS, network_of().double(), BPTT(), ensemble=S, watch=watch, out=tmp_path, **settings)
    assert seen == [(step, 5 + s) for step in (2, 4, 6) for s in range(S)]
    for s, ours in enumerate(together):
        alone = train(DMS, network_of(5 + s).double(), BPTT(), watch=watch, **settings)
        norms, theirs = ([row["norm"] for row in run.metrics] for run in (ours, alone))
        assert norms == pytest.approx(theirs, rel=1e-6)
        assert load_run(tmp_path / f"network-{s + 1}").metrics == ours.metrics


def test_a_watch_that_fails_in_an_ensemble_costs_no_update(tmp_path):
    def watch(network, step):
        if network.config["seed"] == 6:
            raise RuntimeError("the second")
        return {"one": 1.0}

    with pytest.raises(RuntimeError, match="the second"):
        train(DMS, network_of(), BPTT(), 4, 8, evaluate_every=2, n_test=20, ensemble=2, watch=watch, out=tmp_path)
    assert [load_run(tmp_path / f"network-{s}").step for s in (1, 2)] == [2, 2]


def test_an_ensemble_of_one_is_the_network(tmp_path):
    settings = {"steps": 4, "batch_size": 8, "evaluate_every": 2, "n_test": 20}
    (ours,) = train(DMS, network_of(), BPTT(), ensemble=1, out=tmp_path, **settings)
    alone = train(DMS, network_of(), BPTT(), **settings)
    assert ours.metrics == alone.metrics
    assert ours.path == tmp_path / "network-1"
    for a, b in zip(ours.network.parameters(), alone.network.parameters(), strict=True):
        assert torch.equal(a, b)


def test_networks_that_differ_in_more_than_their_seed_are_no_ensemble():
    with pytest.raises(ValueError, match="noise"):
        stacked([network_of(), network_of(noise=0.2)])
    with pytest.raises(ValueError, match="needs a network"):
        stacked([])


@pytest.mark.parametrize(("leak", "n_bins"), list(itertools.product(("voltage", "rate"), (1, 41))))
def test_all_networks_get_the_noise_of_one(leak, n_bins):
    network = network_of(leak=leak)
    ensemble = stacked([network, network])
    inputs = torch.zeros(n_bins, 3, DMS.n_inputs)
    together = ensemble(inputs, generator=torch.Generator().manual_seed(1)).rates
    alone = network(inputs, generator=torch.Generator().manual_seed(1)).rates
    torch.testing.assert_close(together[:, 0], together[:, 1], rtol=0, atol=0)
    torch.testing.assert_close(together[:, 0], alone)


def test_networks_that_go_on_do_not_notice_those_that_stop():
    settings = {"steps": 60, "batch_size": 32, "evaluate_every": 10, "n_test": 100, "stop_at": 0.25}
    together = train(DMS, network_of().double(), BPTT(lr=3e-3), ensemble=S, **settings)
    assert len({run.step for run in together}) > 1
    for s, ours in enumerate(together):
        alone = train(DMS, network_of(5 + s).double(), BPTT(lr=3e-3), **settings)
        assert ours.step == alone.step
        for a, b in zip(ours.network.parameters(), alone.network.parameters(), strict=True):
            torch.testing.assert_close(a, b, rtol=1e-6, atol=1e-9)
