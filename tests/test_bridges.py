"""Bridges through time, against a loop over bins and trials that says what they do."""

import numpy as np
import pytest
import torch

from cogdyn.agents import RateRNN, evaluate, load_run, train
from cogdyn.agents.credit.annealing import Annealing
from cogdyn.agents.network.plain_loop import plain_loop
from cogdyn.agents.rules import BPTT, CD, DASC, SCTT, GradientSkip
from cogdyn.agents.rules.cd import coarsened
from cogdyn.envs import PerBatch, Uniform, make_task

DMS = make_task("DelayMatchSample", dt=20)
SHARED = make_task("DelayMatchSample", dt=20, delay_ms=PerBatch(Uniform(400, 800)))
REVERSAL = make_task("RuleReversal")
RULES = (SCTT, DASC, GradientSkip, CD)
LAG, BETA = 5, 0.4


def network_of(task, leak="rate", noise=0.0, **arguments):
    arguments = {"activation": "tanh", "tau": 100.0, "seed": 1, "gain": 1.2} | arguments
    return RateRNN(task.n_inputs, 8, task.n_outputs, dt=task.dt, leak=leak, noise=noise, **arguments).double()


def spans_of(batch, trial, across):
    """First and last boundary of each stretch that is cut into blocks, with the length of a block."""
    for start, stop in batch.periods.values():
        yield from ((at, at + LAG, "period") for at in range(start[trial], stop[trial] - LAG + 1, LAG))
    if across:
        numbers = {name.rpartition(" ")[2] for name in batch.periods}
        for number in sorted(numbers, key=int):
            own = [span for name, span in batch.periods.items() if name.endswith(f" {number}")]
            yield min(start[trial] for start, _ in own), max(stop[trial] for _, stop in own), "trial"


def by_hand(network, batch, rule, across=False):
    """Outputs (T, B, n_out) of a bridged network: every trial alone, every bin in turn."""
    trials = []
    for trial in range(batch.batch_size):
        inputs = torch.from_numpy(batch.inputs[:, trial]).double()
        blocks, h, states, outputs = list(spans_of(batch, trial, across)), network.h0, {}, []
        for t, u in enumerate(inputs):
            states[t] = h, u
            h = network.step(h, u)
            for kind in ("period", "trial"):
                for first, last, which in blocks:
                    if which == kind and last == t + 1:
                        h0, u0 = states[first]
                        coarse = h0 + LAG * (network.step(h0, u0) - h0)
                        skipped = coarse if rule is DASC and kind == "period" else h0
                        joined = (1 - BETA) * skipped + BETA * h
                        # Straight through: the value of the plain state with the gradient of the joined one.
                        h = joined + (h - joined).detach() if rule is GradientSkip else joined
            outputs.append(network.outputs(h))
        trials.append(torch.stack(outputs))
    return torch.stack(trials, dim=1)


def loss_by_hand(outputs, batch):
    error = torch.nn.functional.cross_entropy(
        outputs.flatten(0, 1), torch.from_numpy(batch.targets).flatten(), reduction="none"
    )
    mask = torch.from_numpy(batch.mask).double()
    return (error.view_as(mask) * mask).sum() / mask.sum()


@pytest.mark.parametrize("leak", ["voltage", "rate"])
@pytest.mark.parametrize("task", [DMS, SHARED], ids=["each trial", "the batch"])
@pytest.mark.parametrize("rule", [SCTT, DASC, GradientSkip])
def test_bridges_are_what_the_loop_says(rule, task, leak):
    network, batch = network_of(task, leak), task.sample(3, seed=2)
    ours = rule(lag_ms=LAG * task.dt, schedule=(BETA, 1)).gradient(network, batch)
    theirs = torch.autograd.grad(loss_by_hand(by_hand(network, batch, rule), batch), list(network.parameters()))
    for a, b in zip(ours.values(), theirs, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("rule", [SCTT, DASC])
def test_bridges_across_the_trials_of_a_session(rule):
    task = make_task("RuleReversal")
    network, batch = network_of(task), task.sample(2, seed=2)
    ours = rule(lag_ms=LAG * task.dt, schedule=(BETA, 1), across_trials=True).gradient(network, batch)
    loss = loss_by_hand(by_hand(network, batch, rule, across=True), batch)
    for a, b in zip(ours.values(), torch.autograd.grad(loss, list(network.parameters())), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("task", [DMS, SHARED], ids=["each trial", "the batch"])
def test_a_gradient_skip_changes_errors_alone(task):
    network, batch = network_of(task), task.sample(3, seed=2)
    skips, plain = GradientSkip(lag_ms=LAG * 20, schedule=(BETA, 1)), BPTT()
    torch.testing.assert_close(skips.loss(network, batch), plain.loss(network, batch), rtol=1e-12, atol=0)
    ours, true = (rule.gradient(network, batch)["recurrent"] for rule in (skips, plain))
    assert (ours - true).norm() > 0.1 * true.norm()


def test_a_coarse_network_is_a_network_with_longer_bins():
    network, batch = network_of(DMS, tau=200.0), DMS.sample(3, seed=2)
    coarse = coarsened(batch, 4)
    slow = RateRNN(
        DMS.n_inputs, 8, DMS.n_outputs, dt=4 * DMS.dt, leak="rate", activation="tanh", tau=200.0, gain=1.2, seed=1
    )
    slow = slow.double()
    slow.load_state_dict({**network.state_dict(), "alpha": 4 * network.alpha})
    expected = BPTT().gradient(slow, coarse)
    for name, gradient in CD(schedule=(4, 1)).gradient(network, batch).items():
        torch.testing.assert_close(gradient, expected[name], rtol=1e-10, atol=1e-14)
    trajectory = plain_loop(slow, torch.from_numpy(coarse.inputs).double())
    torch.testing.assert_close(slow(torch.from_numpy(coarse.inputs).double()).rates, trajectory.rates)


@pytest.mark.parametrize("theta", [1, 3, 7])
def test_coarse_bins_hold_means_and_the_last_target(theta):
    batch = DMS.sample(5, seed=1)
    coarse, n = coarsened(batch, theta), len(batch.inputs)
    assert len(coarse.inputs) == -(-n // theta)
    for k in range(len(coarse.inputs)):
        fine = slice(k * theta, min((k + 1) * theta, n))
        np.testing.assert_allclose(coarse.inputs[k], batch.inputs[fine].mean(axis=0), rtol=1e-5, atol=1e-6)
        np.testing.assert_array_equal(coarse.targets[k], batch.targets[fine][-1])
        np.testing.assert_array_equal(coarse.mask[k], batch.mask[fine][-1])
    assert coarse.dt == batch.dt * theta


@pytest.mark.parametrize("rule", RULES)
def test_at_the_end_of_annealing_a_rule_is_plain_to_the_byte(rule):
    networks = [network_of(DMS, noise=0.1).float() for _ in range(2)]
    rules = [rule(schedule=(1,)), BPTT()]
    for step in range(3):
        batch = DMS.sample(8, seed=step)
        losses = [
            one.update(network, batch, torch.Generator().manual_seed(step))["loss"]
            for one, network in zip(rules, networks, strict=True)
        ]
        assert losses[0] == losses[1]
    for a, b in zip(*(network.parameters() for network in networks), strict=True):
        assert a.detach().numpy().tobytes() == b.detach().numpy().tobytes()


@pytest.mark.parametrize("rule", RULES)
def test_a_bridge_learns_is_annealed_and_is_resumed(rule, tmp_path):
    schedule = (4, 2, 1) if rule is CD else (0.5, 0.75, 1)
    settings = {"batch_size": 16, "evaluate_every": 5, "n_test": 20}

    def made():
        return rule(schedule=schedule, anneal_steps=20, goal=None, lr=3e-3)

    def network():
        return RateRNN(DMS.n_inputs, 20, DMS.n_outputs, dt=20, tau=100, noise=0.05, seed=0)

    whole = train(DMS, network(), made(), 30, **settings)
    train(DMS, network(), made(), 15, out=tmp_path / "run", **settings)
    resumed = train(DMS, network(), made(), 30, out=tmp_path / "run", resume=True, **settings)
    assert whole.metrics == resumed.metrics
    for a, b in zip(whole.network.parameters(), resumed.network.parameters(), strict=True):
        assert torch.equal(a, b)
    assert whole.metrics[-1]["loss"] < whole.metrics[0]["loss"]
    loaded = load_run(tmp_path / "run")
    assert loaded.config["rule"] == {"name": rule.__name__, **made().config}
    assert rule(**made().config).config == made().config
    assert evaluate(DMS, whole.network, 20).scores.shape == (20,)


# Annealing


def test_phases_share_the_updates():
    annealing, seen = Annealing((0.2, 0.6, 1), steps=6, goal=None), []
    for _ in range(9):
        seen.append(annealing.values)
        annealing.advance()
    assert seen == [0.2] * 3 + [0.6] * 3 + [1] * 3


def test_a_phase_ends_early_at_the_goal_and_the_last_never():
    annealing = Annealing((0.2, 0.6, 1), steps=100, goal=0.9)
    values = [(annealing.report(score), annealing.values)[1] for score in (0.5, 0.95, 0.8, 0.9, 0.99, float("nan"))]
    assert values == [0.2, 0.6, 0.6, 1, 1, 1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"schedule": (0.5, 0.9)}, "must end at 1"),
        ({"schedule": ()}, "must end at 1"),
        ({"schedule": (-0.1, 1)}, r"\[0, 1\]"),
        ({"schedule": (1.5, 1)}, r"\[0, 1\]"),
        ({"anneal_steps": 0}, "anneal_steps"),
        ({"goal": 1.5}, "goal"),
        ({"lr": 0}, "lr"),
    ],
)
def test_senseless_schedules_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        SCTT(**arguments)
    if "schedule" not in arguments or len(arguments["schedule"]) == 0:
        with pytest.raises(ValueError, match=message):
            CD(**arguments)


def test_a_coarse_schedule_is_of_whole_numbers():
    with pytest.raises(ValueError, match="whole numbers"):
        CD(schedule=(2.5, 1))


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (SCTT(lag_ms=2000), "longest period"),
        (DASC(lag_ms=2000), "longest period"),
        (GradientSkip(lag_ms=210), "multiple of dt"),
        (SCTT(lag_ms=20), "two bins"),
        (CD(schedule=(10, 1)), "time constant"),
        (SCTT(across_trials=True), "segments"),
    ],
)
def test_what_does_not_fit_the_trial_is_refused(rule, message):
    with pytest.raises(ValueError, match=message):
        rule.update(network_of(DMS), DMS.sample(4, seed=0))


def test_penalties_count_in_a_bridged_network():
    network, batch = network_of(DMS), DMS.sample(4, seed=0)
    plain, dear = (SCTT(schedule=(0.5, 1), rate_penalty=p).loss(network, batch).item() for p in (0.0, 1.0))
    assert dear > plain
