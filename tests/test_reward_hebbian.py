"""Reward-modulated Hebbian learning: traces as they form, its limits, and what it learns."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from cogdyn.agents import RateRNN, load_run, train
from cogdyn.agents.credit.driven_step import noise_currents
from cogdyn.agents.credit.pulses import Pulses
from cogdyn.agents.credit.reward import rewards
from cogdyn.agents.network.data import tensors
from cogdyn.agents.network.ensemble import stacked
from cogdyn.agents.rules import Diverged, RewardHebbian
from cogdyn.envs import Rewards, make_task
from cogdyn.envs.gym.painted_rollout import play_painted

TASK = make_task("SensorimotorMapping")
DNMS = make_task("DelayNonMatchSample", delay_ms=200)


def network_of(task=TASK, n=6, **arguments):
    arguments = {"activation": "tanh", "tau": 100.0, "seed": 2, "gain": 1.5} | arguments
    return RateRNN(task.n_inputs, n, task.n_outputs, dt=task.dt, **arguments).double()


def drawn(seed):
    return torch.Generator().manual_seed(seed)


def by_hand(network, batch, generator, rule, alive=None):
    """Traces (B, N, N) of each trial, synapse by synapse and bin by bin as they form, its reward, and the outputs."""
    data, (n_bins, n_trials) = tensors(batch, network.recurrent), batch.mask.shape
    pulses = rule.pulses.draw(network, n_bins, n_trials, generator).numpy()
    noise = noise_currents(network, n_bins, n_trials, generator).numpy()
    W, alpha = network.recurrent_weights.detach().numpy(), network.alpha.numpy()
    traces, outputs = np.zeros((n_trials, *W.shape)), []
    x = mean = np.zeros((n_trials, len(W)))
    for t in range(n_bins):
        r = np.tanh(x)
        h = r @ W.T + batch.inputs[t] @ network.input_weights.detach().numpy().T + network.bias.detach().numpy()
        x = (1 - alpha) * x + alpha * (h + noise[t]) + pulses[t]
        product = (x - mean)[:, :, None] * r[:, None, :]
        counts = 1 if alive is None else alive[t][:, None, None]
        traces += counts * np.sign(product) * np.abs(product) ** rule.exponent
        mean = rule.average * mean + (1 - rule.average) * x
        outputs.append(network.outputs(torch.from_numpy(x)).detach())
    return traces, rewards(torch.stack(outputs), data).numpy(), torch.stack(outputs)


@pytest.mark.parametrize("exponent", [3.0, 2.0, 1.0])
@pytest.mark.parametrize("average", [0.05, 0.6])
def test_the_change_is_what_the_traces_say_as_they_form(exponent, average):
    network, batch = network_of(noise=0.05, self_connections=True), TASK.sample(5, seed=0)
    rule = RewardHebbian(exponent=exponent, average=average, rate_hz=20, max_change=1e-4, warm_up=0, trial_types=[])
    expected = torch.tensor(-1.2, dtype=torch.float64)
    rule.restore(network, {"trials": torch.tensor(0), "expected.all": expected, "expected.any": expected})
    traces, reward, _ = by_hand(network, batch, drawn(3), rule)
    earned = traces * ((reward + 1.2) * 1.2)[:, None, None]
    gradient = rule.gradient(network, batch, drawn(3))["recurrent"]
    np.testing.assert_allclose(gradient.numpy(), -earned.sum(0), rtol=1e-10, atol=1e-14)
    limited = np.clip(0.1 * earned, -1e-4, 1e-4)
    assert 0 < (np.abs(limited) == 1e-4).mean() < 1
    before = {name: values.clone() for name, values in network.state_dict().items()}
    metrics = rule.update(network, batch, drawn(3))
    change = network.state_dict()["recurrent"] - before.pop("recurrent")
    np.testing.assert_allclose(change.numpy(), limited.sum(0), rtol=0, atol=1e-12)
    assert metrics == pytest.approx({"loss": -reward.mean(), "gradient_norm": np.linalg.norm(earned.sum(0))})
    assert all(torch.equal(values, network.state_dict()[name]) for name, values in before.items())


def test_two_units_by_hand():
    network = RateRNN(1, 2, 1, dt=10, tau=20, activation="tanh", self_connections=True).double()
    with torch.no_grad():
        network.recurrent.zero_()
        network.input.copy_(torch.tensor([[2.0], [4.0]]))
        network.readout.copy_(torch.tensor([[1.0, 0.0]]))
    task = make_task("CyclePattern", cue="none", start_ms=0, noise=0, dt=10, cycle_ms=100)
    inputs, mask = np.array([[[1.0]], [[0.0]]], np.float32), np.array([[0.0], [1.0]], np.float32)
    batch = replace(task.sample(1, seed=0), inputs=inputs, targets=np.zeros((2, 1, 1), np.float32), mask=mask)
    rule = RewardHebbian(rate_hz=1e-9, average=0.0, warm_up=0, trial_types=[])  # as good as no pulses
    rule.restore(network, {"trials": torch.tensor(0), "expected.any": torch.tensor(-3.0).double()})
    # x = (1, 2), then (1/2, 1); what was there before the first bin is 0. R = -tanh(1/2)^2.
    r, jumps = np.tanh([1.0, 2.0]), np.array([-0.5, -1.0])
    change = np.outer(jumps, r) ** 3 * (3 - np.tanh(0.5) ** 2) * 3
    np.testing.assert_allclose(rule.gradient(network, batch, drawn(0))["recurrent"].numpy(), -change, rtol=1e-12)


def test_a_pulse_outweighs_what_undoes_it_only_with_a_supralinear_trace():
    """A unit that gets a pulse and relaxes: the sum of its jumps is about 0, that of their cubes is the pulse's."""
    x = 0.5 * 0.95 ** np.arange(200)
    jumps = np.diff(x, prepend=0.0)
    assert abs(jumps.sum()) < 1e-4
    assert (jumps**3).sum() == pytest.approx(0.5**3, rel=1e-2)
    rule = RewardHebbian(warm_up=0, trial_types=[])
    torch.testing.assert_close(rule._S(torch.tensor(jumps)), torch.tensor(jumps**3))


def test_nothing_is_changed_in_the_first_trials_but_what_is_expected():
    network, rule = network_of(), RewardHebbian(warm_up=20)
    first = network.recurrent.detach().clone()
    for k in range(5):
        rule.update(network, TASK.sample(5, seed=k), drawn(k))
        assert torch.equal(network.recurrent, first) == (k < 4)
        assert set(rule.expected.means) == {"all", "stimulus -1", "stimulus 1"}


def test_what_a_kind_of_trial_earns_on_average_changes_nothing():
    network, batch = network_of(), TASK.sample(6, seed=0)
    rule = RewardHebbian(warm_up=0, baseline_decay=0.0)
    rule.pulses = Pulses(1e-12, 1.0)  # as good as none
    which = np.array([0, 1, 1, 0, 1, 0])
    alike = {name: getattr(batch, name)[:, which] for name in ("inputs", "targets", "mask")}
    batch = replace(batch, **alike, conditions={"which": which})
    first = rule.gradient(network, batch, drawn(0))["recurrent"]
    rule.update(network, batch, drawn(0))
    same = network_of()
    rule.restore(same, rule.state(network))
    second = rule.gradient(same, batch, drawn(0))["recurrent"]
    assert second.abs().max() < 1e-6 * first.abs().max()


def test_dales_law_and_masks_hold():
    network = network_of(n=10, dale=0.5, density=0.7)
    first, rule = network.recurrent_weights.detach().clone(), RewardHebbian(lr=1e3, max_change=0.05, warm_up=0)
    for k in range(40):
        rule.update(network, TASK.sample(8, seed=k), drawn(k))
    weights = network.recurrent_weights.detach()
    assert (weights[:, :5] >= 0).all()
    assert (weights[:, 5:] <= 0).all()
    assert (weights[network.recurrent_mask == 0] == 0).all()
    assert (weights - first).abs().max() > 0.1


def test_an_ensemble_is_trained_as_its_networks_alone():
    settings = {"steps": 4, "batch_size": 5, "evaluate_every": 2, "n_test": 5, "device": "cpu"}
    arguments = {"noise": 0.1, "dale": 0.5, "density": 0.8}
    together = train(TASK, network_of(**arguments), RewardHebbian(warm_up=5), ensemble=2, **settings)
    for s, run in enumerate(together):
        alone = train(TASK, network_of(seed=2 + s, **arguments), RewardHebbian(warm_up=5), **settings)
        for a, b in zip(run.network.parameters(), alone.network.parameters(), strict=True):
            torch.testing.assert_close(a, b, rtol=1e-6, atol=1e-9)


def test_a_resumed_run_equals_an_uninterrupted_one(tmp_path):
    settings = {"batch_size": 5, "evaluate_every": 2, "n_test": 5, "device": "cpu"}
    rules = [RewardHebbian(warm_up=12) for _ in range(3)]
    whole = train(DNMS, network_of(DNMS).float(), rules[0], 4, **settings)
    train(DNMS, network_of(DNMS).float(), rules[1], 2, out=tmp_path, **settings)
    resumed = train(DNMS, network_of(DNMS).float(), rules[2], 4, out=tmp_path, resume=True, **settings)
    assert not torch.equal(whole.network.recurrent, network_of(DNMS).float().recurrent)
    for a, b in zip(resumed.network.parameters(), whole.network.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=0)
    assert load_run(tmp_path).config["rule"] == {"name": "RewardHebbian", **rules[0].config}


@pytest.mark.slow
def test_it_learns_from_reward_alone():
    """Five seeds, with a readout that stays and bins of a twentieth of tau: chance is 0.5."""
    task = make_task("SensorimotorMapping", dt=5, start_ms=25, stimulus_ms=100, delay_ms=50, report_ms=100, noise=0.02)
    scores = []
    for seed in range(5):
        network = network_of(task, 50, seed=seed).float()
        rule = RewardHebbian(lr=10.0, max_change=1e-3)
        run = train(task, network, rule, 200, 8, seed, evaluate_every=200, n_test=200, device="cpu")
        scores.append(run.metrics[-1]["score"])
    assert min(scores) > 0.8, scores


def test_bad_input_gets_one_clear_error():
    batch = TASK.sample(2, seed=0)
    for wrong, words in (
        ({"lr": 0.0}, "lr is 0.0"),
        ({"max_change": -1.0}, "max_change is -1.0"),
        ({"exponent": 0.0}, "exponent is 0.0"),
        ({"average": 1.0}, "average is 1.0"),
        ({"baseline_decay": -0.1}, "baseline_decay is -0.1"),
        ({"warm_up": 0.5}, "warm_up is 0.5"),
        ({"amplitude": 0.0}, "amplitude is 0.0"),
    ):
        with pytest.raises(ValueError, match=words):
            RewardHebbian(**wrong)
    for wrong in ({"leak": "rate"}, {"activation": "relu", "gain": 2.0}):
        with pytest.raises(ValueError, match="defined for leak='voltage' and activation='tanh'"):
            RewardHebbian().update(network_of(**wrong), batch)
    with pytest.raises(ValueError, match="Did you mean 'stimulus'"):
        RewardHebbian(trial_types=["stimuli"]).update(network_of(), batch)


def test_what_leaves_the_finite_numbers_changes_nothing():
    networks = [network_of(seed=seed) for seed in (1, 2)]
    with torch.no_grad():
        networks[1].readout_bias[0] = float("inf")
    ensemble, batch = stacked(networks), TASK.sample(3, seed=0)
    with pytest.raises(Diverged, match="RewardHebbian"):
        RewardHebbian(warm_up=0).update(networks[1], batch, drawn(0))
    rule = RewardHebbian(warm_up=0)
    rule.update(ensemble, batch, drawn(0))
    assert torch.equal(ensemble.recurrent[1], networks[1].recurrent)
    assert not torch.equal(ensemble.recurrent[0], networks[0].recurrent)


@pytest.mark.parametrize("abort", [True, False])
def test_with_the_reward_of_the_environment_traces_end_with_the_trial(abort):
    """By hand: the most active output acts, and the reward is less that of a correct response."""
    network, batch = network_of(noise=0.05, self_connections=True, readout_gain=3), TASK.sample(12, seed=0)
    rule = RewardHebbian(rate_hz=20, warm_up=0, trial_types=[], reward="environment", abort=abort)
    expected = torch.tensor(-0.8, dtype=torch.float64)
    rule.restore(network, {"trials": torch.tensor(0), "expected.all": expected, "expected.any": expected})
    outputs = by_hand(network, batch, drawn(3), rule)[2]
    env = np.random.default_rng(0)
    outcome = play_painted(TASK, batch, lambda _: outputs.argmax(-1).numpy(), env, Rewards(), abort)
    assert not outcome.alive.all()
    traces = by_hand(network, batch, drawn(3), rule, outcome.alive)[0]
    R = outcome.rewards.sum(0) - 1
    earned = traces * ((R + 0.8) * 0.8)[:, None, None]
    gradient = rule.gradient(network, batch, drawn(3))["recurrent"]
    np.testing.assert_allclose(gradient.numpy(), -earned.sum(0), rtol=1e-10, atol=1e-14)
    assert rule.loss(network, batch, drawn(3)).item() == pytest.approx(-R.mean())
    metrics = rule.update(network, batch, drawn(3))
    assert metrics["reward"] == pytest.approx(R.mean() + 1)
    assert metrics["abort_rate"] == outcome.aborts.sum() / 12


def test_sessions_are_played_on_and_the_average_voltage_with_them():
    task = make_task("ReversalBandit", n_choices=3)
    network = network_of(task)
    rule = RewardHebbian(reward="environment", warm_up=0, trial_types=[])
    for k in range(2):
        metrics = rule.update(network, task.sample(4, seed=k), drawn(k))
    assert metrics["loss"] == pytest.approx(3 - metrics["reward"])
    with pytest.raises(ValueError, match="closed loop"):
        rule.update(stacked([network_of(task, seed=s) for s in (0, 1)]), task.sample(4, seed=0), drawn(0))
    with pytest.raises(ValueError, match="batch is of no task that is known"):
        rule.update(network, replace(task.sample(4, seed=0), task=None), drawn(0))
