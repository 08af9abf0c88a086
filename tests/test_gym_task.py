"""Environments that are stepped, ours or not: what a rollout is, what is learned of it, and what is refused."""

from dataclasses import replace
from functools import partial

import gymnasium as gym
import numpy as np
import pytest
import torch
from counting_envs import MAKERS, Counting, counting
from gymnasium.vector import AutoresetMode

from cogdyn.agents import RateRNN, episode_returns, evaluate, load_run, network_for, train
from cogdyn.agents.credit.policies import ChoicePolicy
from cogdyn.agents.credit.stepped_rollout import play_on
from cogdyn.agents.network.ensemble import stacked
from cogdyn.agents.rules import BPTT, REINFORCE, ActorCritic, NodePerturbation, RewardEProp
from cogdyn.envs import GymTask
from cogdyn.envs.gym.episodes import Episodes

K, N = 9, 3


def drawn(seed):
    return torch.Generator().manual_seed(seed)


def network_of(task, n=6, **arguments):
    arguments = {"activation": "tanh", "noise": 0.0, "readout_gain": 2, "tau": 60.0} | arguments
    return RateRNN(task.n_inputs, n, task.n_outputs, dt=task.dt, **arguments).double()


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def values(network):
    return {name: value.detach().clone() for name, value in network.named_parameters()}


@pytest.mark.parametrize("make", MAKERS)
def test_episodes_are_the_same_however_copies_reset(make):
    episodes, seen = Episodes(GymTask(env=make), N), [[] for _ in range(N)]
    for k in range(40):
        shown, step = episodes.observations, episodes.step(np.full(N, k % 2))
        for i in range(N):
            if step.counts[i]:
                after = tuple(step.last[i]) if step.cuts[i] else None
                seen[i].append((*shown[i], k % 2, step.rewards[i], step.ends[i], step.cuts[i], after))
            else:
                assert (step.rewards[i], step.ends[i], step.cuts[i]) == (0, False, False)
            if step.begins[i]:
                assert episodes.observations[i, 2] == 0
    for i in range(N):
        for copy, episode, bin_, action, reward, ended, cut, after in seen[i]:
            assert copy == i
            assert reward == (0 if action else 10 * i + bin_)
            over = bin_ + 1 == 2 + (i + episode) % 3
            assert (ended, cut) == (over and episode % 2 == 0, over and episode % 2 == 1)
            assert after == ((i, episode, bin_ + 1) if cut else None)
        episodes_seen = [episode for _, episode, bin_, *_ in seen[i] if bin_ == 0]
        assert episodes_seen == list(range(len(episodes_seen)))


def test_discrete_actions_begin_where_the_space_does_and_boxes_are_clipped():
    episodes = Episodes(GymTask(env=counting), N)
    episodes.step(np.array([0, 1, 0]))
    assert episodes._envs.actions[0].tolist() == [5, 6, 5]
    box = gym.spaces.Box(-1.0, 0.5, (2,), np.float32)
    episodes = Episodes(GymTask(env=lambda n: Counting(n, action_space=box)), N)
    episodes.step(np.array([[3.0, -0.25]] * N))
    assert episodes._envs.actions[0].tolist() == [[0.5, -0.25]] * N
    assert episodes._envs.actions[0].dtype == np.float32


@pytest.mark.parametrize("make", MAKERS)
def test_the_loss_of_a_rollout_is_as_written(make):
    """By a loop over the bins of each copy, from where the rollout before stopped; what is cut is bootstrapped."""
    task, gamma, lambda_ = GymTask(env=make, n_bins=K), 0.9, 0.7
    network, value = network_of(task), torch.linspace(-1, 1, 6, dtype=torch.float64)
    rule = ActorCritic(
        gamma=gamma, gae_lambda=lambda_, entropy=0.3, normalise=False, rate_penalty=0.0, value_cost=0.5, lr=1e-9
    )
    rule.meet(network)
    episodes, replayed = Episodes(task, N, 0), Episodes(task, N, 0)
    rule.update(network, episodes, drawn(0))
    rule.own.values |= {"value": value, "value_bias": torch.zeros((), dtype=torch.float64)}
    surrogate, _, rollout = rule._try(network, episodes, drawn(1))

    with torch.no_grad():
        source, state, bins = drawn(0), network.initial_state(N), []
        for k in range(2 * K):
            source = drawn(1) if k == K else source
            u = torch.from_numpy(replayed.observations[None]).double()
            done = network(u, state)
            a = ChoicePolicy().sample(done.outputs, source)[0]
            step = replayed.step(a.numpy())
            last = torch.from_numpy(np.where(step.cuts[:, None], step.last, replayed.observations)[None]).double()
            V = [x.rates[0] @ value for x in (done, network(last, done.state))]
            bins.append((done.outputs[0].log_softmax(-1), a, V[0], V[1], step))
            begins = torch.from_numpy(step.begins)[:, None]
            state = torch.where(begins, network.initial_state(N), done.state)
    torch.testing.assert_close(episodes.state, state)
    bins, terms = bins[K:], []
    for i in range(N):
        for t in range(K):
            if not bins[t][4].counts[i]:
                continue
            A, G, weight, discount = 0.0, 0.0, 1.0, 1.0
            for s in range(t, K):
                _, _, V, beyond, step = bins[s]
                end, cut = step.ends[i], step.cuts[i] or s == K - 1
                after = 0.0 if end else (beyond[i] if cut else bins[s + 1][2][i])
                A += weight * (step.rewards[i] + gamma * after - V[i])
                G += discount * step.rewards[i]
                weight, discount = weight * gamma * lambda_, discount * gamma
                if end or cut:
                    G += discount * after
                    break
            log_pi, a, V, *_ = bins[t]
            H = -(log_pi[i].exp() * log_pi[i]).sum()
            terms.append(-A * log_pi[i, a[i]] + 0.5 * (G - V[i]) ** 2 - 0.3 * H)
    assert surrogate.item() == pytest.approx(torch.stack(terms).mean().item(), rel=1e-10)
    assert rollout.alive.sum() == len(terms)


def test_the_state_is_carried_on_and_begins_again_with_each_episode():
    task = GymTask(env=counting, n_bins=K)
    network, episodes = network_of(task), Episodes(task, N)
    rollouts = [play_on(network, episodes, network, lambda z: z.argmax(-1)) for _ in range(3)]
    inputs, outputs = (torch.cat([getattr(one, name) for one in rollouts]) for name in ("outputs", "rates"))
    shown = torch.cat([u for one in rollouts for u in one.inputs])
    for i in range(N):
        starts = [t for t in range(len(shown)) if shown[t, i, 2] == 0 and (t == 0 or shown[t - 1, i, 2] != 0)]
        for start, stop in zip(starts, [*starts[1:], len(shown)], strict=True):
            alone = network(shown[start:stop, i : i + 1])
            torch.testing.assert_close(alone.outputs[:, 0], inputs[start:stop, i])
            torch.testing.assert_close(alone.rates[:, 0], outputs[start:stop, i])


def test_errors_go_back_through_the_rollout_and_no_further():
    task = GymTask(env=counting, n_bins=K)
    network, episodes = network_of(task), Episodes(task, N)
    for _ in range(2):
        play_on(network, episodes, network, lambda z: z.argmax(-1)).outputs.sum().backward()
    assert not episodes.state.requires_grad
    assert network.recurrent.grad.abs().max() > 0


@pytest.mark.parametrize("rule", [ActorCritic, RewardEProp])
@pytest.mark.parametrize("env", ["CartPole-v1", "Pendulum-v1", "cogdyn/ReversalBandit-v0", counting])
def test_rules_learn_of_choices_and_vectors_in_single_precision_too(rule, env):
    task = GymTask(env=env, n_bins=12)
    network, episodes = network_of(task, noise=0.05).float(), Episodes(task, 4, 0)
    learned = task.kind != "choice"
    one, before = rule(learn_action_noise=learned), values(network)
    for k in range(2):
        found = one.update(network, episodes, drawn(k))
        assert np.isfinite([found["loss"], found["gradient_norm"]]).all()
        assert found["loss"] == -found["reward"]
    assert not same(before, values(network))
    if learned:
        assert not torch.equal(one.own.values["log_sigma"], torch.full((task.n_outputs,), 0.2).log())


def test_a_network_of_another_kind_learns_and_a_saved_run_resumes(tmp_path):
    task = GymTask(env="CartPole-v1", hidden=(1, 3), n_bins=8)

    def run(steps, **arguments):
        network = network_for(task, 10, activation="tanh")
        settings = {"evaluate_every": 2, "n_test": 4, "device": "cpu"}
        return train(task, network, ActorCritic(lr=0.01), steps, 4, out=tmp_path / "run", **settings, **arguments)

    first = run(4)
    assert first.metrics[-1]["score"] == episode_returns(task, first.network, 4).mean()
    assert "return" in first.metrics[-1]
    loaded = load_run(tmp_path / "run")
    assert loaded.task == task
    assert same(values(first.network), values(loaded.network))
    resumed = run(6, resume=True)
    assert resumed.step == 6
    assert run(6, resume=True, stop_at=1e6).metrics == resumed.metrics


def test_a_run_on_disk_is_of_an_environment_that_is_known_by_its_id(tmp_path):
    """A file that names a function must not have it called."""
    task = GymTask(env=counting, n_bins=4)
    learn = partial(train, network=network_of(task), rule=ActorCritic(), steps=1, batch_size=3, n_test=3, device="cpu")
    with pytest.raises(ValueError, match=r"a run on disk needs an id: gymnasium\.register"):
        learn(task, out=tmp_path / "run")
    with pytest.raises(ValueError, match="a run on disk needs an id"):
        learn(task).save(tmp_path / "run")
    assert not (tmp_path / "run").exists()
    gym.register("Counting-v0", vector_entry_point=lambda num_envs: counting(num_envs))
    try:
        known = replace(task, env="Counting-v0")
        learn(known, out=tmp_path / "run")
        assert load_run(tmp_path / "run").task == known
    finally:
        del gym.registry["Counting-v0"]


def test_returns_are_of_whole_episodes():
    task = GymTask(env=lambda n: Counting(n, AutoresetMode.SAME_STEP))
    network = network_of(task)
    with torch.no_grad():
        network.readout.zero_()
        network.readout_bias.copy_(torch.tensor([1.0, 0.0]))
    # Copy i is paid 10 i and 10 i + 1, ..., in the 2 + i % 3 bins of its first episode.
    assert episode_returns(task, network, 3).tolist() == [0 + 1, 10 + 11 + 12, 20 + 21 + 22 + 23]
    assert episode_returns(replace(task, longest=2), network, 3).tolist() == [1, 21, 41]


def not_paid(n):
    envs = Counting(n)
    step = envs.step
    envs.step = lambda actions: (lambda o, r, *rest: (o, r * np.nan, *rest))(*step(actions))
    return envs


def undeclared(n):
    envs = Counting(n)
    envs.metadata = {}
    return envs


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"env": "CartPoe-v1"}, "env is 'CartPoe-v1'.*CartPole"),
        ({"env": "nowhere:function"}, "import the module yourself, and give the id alone"),
        ({"env": 3}, "env is 3; allowed: an id, or a function of n"),
        ({"env": undeclared}, "undeclared does not declare how it resets"),
        ({"env": lambda n: gym.make("CartPole-v1")}, "it must make a VectorEnv of 1 copies"),
        ({"env": "FrozenLake-v1"}, r"FrozenLake-v1 shows Discrete\(16\); a network sees a Box of shape \(n,\)"),
        ({"env": "CartPole-v1", "hidden": (4,)}, "allowed: some of the numbers from 0 to 3"),
        ({"env": "CartPole-v1", "hidden": (0, 1, 2, 3)}, "allowed: some of the numbers from 0 to 3"),
        ({"env": "CartPole-v1", "n_bins": 0}, "n_bins is 0; it must be at least 1"),
        ({"env": "CartPole-v1", "dt": 0.0}, "dt is 0.0; it must be positive"),
        (
            {"env": lambda n: Counting(n, action_space=gym.spaces.MultiBinary(2))},
            r"takes MultiBinary\(2\); allowed: Discrete, or a Box",
        ),
    ],
)
def test_environments_that_make_no_sense_are_one_clear_error(arguments, message):
    with pytest.raises(ValueError, match=message) as error:
        GymTask(**arguments)
    assert "\n" not in str(error.value)


def test_an_environment_without_trials_is_refused_where_trials_are_needed():
    task = GymTask(env="CartPole-v1")
    network = network_of(task)
    for rule in (BPTT(), NodePerturbation(), REINFORCE()):
        with pytest.raises(ValueError, match=r"CartPole-v1 is an environment without trials; ActorCritic and RewardEP"):
            train(task, network, rule, 1, 2, n_test=2)
    for needs_trials in (lambda: evaluate(task, network), lambda: task.sample(2), lambda: task.ceiling):
        with pytest.raises(ValueError, match="CartPole-v1 is an environment without trials, which is stepped"):
            needs_trials()


def test_what_does_not_fit_a_rollout_is_one_clear_error():
    task = GymTask(env="CartPole-v1")
    network, episodes = network_of(task), Episodes(task, 2)
    with pytest.raises(ValueError, match=r"action_noise is 0\.3, and CartPole-v1 has choices"):
        ActorCritic(action_noise=0.3).update(network, episodes, drawn(0))
    with pytest.raises(ValueError, match="errors go back through the n_bins of a rollout, 32 of CartPole-v1"):
        train(task, network, ActorCritic(window_ms=100.0), 1, 2, n_test=2)
    with pytest.raises(ValueError, match="CartPole-v1: each network would see its own episodes; train them singly"):
        ActorCritic().update(stacked([network_of(task, seed=s) for s in range(2)]), episodes, drawn(0))
    with pytest.raises(ValueError, match="each network would see its own"):
        train(task, network, ActorCritic(), 1, 2, n_test=2, ensemble=2)
    with pytest.raises(ValueError, match="not_paid paid nan in copy 0; rewards must be finite"):
        Episodes(GymTask(env=not_paid), 2).step(np.zeros(2, int))


@pytest.mark.slow
def test_the_pole_is_balanced_though_its_velocities_are_hidden():
    task = GymTask(env="CartPole-v1", hidden=(1, 3), longest=500)
    for seed in range(3):
        network = network_for(task, 50, activation="tanh", tau=40.0, seed=seed)
        before = episode_returns(task, network, 100, seed=1).mean()
        rule = ActorCritic(lr=3e-3, rate_penalty=0.0)
        train(task, network, rule, 400, 32, seed, device="cpu", n_test=20, evaluate_every=100)
        assert episode_returns(task, network, 100, seed=1).mean() > 3 * before
        assert episode_returns(task, network, 100, seed=1, sample=True).mean() > 3 * before
