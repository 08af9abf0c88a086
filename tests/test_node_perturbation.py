"""Node perturbation: its mean over many tries is the gradient, a single try by hand, and what it learns."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from test_reinforce import TwoPulls, expected_reward

from cogdyn.agents import RateRNN, load_run, train
from cogdyn.agents.credit.driven_step import driven_step, noise_currents
from cogdyn.agents.credit.losses import task_loss
from cogdyn.agents.credit.pulses import Pulses
from cogdyn.agents.credit.reward import MANY, ExpectedReward, rewards
from cogdyn.agents.network.data import tensors
from cogdyn.agents.network.ensemble import stacked
from cogdyn.agents.rules import BPTT, NodePerturbation
from cogdyn.envs import make_task

TASK = make_task("SensorimotorMapping")
CONTINUOUS = make_task("SineWave", stream_ms=100)
PROBABILITY = make_task("Add")
LEAKS = pytest.mark.parametrize("leak", ["voltage", "rate"])
LEARNED = ("recurrent", "input", "bias")


def network_of(task=TASK, leak="rate", n=4, **arguments):
    arguments = {"activation": "tanh", "tau": 25.0, "seed": 2, "gain": 1.2} | arguments
    return RateRNN(task.n_inputs, n, task.n_outputs, dt=task.dt, leak=leak, **arguments).double()


def drawn(seed):
    return torch.Generator().manual_seed(seed)


def flat(gradient):
    return torch.cat([gradient[name].flatten() for name in LEARNED])


def over_draws(rule, network, batch, n):
    """Mean of the gradient over draws, and its standard error."""
    draws = torch.stack([flat(rule.gradient(network, batch, drawn(k))) for k in range(n)])
    return draws.mean(0), draws.std(0) / n**0.5


def with_a_baseline(rule, network, batch):
    """The rule when it knows what to expect: else the first batch has its own mean, which depends on the draws."""
    data = tensors(batch, network.recurrent)
    reward = rewards(network(data.inputs, generator=drawn(9)).outputs.detach(), data)
    rule.restore(network, {})
    rule.expected.receive(batch, reward)
    return rule


def two_trials_often(n=200):
    """Two trials, each many times and each a kind of its own: rewards of a kind vary with what was tried alone."""
    one = TASK.sample(2, seed=0)
    many = {name: np.repeat(getattr(one, name), n, axis=1) for name in ("inputs", "targets", "mask")}
    periods = {"all": (np.zeros(2 * n), np.full(2 * n, len(one.mask)))}
    return replace(one, **many, conditions={"which": np.repeat([0, 1], n)}, periods=periods)


@LEAKS
def test_with_the_networks_noise_its_mean_is_the_gradient(leak):
    network = network_of(leak=leak, noise=0.2, dale=0.5, density=0.8, activation="softplus")
    batch = two_trials_often()
    rule = with_a_baseline(NodePerturbation(exploration="noise"), network, batch)
    ours, error = over_draws(rule, network, batch, 60)
    exact, error_of_exact = over_draws(BPTT(), network, batch, 20)
    exists = ours != 0
    assert exists.sum() > 20
    assert (exact[~exists] == 0).all()
    z = (ours - exact)[exists] / (error**2 + error_of_exact**2).sqrt()[exists]
    assert z.abs().max() < 4
    # It is not within its error because that is large: the gradient itself is many errors long.
    assert (exact[exists] / error[exists]).norm() > 20
    assert torch.nn.functional.cosine_similarity(ours, exact, dim=0) > 0.9


@LEAKS
def test_with_small_pulses_its_mean_is_the_gradient(leak):
    network, batch = network_of(leak=leak), two_trials_often()
    rule = with_a_baseline(NodePerturbation(amplitude=0.02, rate_hz=30), network, batch)
    ours, error = over_draws(rule, network, batch, 40)
    exact = flat(BPTT().gradient(network, batch))
    exists = ours != 0
    assert ((ours - exact)[exists] / error[exists]).abs().max() < 4
    assert (exact[exists] / error[exists]).norm() > 20
    assert torch.nn.functional.cosine_similarity(ours, exact, dim=0) > 0.95


@pytest.mark.parametrize("task", [TASK, CONTINUOUS, PROBABILITY], ids=["choice", "continuous", "probability"])
def test_rewards_are_minus_the_loss_trial_by_trial(task):
    network, batch = network_of(task), task.sample(5, seed=1)
    batch.mask[:, 2] *= np.arange(len(batch.mask)) < 0.9 * len(batch.mask)  # a trial that is shorter than others
    data = tensors(batch, network.recurrent)
    outputs = network(data.inputs).outputs.detach()
    reward = rewards(outputs, data)
    torch.testing.assert_close(-reward.mean(), task_loss(outputs, data.targets, data.mask, data.probabilities))
    for b in range(5):
        alone = task_loss(
            outputs[:, b : b + 1], data.targets[:, b : b + 1], data.mask[:, b : b + 1], data.probabilities
        )
        share = data.mask[:, b].sum() / data.mask.sum(0).mean()
        torch.testing.assert_close(-reward[b], share * alone)
    both = rewards(torch.stack([outputs, 2 * outputs], dim=1), data)
    torch.testing.assert_close(both, torch.stack([reward, rewards(2 * outputs, data)]))


def test_rewards_are_expected_by_kind():
    batch = TASK.sample(4, seed=0)
    conditions = {"stimulus": np.array([0, 1, 0, 0]), "noise": np.array([0.1, 0.2, 0.3, 0.4])}
    batch = replace(batch, conditions=conditions)
    expected, reward = ExpectedReward(0.5), torch.tensor([-1.0, -4.0, -2.0, -3.0])
    torch.testing.assert_close(expected.of(batch, reward), torch.full((4,), -2.5))
    expected.receive(batch, reward)
    torch.testing.assert_close(expected.of(batch, reward), torch.tensor([-2.0, -4.0, -2.0, -2.0]))
    expected.receive(batch, reward - 8)
    # Three trials of a kind keep 1/8 of what was known, one keeps 1/2.
    by_kind = torch.tensor([-2.0 - 8 * 7 / 8, -4.0 - 8 / 2])
    torch.testing.assert_close(expected.of(batch, reward), by_kind[[0, 1, 0, 0]])
    new = replace(batch, conditions=conditions | {"stimulus": np.array([7, 1, 7, 7])})
    torch.testing.assert_close(expected.of(new, reward)[0], torch.tensor(-2.5 - 8 * 15 / 16))
    assert set(expected.means) == {"all", "stimulus 0", "stimulus 1"}
    many = replace(batch, conditions={"item": np.arange(4)})
    for _ in range(MANY // 4 + 2):
        many = replace(many, conditions={"item": many.conditions["item"] + 4})
        expected.receive(many, reward)
    assert len(expected.means) == MANY + 1
    torch.testing.assert_close(expected.of(many, reward), torch.full((4,), -2.5))
    together = ExpectedReward(0.5, [])
    together.receive(batch, reward)
    torch.testing.assert_close(together.of(batch, reward), torch.full((4,), -2.5))


@LEAKS
def test_driven_steps_with_the_networks_noise_are_the_network(leak):
    network = network_of(leak=leak, noise=0.3)
    inputs = torch.from_numpy(TASK.sample(2000, seed=0).inputs).double()
    plain = network(inputs, generator=drawn(1))
    state, rates = network.initial_state(2000), []
    for x, noise in zip(inputs, noise_currents(network, *inputs.shape[:2], generator=drawn(2)), strict=True):
        state = driven_step(network, state, x, noise)
        rates.append(network.rates(state))
    ours = torch.stack(rates)[-1]
    torch.testing.assert_close(ours.std(0), plain.rates[-1].std(0), rtol=0.1, atol=0)
    torch.testing.assert_close(ours.mean(0), plain.rates[-1].mean(0), rtol=0, atol=0.03)
    state = network.initial_state(2000)
    for x in inputs:
        state = driven_step(network, state, x, torch.zeros(2000, 4).double())
    torch.testing.assert_close(state, network(inputs, noise=0).state, rtol=1e-12, atol=1e-14)


def test_pulses_are_as_frequent_and_as_high_as_said():
    network, pulses = network_of(n=20), Pulses(0.5, 3.0)
    heights = pulses.draw(network, 500, 20, drawn(0))
    there = heights != 0
    assert there.double().mean().item() == pytest.approx(3 * TASK.dt / 1000, rel=0.03)
    assert heights.abs().max().item() == pytest.approx(0.5, rel=1e-3)
    assert heights.var().item() == pytest.approx(pulses.variance(TASK.dt), rel=0.05)


@LEAKS
def test_one_try_by_hand(leak):
    network = RateRNN(1, 2, 1, dt=10, tau=20, activation="relu", leak=leak, self_connections=True, noise=1.0).double()
    with torch.no_grad():
        network.recurrent.copy_(torch.eye(2))
        network.input.copy_(torch.tensor([[20.0], [40.0]]))
        network.readout.copy_(torch.tensor([[1.0, 0.0]]))
    task = make_task("CyclePattern", cue="none", start_ms=0, noise=0, dt=10, cycle_ms=100)
    inputs, mask = np.array([[[1.0]], [[0.0]], [[0.0]]], np.float32), np.array([[0.0], [1.0], [0.0]], np.float32)
    batch = replace(task.sample(1, seed=0), inputs=inputs, targets=np.zeros((3, 1, 1), np.float32), mask=mask)
    noise = noise_currents(network, 3, 1, drawn(4))[:, 0]
    # Both units rise above 0, so that both leaks are the same line; the last bin counts nothing.
    r1 = (torch.tensor([20.0, 40.0]) + noise[0]) / 2
    r2 = r1 + noise[1] / 2
    better = -(r2[0] ** 2) - -300.0
    rule = NodePerturbation(exploration="noise", trial_types=[])
    rule.restore(network, {f"expected.{kind}": torch.tensor(-300.0).double() for kind in ("all", "any")})
    found = rule.gradient(network, batch, drawn(4))
    # The variance of the noise is 2 sigma^2 / alpha = 4.
    torch.testing.assert_close(found["recurrent"], -better / 4 * torch.outer(noise[1], r1), rtol=1e-12, atol=0)
    torch.testing.assert_close(found["input"], -better / 4 * noise[0][:, None], rtol=1e-12, atol=0)
    torch.testing.assert_close(found["bias"], -better / 4 * (noise[0] + noise[1]), rtol=1e-12, atol=0)
    torch.testing.assert_close(found["readout"], 2 * r2[:1] * r2[None], rtol=1e-12, atol=0)


@pytest.mark.parametrize("exploration", ["pulses", "noise"])
def test_an_ensemble_is_trained_as_its_networks_alone(exploration):
    settings = {"steps": 4, "batch_size": 5, "evaluate_every": 2, "n_test": 5, "device": "cpu"}

    def rule():
        return NodePerturbation(lr=0.1, exploration=exploration, rate_hz=20)

    arguments = {"noise": 0.1, "dale": 0.5, "density": 0.8}
    together = train(TASK, network_of(**arguments), rule(), ensemble=2, **settings)
    for s, run in enumerate(together):
        alone = train(TASK, network_of(seed=2 + s, **arguments), rule(), **settings)
        for a, b in zip(run.network.parameters(), alone.network.parameters(), strict=True):
            torch.testing.assert_close(a, b, rtol=1e-6, atol=1e-9)
        for row, expected in zip(run.metrics, alone.metrics, strict=True):
            assert row == pytest.approx(expected, rel=1e-6)


def test_a_resumed_run_equals_an_uninterrupted_one(tmp_path):
    settings = {"batch_size": 5, "evaluate_every": 2, "n_test": 5, "device": "cpu"}
    rules = [NodePerturbation(lr=0.1, rate_hz=20, optimizer="adam") for _ in range(3)]
    whole = train(TASK, network_of().float(), rules[0], 4, **settings)
    train(TASK, network_of().float(), rules[1], 2, out=tmp_path, **settings)
    resumed = train(TASK, network_of().float(), rules[2], 4, out=tmp_path, resume=True, **settings)
    for a, b in zip(resumed.network.parameters(), whole.network.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=0)
    assert load_run(tmp_path).config["rule"] == {"name": "NodePerturbation", **rules[0].config}


def test_only_what_is_asked_for_learns_and_within_dales_law():
    network = network_of(n=10, dale=0.5, density=0.7, activation="softplus", noise=0.1)
    first = {name: values.clone() for name, values in network.state_dict().items()}
    rule = NodePerturbation(lr=0.1, readout="fixed", exploration="noise")
    for k in range(30):
        rule.update(network, TASK.sample(8, seed=k), drawn(k))
    now, weights = network.state_dict(), network.recurrent_weights
    assert {name for name in now if not torch.equal(now[name], first[name])} == set(LEARNED)
    assert (weights[:, :5] >= 0).all()
    assert (weights[:, 5:] <= 0).all()
    assert (weights[network.recurrent_mask == 0] == 0).all()


@pytest.mark.slow
@pytest.mark.parametrize("exploration", ["pulses", "noise"])
def test_it_learns_from_reward_alone(exploration):
    """Five seeds, with a readout that stays: chance is 0.5."""
    scores = []
    for seed in range(5):
        network = network_of(n=20, tau=20.0, noise=0.1, seed=seed).float()
        rule = NodePerturbation(lr=0.1, readout="fixed", exploration=exploration, rate_hz=20)
        run = train(TASK, network, rule, 400, 32, seed, evaluate_every=400, n_test=200, device="cpu")
        scores.append(run.metrics[-1]["score"])
    assert min(scores) > 0.9, scores


def test_bad_input_gets_one_clear_error():
    network, batch = network_of(), TASK.sample(2, seed=0)
    for wrong, words in (
        ({"exploration": "pulse"}, "Did you mean 'pulses'"),
        ({"readout": "fix"}, "Did you mean 'fixed'"),
        ({"amplitude": 0.0}, "amplitude is 0.0"),
        ({"rate_hz": -1.0}, "rate_hz is -1.0"),
        ({"baseline_decay": 1.0}, "baseline_decay is 1.0"),
        ({"lr": 0.0}, "lr is 0.0"),
    ):
        with pytest.raises(ValueError, match=words):
            NodePerturbation(**wrong)
    for wrong, words in (
        ({"exploration": "noise"}, "no noise to explore with"),
        ({"rate_hz": 101.0}, "room for 100"),
        ({"trial_types": ["stimuli"]}, "Did you mean 'stimulus'"),
    ):
        with pytest.raises(ValueError, match=words):
            NodePerturbation(**wrong).update(network, batch)


def test_with_the_reward_of_the_environment_the_mean_over_many_tries_is_the_policy_gradient():
    """Of a bandit of two pulls, whose mean reward follows from its nine courses, and from many draws of the noise."""
    task = TwoPulls()
    network = RateRNN(5, 4, 3, dt=20, tau=40, activation="tanh", leak="rate", noise=0.3, readout_gain=3, seed=3)
    network = network.double()
    rule = NodePerturbation(exploration="noise", reward="environment", trial_types=[], lr=1e-12)
    mean = expected_reward(network, 20_000, drawn(5))
    exact = dict(zip(dict(network.named_parameters()), torch.autograd.grad(mean, [*network.parameters()]), strict=True))
    baseline = torch.tensor(mean.item(), dtype=torch.float64)
    rule.restore(network, {"expected.all": baseline, "expected.any": baseline})
    learned = (*LEARNED, "readout", "readout_bias")
    draws = [rule.gradient(network, task.sample(100, seed=k), drawn(k)) for k in range(400)]
    draws = torch.stack([torch.cat([draw[name].flatten() for name in learned]) for draw in draws])
    expected = -torch.cat([exact[name].flatten() for name in learned])
    error = draws.std(0) / len(draws) ** 0.5
    assert (expected.abs() > 6 * error).sum() > 15
    assert ((draws.mean(0) - expected).abs() <= 4.5 * error + 2e-4).all()


def test_continuous_actions_and_sessions_are_played():
    for task in (make_task("yang19.go"), PROBABILITY, make_task("ReversalBandit", n_choices=3)):
        network, rule = network_of(task), NodePerturbation(reward="environment", lr=0.1)
        before = [value.detach().clone() for value in network.parameters()]
        for k in range(2):
            metrics = rule.update(network, task.sample(64, seed=k), drawn(k))
        assert metrics["loss"] == -metrics["reward"]
        moved = any(not torch.equal(a, b) for a, b in zip(before, network.parameters(), strict=True))
        assert moved == (metrics["reward"] != 0)  # where all trials earn nothing there is nothing to learn
        assert moved or task is PROBABILITY
    with pytest.raises(ValueError, match=r"action_noise is 0.3, and SensorimotorMapping has choices"):
        NodePerturbation(reward="environment", action_noise=0.3).update(network_of(), TASK.sample(2, seed=0))
    with pytest.raises(ValueError, match="batch is of no task that is known, and NodePerturbation acts"):
        NodePerturbation(reward="environment").update(network_of(), replace(TASK.sample(2, seed=0), task=None))


def test_networks_of_an_ensemble_act_each_as_alone():
    networks, batch = [network_of(seed=s, readout_gain=3) for s in (0, 1)], TASK.sample(6, seed=0)
    rule, ensemble = NodePerturbation(reward="environment", abort=False), stacked(networks)
    metrics = rule.update(ensemble, batch, drawn(0))
    for s, network in enumerate(networks):
        alone = NodePerturbation(reward="environment", abort=False).update(network, batch, drawn(0))
        assert {name: float(value[s]) for name, value in metrics.items()} == pytest.approx(alone)
        for name, value in network.named_parameters():
            torch.testing.assert_close(value, ensemble.get_parameter(name)[s], atol=1e-12, rtol=0)
