"""Rules, training, runs, evaluation and acting."""

import itertools
import os
import re
import signal

import gymnasium as gym
import numpy as np
import pytest
import torch
from every_task import every_task

import cogdyn  # noqa: F401  registers the environments
from cogdyn.agents import Actor, RateRNN, RunError, TrainingDiverged, TrialDataset, evaluate, load_run, train
from cogdyn.agents.credit.losses import task_loss
from cogdyn.agents.rules import BPTT, Diverged, Rule
from cogdyn.agents.training.evaluation import NetworkPolicy
from cogdyn.envs import TrialEnv, Uniform, make_task

DMS = make_task("DelayMatchSample", delay_ms=Uniform(100, 200))


def network_for(task, n=20, **arguments):
    arguments = {"dale": 0.8, "noise": 0.05, **arguments}
    return RateRNN(task.n_inputs, n, task.n_outputs, dt=task.dt, **arguments)


def same(first, second):
    return all(
        torch.equal(a, b) for a, b in zip(first.state_dict().values(), second.state_dict().values(), strict=True)
    )


@pytest.mark.parametrize("off", [torch.no_grad, torch.inference_mode])
@pytest.mark.parametrize("ensemble", [None, 2])
def test_training_learns_where_gradients_are_switched_off_around_it(off, ensemble):
    network = network_for(DMS)
    expected = train(DMS, network_for(DMS), BPTT(), steps=2, batch_size=4, n_test=4, ensemble=ensemble)
    with off():
        found = train(DMS, network, BPTT(), steps=2, batch_size=4, n_test=4, ensemble=ensemble)
    pairs = [(found, expected)] if ensemble is None else zip(found, expected, strict=True)
    assert all(same(ours.network, theirs.network) for ours, theirs in pairs)


# The rule


def test_bptt_gradient_is_autograds_and_leaves_the_network_alone():
    network, rule, batch = network_for(DMS).double(), BPTT(rate_penalty=0.1, weight_penalty=0.1), DMS.sample(8, seed=0)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    gradient = rule.gradient(network, batch, torch.Generator().manual_seed(1))
    loss = rule.loss(network, batch, torch.Generator().manual_seed(1))
    loss.backward()
    for name, parameter in network.named_parameters():
        torch.testing.assert_close(gradient[name], parameter.grad, rtol=1e-12, atol=0)
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())


def test_penalties_add_to_the_loss_what_they_say():
    network, batch = network_for(DMS, noise=0.0).double(), DMS.sample(8, seed=0)
    plain, both = (BPTT(rate_penalty=p, weight_penalty=q).loss(network, batch).item() for p, q in ((0, 0), (0.3, 0.7)))
    rates = network(torch.from_numpy(batch.inputs).double()).rates
    matrices = (network.recurrent_weights, network.input_weights, network.readout_weights)
    expected = 0.3 * rates.square().mean() + 0.7 * sum(m.square().mean() for m in matrices)
    assert both - plain == pytest.approx(expected.item(), rel=1e-10)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_absolute_penalties_add_sizes(dtype):
    network, batch = network_for(DMS, noise=0.0, activation="tanh").to(dtype), DMS.sample(8, seed=0)
    rules = (BPTT(), BPTT(rate_penalty=0.3, weight_penalty=0.7, penalty="absolute"))
    plain, both = (rule.loss(network, batch).item() for rule in rules)
    rates = network(torch.from_numpy(batch.inputs).to(dtype)).rates
    matrices = (network.recurrent_weights, network.input_weights, network.readout_weights)
    expected = 0.3 * rates.abs().mean() + 0.7 * sum(m.abs().mean() for m in matrices)
    assert both - plain == pytest.approx(expected.item(), rel=1e-10 if dtype == torch.float64 else 1e-5)


def test_a_penalty_of_another_name_is_refused():
    with pytest.raises(ValueError, match=r"unknown penalty 'square'. Did you mean 'squared'\?"):
        BPTT(penalty="square")


def test_masked_bins_do_not_count():
    outputs = torch.randn(4, 3, 2, generator=torch.Generator().manual_seed(0))
    targets, mask = torch.zeros(4, 3, dtype=torch.int64), torch.ones(4, 3)
    mask[2:] = 0
    changed = outputs.clone()
    changed[2:] = 100.0
    assert task_loss(outputs, targets, mask) == task_loss(changed, targets, mask)
    assert task_loss(outputs, targets, mask) == pytest.approx(
        torch.nn.functional.cross_entropy(outputs[:2].flatten(0, 1), targets[:2].flatten()).item()
    )


def test_probabilities_are_met_by_cross_entropy():
    """With certain labels it is the loss of classes; its least value is the entropy of the labels."""
    generator = torch.Generator().manual_seed(1)
    outputs = torch.randn(5, 3, 4, generator=generator, dtype=torch.float64)
    classes = torch.randint(4, (5, 3), generator=generator)
    mask = torch.rand(5, 3, generator=generator, dtype=torch.float64)
    certain = torch.nn.functional.one_hot(classes, 4).double()
    torch.testing.assert_close(task_loss(outputs, certain, mask, True), task_loss(outputs, classes, mask))
    p = torch.softmax(outputs, dim=-1)
    entropy = -(p * p.log()).sum(-1)
    torch.testing.assert_close(task_loss(outputs, p, mask, True), (entropy * mask).sum() / mask.sum())
    assert task_loss(outputs + torch.tensor([0.1, 0, 0, 0]), p, mask, True) > task_loss(outputs, p, mask, True)


def test_losses_refuse_what_does_not_fit():
    with pytest.raises(ValueError, match="do not fit"):
        task_loss(torch.zeros(4, 3, 2), torch.zeros(4, 2, dtype=torch.int64), torch.ones(4, 3))
    with pytest.raises(ValueError, match="targets name class 2, but there are only 2 outputs"):
        task_loss(torch.zeros(4, 3, 2), torch.full((4, 3), 2), torch.ones(4, 3))
    with pytest.raises(ValueError, match="0 everywhere"):
        task_loss(torch.zeros(4, 3, 2), torch.zeros(4, 3, dtype=torch.int64), torch.zeros(4, 3))


def test_update_clips_the_gradient():
    network, batch = network_for(DMS), DMS.sample(8, seed=0)
    before = [p.detach().clone() for p in network.parameters()]
    BPTT(lr=1.0, clip=1e-3, optimizer="sgd").update(network, batch, torch.Generator().manual_seed(0))
    moved = [p.detach() - old for p, old in zip(network.parameters(), before, strict=True)]
    norm = torch.stack([change.square().sum() for change in moved]).sum().sqrt()
    assert norm.item() == pytest.approx(1e-3, rel=1e-3)


def test_a_diverging_update_changes_nothing():
    network, batch = network_for(DMS), DMS.sample(8, seed=0)
    with torch.no_grad():
        network.readout[0, 0] = float("inf")
    before = [parameter.clone() for parameter in network.parameters()]
    with pytest.raises(Diverged, match="loss"):
        BPTT().update(network, batch)
    assert all(torch.equal(a, b) for a, b in zip(before, network.parameters(), strict=True))


@pytest.mark.parametrize("arguments", [{"lr": 0}, {"lr": float("nan")}, {"clip": -1}, {"rate_penalty": -1}])
def test_bptt_refuses_senseless_numbers(arguments):
    with pytest.raises(ValueError, match=next(iter(arguments))):
        BPTT(**arguments)


def test_a_schedule_of_the_learning_rate_is_kept_and_resumed(tmp_path):
    schedule = ((0, 4e-3), (3, 2e-3), (5, 1e-3))
    rule, network, sizes = BPTT(lr=schedule, clip=None), network_for(DMS), []
    for step in range(7):
        before = network.recurrent.detach().clone()
        rule.update(network, DMS.sample(8, seed=step), torch.Generator().manual_seed(step))
        sizes.append((network.recurrent.detach() - before).abs().max().item())
    # The first update of Adam has the size of the learning rate; at a constant rate later ones are hardly larger.
    assert sizes[0] == pytest.approx(4e-3, rel=1e-3)
    constant, network = BPTT(lr=4e-3, clip=None), network_for(DMS)
    for step in range(4):
        before = network.recurrent.detach().clone()
        constant.update(network, DMS.sample(8, seed=step), torch.Generator().manual_seed(step))
    assert (network.recurrent.detach() - before).abs().max().item() == pytest.approx(2 * sizes[3], rel=1e-3)
    settings = {"batch_size": 8, "evaluate_every": 2, "n_test": 10}
    whole = train(DMS, network_for(DMS), BPTT(lr=schedule), 6, **settings)
    train(DMS, network_for(DMS), BPTT(lr=schedule), 4, out=tmp_path / "run", **settings)
    resumed = train(DMS, network_for(DMS), BPTT(lr=schedule), 6, out=tmp_path / "run", resume=True, **settings)
    assert whole.metrics == resumed.metrics


@pytest.mark.parametrize("lr", [(), ((1, 1e-3),), ((0, 1e-3), (0, 1e-4)), ((0, 0.0),)])
def test_senseless_schedules_of_the_learning_rate_are_refused(lr):
    with pytest.raises(ValueError, match="lr is"):
        BPTT(lr=lr)


# Data


def test_workers_share_the_stream():
    loader = torch.utils.data.DataLoader(TrialDataset(DMS, 4, seed=3, n_batches=5), batch_size=None, num_workers=2)
    painted = list(itertools.islice(DMS.stream(4, 3), 5))
    for tensor, batch in zip(loader, painted, strict=True):
        np.testing.assert_array_equal(tensor.inputs.numpy(), batch.inputs)
        np.testing.assert_array_equal(tensor.targets.numpy(), batch.targets)


def test_a_loader_with_a_batch_size_of_its_own():
    """PyTorch's default of 1 leaves batches as they are; any other is refused, since batches are no items."""
    dataset = TrialDataset(DMS, 4, seed=3, n_batches=3)
    epochs = [[batch.inputs for batch in torch.utils.data.DataLoader(dataset)] for _ in range(2)]
    assert [batch.shape[1:] for batch in epochs[0]] == [(4, DMS.n_inputs)] * 3
    assert all(torch.equal(one, other) for one, other in zip(*epochs, strict=True))
    with pytest.raises(ValueError, match=r"has batch_size=2; use DataLoader\(dataset, batch_size=None\)"):
        next(iter(torch.utils.data.DataLoader(dataset, batch_size=2)))
    assert re.fullmatch(r"TensorBatch\(inputs \(\d+, 4, 5\), targets \(\d+, 4\)\)", repr(next(iter(dataset))))


def test_an_evaluation_is_shown_in_a_line():
    network = network_for(DMS, 8)
    assert re.fullmatch(r"Evaluation: score [01]\.\d{3} in 8 trials, 8 units", repr(evaluate(DMS, network, 8)))


# Training


@pytest.mark.parametrize("name", every_task())
def test_loss_falls_on_every_task(name):
    task = make_task(name)
    network, rule, batch = network_for(task, 30, noise=0.0), BPTT(lr=1e-3), task.sample(32, seed=0)
    losses = [rule.update(network, batch)["loss"] for _ in range(30)]
    assert losses[-1] < losses[0]


def test_training_repeats_to_the_bit_and_resumes_to_the_bit(tmp_path):
    def training(folder, steps, **arguments):
        network = network_for(DMS)
        return train(
            DMS,
            network,
            BPTT(lr=3e-3),
            steps,
            16,
            seed=5,
            device="cpu",
            out=folder,
            evaluate_every=4,
            n_test=20,
            **arguments,
        )

    whole = training(tmp_path / "whole", 10)
    training(tmp_path / "cut", 4)
    resumed = training(tmp_path / "cut", 10, resume=True)
    assert same(whole.network, resumed.network)
    for file in ("model.safetensors", "metrics.csv"):
        assert (tmp_path / "whole" / file).read_bytes() == (tmp_path / "cut" / file).read_bytes()
    other = train(DMS, network_for(DMS), BPTT(lr=3e-3), 10, 16, seed=6, evaluate_every=4, n_test=20)
    assert not same(whole.network, other.network)


@pytest.fixture
def ctrl_c_interrupts():
    """Also where these tests run in the background, which hears no Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_ctrl_c_finishes_the_update_and_keeps_it(tmp_path, ctrl_c_interrupts):
    def interrupt(step, metrics):
        if step == 3:
            os.kill(os.getpid(), signal.SIGINT)

    arguments = {"steps": 8, "batch_size": 8, "evaluate_every": 100, "n_test": 10}
    with pytest.raises(KeyboardInterrupt):
        train(DMS, network_for(DMS), BPTT(), out=tmp_path / "cut", progress=interrupt, **arguments)
    assert load_run(tmp_path / "cut").step == 4
    resumed = train(DMS, network_for(DMS), BPTT(), out=tmp_path / "cut", resume=True, **arguments)
    whole = train(DMS, network_for(DMS), BPTT(), **arguments)
    assert same(resumed.network, whole.network)


def test_divergence_names_the_step_and_keeps_the_last_good_checkpoint(tmp_path):
    network = network_for(DMS)

    def poison(step, metrics):
        if step == 5:
            with torch.no_grad():
                network.readout[0, 0] = float("nan")

    with pytest.raises(TrainingDiverged, match=r"step 6 .*checkpoint, of step 4"):
        train(DMS, network, BPTT(), 10, 8, out=tmp_path, evaluate_every=2, n_test=10, progress=poison)
    kept = load_run(tmp_path)
    assert kept.step == 4
    assert all(torch.isfinite(parameter).all() for parameter in kept.network.parameters())


def test_training_stops_at_the_score_asked_for():
    run = train(DMS, network_for(DMS), BPTT(), 50, 8, stop_at=0.0, evaluate_every=5, n_test=10)
    assert run.step == 5


def test_training_refuses_what_does_not_fit(tmp_path):
    network = network_for(DMS)
    with pytest.raises(ValueError, match=r"dt is 20\.0 but the task's is 10"):
        train(make_task("DelayMatchSample", dt=10), network, BPTT(), 1)
    with pytest.raises(ValueError, match="n_inputs is 5 but the task's is 3"):
        train(make_task("PerceptualDecisionMaking"), network, BPTT(), 1)
    with pytest.raises(ValueError, match="device 'gpu5'"):
        train(DMS, network, BPTT(), 1, device="gpu5")
    with pytest.raises(ValueError, match="batch_size"):
        train(DMS, network, BPTT(), 1, 0)
    with pytest.raises(ValueError, match=r"steps is 2\.5; it must be a whole number"):
        train(DMS, network, BPTT(), 2.5)
    with pytest.raises(ValueError, match="batch_size is 0"):
        TrialDataset(DMS, 0)
    with pytest.raises(ValueError, match="no run to resume"):
        train(DMS, network, BPTT(), 1, out=tmp_path, resume=True)
    train(DMS, network, BPTT(), 1, 4, out=tmp_path, n_test=5)
    with pytest.raises(ValueError, match="holds a run already"):
        train(DMS, network, BPTT(), 1, 4, out=tmp_path)
    with pytest.raises(ValueError, match="another rule"):
        train(DMS, network, BPTT(lr=0.5), 2, 4, out=tmp_path, resume=True, n_test=5)


# Runs


def test_a_run_comes_back_as_it_was(tmp_path):
    task = make_task("ReadySetGo", interval_ms=Uniform(400, 600, step=40))
    network = network_for(task, 12, density=0.5, input_units=range(6), tau=np.linspace(40, 200, 12).tolist())
    run = train(task, network, BPTT(), 2, 4, out=tmp_path / "run", n_test=5)
    back = load_run(tmp_path / "run")
    assert back.task == task
    assert back.metrics == run.metrics
    assert back.config == run.config
    assert same(back.network, run.network)
    inputs = torch.from_numpy(task.sample(3, seed=1).inputs)
    torch.testing.assert_close(
        back.network(inputs, noise=0.0).outputs, network(inputs, noise=0.0).outputs, rtol=0, atol=0
    )
    back.save(tmp_path / "copy")
    assert (tmp_path / "copy/model.safetensors").read_bytes() == (tmp_path / "run/model.safetensors").read_bytes()
    assert sorted(os.listdir(tmp_path / "run")) == ["metrics.csv", "model.safetensors"]


@pytest.fixture
def saved(tmp_path):
    train(DMS, network_for(DMS, 8), BPTT(), 1, 4, out=tmp_path / "run", n_test=5)
    return tmp_path / "run"


def test_a_missing_run_is_said(tmp_path):
    with pytest.raises(RunError, match=r"holds no run: there is no model\.safetensors"):
        load_run(tmp_path)


@pytest.mark.parametrize("damage", ["cut", "noise", "foreign"])
def test_a_damaged_run_is_one_error(saved, damage):
    model = saved / "model.safetensors"
    if damage == "cut":
        model.write_bytes(model.read_bytes()[:-40])
    elif damage == "noise":
        model.write_bytes(b"\x80\x04pickle?" * 40)
    else:
        from safetensors.torch import save_file

        save_file({"w": torch.zeros(2)}, model)
    with pytest.raises(RunError, match="cannot be read as a run"):
        load_run(saved)


def test_a_newer_format_is_refused(saved):
    model = saved / "model.safetensors"
    content = model.read_bytes()
    assert content.count(b'{\\"format\\": 2') == 1
    model.write_bytes(content.replace(b'{\\"format\\": 2', b'{\\"format\\": 9'))
    with pytest.raises(RunError, match="format 9; this cogdyn reads up to 2"):
        load_run(saved)


# Evaluation and acting


def test_evaluation_repeats_and_its_batches_differ():
    network = network_for(DMS)
    first, again, other = (evaluate(DMS, network, 20, seed=1, number=number) for number in (0, 0, 1))
    np.testing.assert_array_equal(first.outputs, again.outputs)
    assert not np.array_equal(first.batch.inputs[:20], other.batch.inputs[:20])
    assert first.score == first.scores.mean()


def test_evaluation_never_meets_the_training_trials():
    trained = {DMS.sample(1, np.random.SeedSequence(1, spawn_key=(0, k))).inputs.tobytes() for k in range(50)}
    tested = {batch.inputs.tobytes() for batch in itertools.islice(DMS.stream(1, 1, "test"), 50)}
    assert len(trained) == len(tested) == 50
    assert not trained & tested


def test_a_closed_loop_session_is_chosen_by_the_network():
    task = make_task("ReversalBandit", n_choices=5)
    network = network_for(task)
    result = evaluate(task, network, 6, seed=0)
    assert result.outputs.shape == (*result.batch.mask.shape, 3)
    chosen = task.choices(result.outputs, result.batch)
    for number, choice in enumerate(chosen[:-1], start=2):
        np.testing.assert_array_equal(result.batch.conditions[f"chosen {number}"], choice)
    # The state goes on across segments: the whole session at once gives the same outputs.
    policy = NetworkPolicy(network, noise=0.0)
    batch = task.sample(6, seed=3, policy=policy)
    whole = network(torch.from_numpy(batch.inputs), noise=0.0).outputs.detach().numpy()
    np.testing.assert_allclose(np.concatenate(policy.outputs), whole, atol=1e-6)


def test_acting_bin_by_bin_is_running_the_trial():
    task = make_task("DelayedReach", noise=0.1)
    network = network_for(task, noise=0.0)
    env = TrialEnv(task)
    actor = Actor(network, env.action_space)
    observation, _ = env.reset(seed=3)
    done, actions = False, []
    while not done:
        actions.append(actor.act(observation))
        observation, _, done, _, _ = env.step(actions[-1])
    trial = task.sample(64, seed=np.random.default_rng(3)).trial(0)
    outputs = network(torch.from_numpy(trial.inputs)).outputs.detach().numpy()[:, 0]
    np.testing.assert_allclose(np.array(actions), outputs, atol=1e-6)


def test_acting_in_many_environments_resets_where_an_episode_ended():
    task = make_task("PerceptualDecisionMaking")
    env = gym.make_vec("cogdyn/PerceptualDecisionMaking-v0", num_envs=3, vectorization_mode="vector_entry_point")
    network = network_for(task)
    actor = Actor(network, env.single_action_space)
    observation, _ = env.reset(seed=0)
    for _ in range(5):
        action = actor.act(observation)
        assert action.shape == (3,)
        observation, *_ = env.step(action)
    actor.reset(np.array([True, False, False]))
    assert torch.equal(actor._state[0], network.h0)
    assert not torch.equal(actor._state[1], network.h0)
    env.close()


def test_an_actor_refuses_a_foreign_action_space():
    with pytest.raises(ValueError, match="3 outputs"):
        Actor(network_for(DMS), gym.spaces.Discrete(5))


class Listener(Rule):
    """A rule that learns nothing and keeps what it is shown."""

    def __init__(self):
        self.seen, self.noise, self.scores = [], [], []

    def update(self, network, batch, generator=None):
        self.seen.append(batch.inputs)
        self.noise.append(torch.rand(1, generator=generator).item())
        return {"loss": 1.0, "gradient_norm": 0.0}

    def report(self, score):
        self.scores.append(score)


@pytest.mark.parametrize("ensemble", [None, 2])
@pytest.mark.parametrize("returned", [None, 3.0, {}, {"loss": "x"}, {"loss": [1.0, 2.0, 3.0]}, {"score": 1.0}])
def test_what_the_update_of_a_rule_of_ones_own_returns_is_checked_at_once(returned, ensemble):
    class Mine(Rule):
        def update(self, network, batch, generator=None):
            return returned

    with pytest.raises(ValueError, match=r"Mine\.update returned .*; it must return a dictionary with a loss"):
        train(DMS, network_for(DMS), Mine(), 2, 4, ensemble=ensemble)


def test_every_update_sees_the_next_batch_and_new_noise():
    rule = Listener()
    run = train(DMS, network_for(DMS), rule, 4, 8, seed=9, evaluate_every=2, n_test=5)
    assert rule.scores == [row["score"] for row in run.metrics]
    for shown, batch in zip(rule.seen, itertools.islice(DMS.stream(8, 9, start=1), 4), strict=True):
        np.testing.assert_array_equal(shown, batch.inputs)
    assert len({inputs.tobytes() for inputs in rule.seen}) == len(set(rule.noise)) == 4
