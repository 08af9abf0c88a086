"""The network in the browser is the network in Python: same dynamics, same trials, same answers."""

import dataclasses
import itertools
import json

import numpy as np
import pytest
import torch
from node import evaluate, needs_node
from scipy.special import softmax

from cogdyn.agents import RateRNN
from cogdyn.envs import make_task
from cogdyn.lessons.chapters.remembering.widget import LiveNetwork, _weights

DYNAMICS = "dynamics.mjs"
RUN = "module.run(data.network, data.inputs, data.xi, data.silenced)"
ACTIVATIONS = {
    "tanh": np.tanh,
    "relu": lambda x: np.maximum(x, 0),
    "rectified_tanh": lambda x: np.maximum(np.tanh(x), 0),
    "softplus": lambda x: np.logaddexp(0, x),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
}
FORMS = [*itertools.product(("voltage", "rate"), ACTIVATIONS)]
N, N_IN, N_OUT, T = 12, 3, 2, 80


def random_network(leak="voltage", activation="tanh", noise=0.3, seed=0):
    rng = np.random.default_rng(seed)
    return {
        "leak": leak,
        "activation": activation,
        "dt": 20.0,
        "tau": rng.uniform(20, 200, N),
        "noise": noise,
        "recurrent": 1.2 * rng.standard_normal((N, N)) / np.sqrt(N),
        "input": rng.standard_normal((N, N_IN)),
        "bias": 0.1 * rng.standard_normal(N),
        "readout": rng.standard_normal((N_OUT, N)),
        "readout_bias": rng.standard_normal(N_OUT),
        "h0": rng.uniform(0, 0.5, N),
    }


def reference(network, inputs, xi=None, silenced=None):
    phi, alpha = ACTIVATIONS[network["activation"]], network["dt"] / network["tau"]
    alive = 1 - (np.zeros(N) if silenced is None else np.asarray(silenced))
    xi = np.zeros((len(inputs), N)) if xi is None else xi
    x = network["h0"]
    r = alive * (phi(x) if network["leak"] == "voltage" else x)
    rates = []
    for u, noise in zip(inputs, network["noise"] * xi, strict=True):
        drive = network["recurrent"] @ r + network["input"] @ u + network["bias"]
        if network["leak"] == "voltage":
            x = (1 - alpha) * x + alpha * drive + np.sqrt(2 * alpha) * noise
            r = alive * phi(x)
        else:
            r = alive * ((1 - alpha) * r + alpha * phi(drive + np.sqrt(2 / alpha) * noise))
        rates.append(r)
    return np.array(rates), np.array(rates) @ network["readout"].T + network["readout_bias"]


def in_javascript(network, inputs, xi=None, silenced=None):
    data = {"network": network, "inputs": inputs, "xi": xi, "silenced": silenced}
    found = evaluate(DYNAMICS, RUN, json.loads(json.dumps(data, default=lambda array: array.tolist())))
    return np.array(found["rates"]), np.array(found["outputs"])


@needs_node
@pytest.mark.parametrize(("leak", "activation"), FORMS)
def test_run_follows_the_equations(leak, activation):
    rng = np.random.default_rng(1)
    network = random_network(leak, activation)
    inputs, xi = rng.standard_normal((T, N_IN)), rng.standard_normal((T, N))
    for noise in (xi, None):
        for found, expected in zip(
            in_javascript(network, inputs, noise), reference(network, inputs, noise), strict=True
        ):
            np.testing.assert_allclose(found, expected, atol=1e-12)


@needs_node
@pytest.mark.parametrize("leak", ["voltage", "rate"])
def test_silenced_units_stay_at_zero_and_touch_nobody(leak):
    network, inputs = random_network(leak), np.random.default_rng(1).standard_normal((T, N_IN))
    silenced = np.arange(N) % 3 == 0
    rates, outputs = in_javascript(network, inputs, silenced=silenced.astype(int))
    expected = reference(network, inputs, silenced=silenced)
    np.testing.assert_array_equal(rates[:, silenced], 0)
    np.testing.assert_allclose(rates, expected[0], atol=1e-12)
    np.testing.assert_allclose(outputs, expected[1], atol=1e-12)


@needs_node
@pytest.mark.parametrize(("leak", "activation"), FORMS)
def test_run_equals_the_network_in_python(leak, activation):
    tau = tuple(np.resize([40.0, 80.0, 160.0], N))  # dt / tau is the same number in either precision
    net = RateRNN(N_IN, N, N_OUT, dt=20, tau=tau, leak=leak, activation=activation, dale=0.75, seed=3).double()
    with torch.no_grad():
        net.h0.uniform_(0, 0.5, generator=torch.Generator().manual_seed(0))
        net.bias.normal_(generator=torch.Generator().manual_seed(1))
    inputs = np.random.default_rng(2).standard_normal((T, N_IN))
    trajectory = net(torch.from_numpy(inputs)[:, None])
    rates, outputs = in_javascript(_weights(net), inputs)
    np.testing.assert_allclose(rates, trajectory.rates[:, 0].detach(), atol=1e-12)
    np.testing.assert_allclose(outputs, trajectory.outputs[:, 0].detach(), atol=1e-12)


@needs_node
def test_widget_and_task_agree_on_trials_and_answers():
    task = make_task("DelayMatchSample", dt=20)
    net = RateRNN(task.n_inputs, 30, task.n_outputs, dt=20, tau=80, noise=0.1, seed=5).double()
    live = LiveNetwork.of(net, task)
    assert [trial["label"] for trial in live.trials] == [
        "sample 0, no match",
        "sample 0, match",
        "sample 1, no match",
        "sample 1, match",
    ]
    expression = "data.trials.map((trial) => module.paint(trial, data.network.dt))"
    painted = evaluate(DYNAMICS, expression, {"network": live.network, "trials": live.trials})
    quiet = dataclasses.replace(task, noise=0.0, delay_ms=600)
    batch = quiet.sample(40, seed=0)
    for trial, inputs in zip(live.trials, painted, strict=True):
        sample, match = int(trial["label"][7]), "no" not in trial["label"]
        assert trial["answer"] == (1 if match else 2)
        same = (batch.conditions["sample"] == sample) & (batch.conditions["match"] == match)
        expected = batch.inputs[:, np.flatnonzero(same)[0]]
        np.testing.assert_allclose(inputs, expected, atol=1e-6)
        rates, outputs = in_javascript(live.network, np.array(inputs))
        trajectory = net(torch.tensor(inputs, dtype=torch.float64)[:, None], noise=0.0)
        np.testing.assert_allclose(rates, trajectory.rates[:, 0].detach(), rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(outputs, trajectory.outputs[:, 0].detach(), rtol=1e-9, atol=1e-9)


TRIAL = {
    "label": "one",
    "answer": 1,
    "periods": [
        {"name": "sample", "ms": 60, "inputs": [1, 0, 0]},
        {"name": "delay", "ms": 40, "inputs": [0, 0, 0]},
        {"name": "test", "ms": 20, "inputs": [0, 1, 0]},
    ],
}


@needs_node
@pytest.mark.parametrize(
    ("durations", "bins"), [({}, (3, 2, 1)), ({"delay": 100}, (3, 5, 1)), ({"delay": 0}, (3, 0, 1))]
)
def test_paint_holds_each_period_for_its_duration(durations, bins):
    data = {"trial": TRIAL, "durations": durations}
    painted = evaluate(DYNAMICS, "module.paint(data.trial, 20, data.durations)", data)
    expected = np.repeat([period["inputs"] for period in TRIAL["periods"]], bins, axis=0)
    np.testing.assert_array_equal(painted, expected)
    periods = evaluate(DYNAMICS, "module.periodBins(data.trial, 20, data.durations)", data)
    stops = np.cumsum(bins)
    assert [(p["start"], p["stop"]) for p in periods] == [*zip(stops - bins, stops, strict=True)]


@needs_node
def test_noise_is_seeded_standard_normal_and_a_longer_trial_begins_with_it():
    many, again, other, longer = (
        np.array(evaluate(DYNAMICS, f"module.normal({seed}, {steps}, 10)"))
        for seed, steps in ((7, 2000), (7, 2000), (8, 2000), (7, 2100))
    )
    np.testing.assert_array_equal(many, again)
    np.testing.assert_array_equal(many, longer[:2000])
    assert abs(np.corrcoef(many.ravel(), other.ravel())[0, 1]) < 0.03
    assert abs(many.mean()) < 0.03
    assert abs(many.std() - 1) < 0.02
    assert np.abs(np.corrcoef(many.T) - np.eye(10)).max() < 0.1


@needs_node
def test_softmax_tau_and_silence_of_the_generator_helpers():
    z = np.array([[1.0, 2.0], [1000.0, 0.0]])
    np.testing.assert_allclose(evaluate(DYNAMICS, "module.softmax(data)", z.tolist()), softmax(z, axis=1), atol=1e-15)
    scaled = evaluate(DYNAMICS, "module.withTau({dt: 20, tau: [100, 30]}, 0.5).tau")
    assert scaled == [50, 20], "a time constant shorter than a bin is no leak"


def test_weights_travel_as_short_decimals_that_read_back_exactly():
    network = random_network() | {"recurrent": np.random.default_rng(0).standard_normal((N, N)).astype(np.float32)}
    live = LiveNetwork(network, [TRIAL], ["a", "b", "c"], ["yes", "no"])
    np.testing.assert_array_equal(np.float32(live.network["recurrent"]), network["recurrent"])
    assert len(json.dumps(live.network["recurrent"])) < 14 * N * N
    np.testing.assert_array_equal(live.network["tau"], network["tau"])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"recurrent": np.zeros((N, N + 1))}, r"recurrent has the shape \(12, 13\), expected \(12, 12\)"),
        ({"activation": "gelu"}, "unknown activation 'gelu'"),
        ({"leak": "pipe"}, "unknown leak 'pipe'"),
        ({"bias": np.full(N, np.nan)}, "bias has entries that are not finite"),
        ({"populations": ["excitatory"]}, "populations has 1 entries for 12 units"),
    ],
)
def test_a_network_that_does_not_fit_is_refused(change, words):
    with pytest.raises(ValueError, match=words):
        LiveNetwork(random_network() | change, [TRIAL], ["a", "b", "c"], ["yes", "no"])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"answer": 2}, "answer 2 is not the index of one of 2 outputs"),
        ({"response": "never"}, "unknown response period"),
        ({"periods": []}, "has no duration"),
        ({"periods": [{"name": "sample", "ms": 60, "inputs": [1]}]}, r"shape \(1,\), expected \(3,\)"),
    ],
)
def test_a_trial_that_does_not_fit_is_refused(change, words):
    with pytest.raises(ValueError, match=words):
        LiveNetwork(random_network(), [TRIAL | change], ["a", "b", "c"], ["yes", "no"])


@pytest.mark.parametrize(
    ("name", "words"), [("ReadySetGo", "change within the period"), ("ReversalBandit", "follow the choices")]
)
def test_a_task_that_cannot_be_painted_by_periods_is_refused(name, words):
    task = make_task(name)
    net = RateRNN(task.n_inputs, 5, task.n_outputs, dt=task.dt)
    with pytest.raises(ValueError, match=words):
        LiveNetwork.of(net, task)


def test_a_network_needs_a_task_of_its_own_bin_width():
    net = RateRNN(5, 5, 3, dt=10)
    with pytest.raises(ValueError, match="name a task"):
        LiveNetwork.of(net)
    with pytest.raises(ValueError, match="20 ms, the network of 10 ms"):
        LiveNetwork.of(net, make_task("DelayMatchSample", dt=20))
