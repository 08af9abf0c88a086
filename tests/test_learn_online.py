"""Learning from a stream: the same as in every bin of a trial, however the stream is cut."""

import os
import signal
from dataclasses import replace

import gymnasium as gym
import numpy as np
import pytest
import torch

import cogdyn.envs  # noqa: F401  registers the environments
from cogdyn.agents import RateRNN, TrainingDiverged, learn_online, live_trials, rules
from cogdyn.agents.credit.loops import learning
from cogdyn.agents.rules import BPTT, DNI, RFLO
from cogdyn.envs import TrialEnv, make_task
from cogdyn.envs.errors import ArgumentError

T = 30
RNG = np.random.default_rng(0)
INPUTS, TARGETS = RNG.standard_normal((T, 3)), RNG.standard_normal((T, 2))
REACH = make_task("DelayedReach")
RULES = ["RFLO", "SnAp1", "EProp", "KeRNL", "DNI", "Compartments", "RTRL", "UORO", "KFRTRL", "RKF", "ReadoutOnly"]


def net(leak="rate", noise=0.0, **more):
    return RateRNN(3, 7, 2, leak=leak, activation="tanh", noise=noise, seed=1, **more).double()


def rule_of(name, **more):
    return getattr(rules, name)(update_every="bin", lr=1e-3, **more)


def trial(inputs, targets):
    """A trial with these bins, all of which count."""
    batch = REACH.sample(1, seed=0)
    return replace(batch, inputs=inputs[:, None], targets=targets[:, None], mask=np.ones((len(inputs), 1)))


def equal(one, other, tolerance=1e-10):
    for a, b in zip(one.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=tolerance, atol=tolerance)


@pytest.fixture(params=["loop", "steps"])
def path(request, monkeypatch):
    if request.param == "steps":
        monkeypatch.setattr(learning, "why_no_numba", lambda: "a test asks for steps")
    return request.param


@pytest.mark.parametrize("name", RULES)
def test_a_stream_of_one_trial_is_learned_as_in_its_bins(name, path):
    """And so it is where bins come one at a time, and where it is cut in two and resumed."""
    expected, whole, single, cut = (net() for _ in range(4))
    rule_of(name).update(expected, trial(INPUTS, TARGETS), torch.Generator().manual_seed(0))
    run = learn_online(whole, rule_of(name), (INPUTS, TARGETS), report_every=T)
    assert run.bins == T
    equal(whole, expected)
    learn_online(single, rule_of(name), zip(INPUTS, TARGETS, strict=True), report_every=T)
    equal(single, whole, 1e-12)
    first = learn_online(cut, rule_of(name), (INPUTS[:11], TARGETS[:11]), report_every=T)
    other = net()
    rest = learn_online(other, rule_of(name), (INPUTS[11:], TARGETS[11:]), report_every=T, resume=first)
    equal(other, whole, 1e-12)
    assert [row["bin"] for row in rest.metrics] == [T]
    assert rest.metrics[0]["loss"] == pytest.approx(run.metrics[0]["loss"])


@pytest.mark.parametrize(("name", "leak"), [("RFLO", "voltage"), ("UORO", "rate"), ("DNI", "rate")])
def test_noise_does_not_depend_on_how_a_stream_is_read_or_cut(tmp_path, name, leak, path):
    more = {"noise": 0.1, "dale": 0.8}
    whole, cut = net(leak, **more), net(leak, **more)
    learn_online(whole, rule_of(name, feedback="adaptive"), (INPUTS, TARGETS), seed=3, report_every=8)
    for part in (slice(0, 13), slice(13, None)):
        stream = zip(INPUTS[part], TARGETS[part], strict=True)
        at = {"seed": 3, "report_every": 8, "out": tmp_path / "run", "resume": part.start > 0}
        run = learn_online(cut, rule_of(name, feedback="adaptive"), stream, **at)
    equal(cut, whole, 1e-12)
    assert [row["bin"] for row in run.metrics] == [8, 16, 24]


def test_bins_without_a_target_change_nothing_but_the_state(path):
    network = net()
    before = [parameter.clone() for parameter in network.parameters()]
    run = learn_online(network, rule_of("RFLO"), ((u, None) for u in INPUTS), report_every=10)
    assert all(torch.equal(a, b) for a, b in zip(before, network.parameters(), strict=True))
    assert run.tensors["state"].abs().max() > 0
    assert np.isnan(run.metrics[0]["loss"])
    targets = TARGETS.copy()
    targets[5] = np.nan
    some, others, pairs = net(), net(), zip(INPUTS, TARGETS, strict=True)
    learn_online(some, rule_of("RFLO"), (INPUTS, targets))
    learn_online(others, rule_of("RFLO"), ((u, None if k == 5 else y) for k, (u, y) in enumerate(pairs)))
    equal(some, others, 1e-12)


def test_an_environment_is_learned_from_live(path):
    task = make_task("SensorimotorMapping", dt=10)
    network = RateRNN(task.n_inputs, 8, task.n_outputs, dt=10, leak="rate", activation="tanh")
    rows = []
    env = TrialEnv(task)
    run = learn_online(
        network,
        RFLO(update_every="bin"),
        live_trials(env, seed=1),
        50,
        report_every=20,
        progress=lambda k, row: rows.append((k, row["loss"])),
    )
    assert run.bins == 50
    assert [row["bin"] for row in run.metrics] == [20, 40]
    assert rows == [(row["bin"], row["loss"]) for row in run.metrics]
    seen, target = next(live_trials(TrialEnv(task), seed=1))
    batch = task.sample(64, seed=1)
    assert np.array_equal(seen, batch.inputs[0, 0])
    assert target == batch.targets[0, 0]
    with pytest.raises(ArgumentError, match="TrialEnv"):
        live_trials(gym.make("CartPole-v1"))


@pytest.fixture
def ctrl_c():
    """SIGINT as a terminal sends it: who started the tests in the background may have had it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_ctrl_c_ends_it_and_keeps_what_was_learned(tmp_path, ctrl_c):
    def interrupted():
        for k in range(100):
            if k == 7:
                os.kill(os.getpid(), signal.SIGINT)
            yield INPUTS[k % T], TARGETS[k % T]

    network, same = net(), net()
    run = learn_online(network, rule_of("RFLO"), interrupted(), out=tmp_path / "run")
    assert run.bins == 8
    learn_online(same, rule_of("RFLO"), (INPUTS[:8], TARGETS[:8]))
    equal(network, same, 1e-12)
    again = learn_online(net(), rule_of("RFLO"), (INPUTS, TARGETS), 2, out=tmp_path / "run", resume=True)
    assert again.bins == 10
    assert "OnlineRun(RFLO, 10 bins" in repr(again)


def test_any_seed_is_one():
    assert learn_online(net(noise=0.1), rule_of("RFLO"), (INPUTS, TARGETS), 3, seed=2**64 - 1).bins == 3


def test_what_does_not_fit_is_refused(tmp_path):
    def refused(match, rule=None, stream=(INPUTS, TARGETS), network=None, error=ValueError, **more):
        with pytest.raises(error, match=match):
            learn_online(network or net(), rule or rule_of("RFLO"), stream, **more)

    refused("update_every='bin'", RFLO())
    refused("every bin", BPTT())
    refused("schedule", RFLO(update_every="bin", lr=[(0, 1e-3), (5, 1e-4)]))
    refused(r"shape \(4,\); expected \(3,\)", stream=[(np.zeros(4), None)])
    refused("classes from 0 to 1", stream=[(np.zeros(3), 2)])
    refused(r"shape \(5,\); expected \(2,\)", stream=[(np.zeros(3), np.zeros(5))])
    refused("all classes", stream=[(np.zeros(3), 1), (np.zeros(3), np.zeros(2))], ahead=2)
    refused(r"\(30, 3\) and \(29, 2\)", stream=(INPUTS, TARGETS[:-1]))
    refused("whole numbers", stream=(INPUTS, TARGETS[:, 0]))
    refused("NaN", stream=[(np.full(3, np.nan), None)])
    refused("not finite; None stands for", stream=[(np.zeros(3), np.array([np.nan, 0.0]))])
    refused("needs out", resume=True)
    refused("is not there", resume=True, out=tmp_path / "none")
    loud = net(leak="voltage")
    loud.readout.data[:] = float("inf")
    refused("diverged by bin", network=loud, error=TrainingDiverged)
    run = learn_online(net(), rule_of("RFLO"), (INPUTS, TARGETS), out=tmp_path / "run")
    refused("holds a run already", out=tmp_path / "run")
    refused("another rule: name is 'DNI' and was 'RFLO'|another rule", DNI(update_every="bin"), resume=run)
    damaged = bytearray((tmp_path / "run" / "online.safetensors").read_bytes())
    damaged[-1] ^= 1
    (tmp_path / "run" / "online.safetensors").write_bytes(damaged)
    refused("damaged", out=tmp_path / "run", resume=True)
