"""Future-facing backpropagation: exact within its horizon, flushed at the end of a trial."""

import pytest
import torch
from precisions import DTYPES
from precisions import same_gradient as same
from synthetic_bins import plain_bin, rows

from cogdyn.agents import RateRNN
from cogdyn.agents.network.ensemble import ensemble_of, member
from cogdyn.agents.rules import BPTT, FBPTT, RFLO, RTRL
from cogdyn.envs import make_task

LEAKS = pytest.mark.parametrize("leak", ["voltage", "rate"])
TASK = make_task("Add", n_steps=8, lags=(2, 3))
N_BINS = 11


def network_for(leak="rate", n=6, dtype=torch.float64, **arguments):
    given = {"tau": 30, "noise": 0.1, "density": 0.8, "activation": "tanh", "seed": 1, "train_h0": False} | arguments
    return RateRNN(TASK.n_inputs, n, TASK.n_outputs, dt=TASK.dt, leak=leak, **given).to(dtype)


def noise(seed=3):
    return torch.Generator().manual_seed(seed)


@DTYPES
@LEAKS
@pytest.mark.parametrize("extra_bins", [0, 1, 50])
@pytest.mark.parametrize("dale", [None, 0.5])
@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_a_horizon_as_long_as_the_trial_gives_the_exact_gradient(leak, extra_bins, dale, activation, dtype):
    network, batch = network_for(leak, dale=dale, activation=activation, dtype=dtype), TASK.sample(3, seed=0)
    assert len(batch.inputs) == N_BINS
    rule = FBPTT(horizon_ms=(N_BINS + extra_bins) * TASK.dt)
    same(rule.gradient(network, batch, noise()), BPTT().gradient(network, batch, noise()))


@LEAKS
def test_one_bin_less_loses_one_error_in_one_bin(leak):
    network, batch = network_for(leak), TASK.sample(3, seed=0)
    found = FBPTT(horizon_ms=(N_BINS - 1) * TASK.dt).gradient(network, batch, noise())
    exact = BPTT().gradient(network, batch, noise())
    difference = max((found[name] - exact[name]).abs().max().item() for name in ("recurrent", "input", "bias"))
    assert 1e-9 < difference < 1e-2


@DTYPES
def test_without_leak_a_horizon_of_one_bin_is_rflo(dtype):
    network, batch = network_for("rate", tau=TASK.dt, noise=0.0, dtype=dtype), TASK.sample(3, seed=0)
    same(FBPTT(horizon_ms=TASK.dt).gradient(network, batch), RFLO(feedback="symmetric").gradient(network, batch))


def test_a_case_by_hand():
    """W = I, identity: errors pass back as they are, and no farther than two bins in all."""
    network = RateRNN(1, 2, 2, dt=10, tau=10, leak="rate", activation="relu").double()
    traces = FBPTT(horizon_ms=20).steps(network, 1, {}, None)
    steps = [([1.0, 2.0], [1.0, 0.0]), ([3.0, 5.0], [0.0, 10.0]), ([7.0, 11.0], [100.0, 1000.0])]
    bins = [plain_bin(before, before, signal) for before, signal in steps]
    released = [traces.step(bin, None) for bin in bins]
    assert torch.equal(released[0], torch.zeros(2, 4, dtype=torch.float64))
    assert torch.equal(released[1], rows([1, 2, 0, 1], [10, 20, 0, 10]))
    assert torch.equal(released[2], rows([300, 500, 0, 100], [3030, 5050, 0, 1010]))
    assert torch.equal(traces.finish(), rows([700, 1100, 0, 100], [7000, 11000, 0, 1000]))


def test_errors_go_back_through_the_weights_of_now():
    network = RateRNN(1, 2, 2, dt=10, tau=10, leak="rate", activation="relu").double()
    traces = FBPTT(horizon_ms=30).steps(network, 1, {}, None)
    first, second = torch.eye(2, dtype=torch.float64), rows([0, 2], [3, 0])
    for weights, signal in ((first, [0, 0]), (first, [0, 0]), (second, [1, 0])):
        found = traces.step(plain_bin([1.0, 0.0], [1.0, 0.0], [float(v) for v in signal], recurrent=weights), None)
    assert found[:, 0].tolist() == [6, 0]


@LEAKS
def test_small_steps_in_every_bin_go_along_the_exact_gradient(leak):
    network, batch, lr = network_for(leak, noise=0.0, dale=0.5), TASK.sample(3, seed=0), 1e-9
    expected = RTRL().gradient(network, batch)
    before = {name: value.detach().clone() for name, value in network.named_parameters()}
    rule = FBPTT(horizon_ms=N_BINS * TASK.dt, update_every="bin", lr=lr, clip=None)
    rule.update(network, batch)
    for name, value in network.named_parameters():
        if name != "h0":
            change = (before[name] - value.detach()) / (lr * N_BINS)
            torch.testing.assert_close(change, expected[name], rtol=1e-4, atol=1e-6)


@LEAKS
@pytest.mark.parametrize("update", ["trial", "bin"])
def test_an_ensemble_learns_as_its_networks_would_alone(leak, update):
    batch = TASK.sample(3, seed=0)
    ensemble = ensemble_of(network_for(leak), 3)
    alone = [member(ensemble, s) for s in range(3)]
    together = FBPTT(horizon_ms=50, update_every=update)
    for k in range(2):
        metrics = together.update(ensemble, batch, noise(k))
    for s, one in enumerate(alone):
        single = FBPTT(horizon_ms=50, update_every=update)
        for k in range(2):
            expected = single.update(one, batch, noise(k))
        assert metrics["loss"][s].item() == pytest.approx(expected["loss"], abs=1e-10)
        assert metrics["gradient_norm"][s].item() == pytest.approx(expected["gradient_norm"], abs=1e-10)
        for name, value in one.named_parameters():
            torch.testing.assert_close(getattr(ensemble, name)[s], value, rtol=0, atol=1e-10)


@DTYPES
def test_trials_add_up(dtype):
    network, batch = network_for(noise=0.0, dtype=dtype), TASK.sample(3, seed=0)
    rule = FBPTT(horizon_ms=40)
    singles = [rule.gradient(network, batch.trial(i)) for i in range(3)]
    same(rule.gradient(network, batch), {k: torch.stack([one[k] for one in singles]).mean(0) for k in singles[0]})


def test_the_rule_is_made_again_from_its_configuration():
    rule = FBPTT(horizon_ms=70, lr=2e-3, feedback="random", update_every="bin")
    assert FBPTT(**rule.config).config == rule.config
    assert rule.config["horizon_ms"] == 70


@pytest.mark.parametrize(
    ("horizon", "message"),
    [(0, "must be positive"), (-10, "must be positive"), (float("nan"), "finite"), (15, "nearest are 10 and 20")],
)
def test_a_horizon_fills_whole_bins(horizon, message):
    with pytest.raises(ValueError, match=f"horizon_ms is.*{message}"):
        FBPTT(horizon_ms=horizon).gradient(network_for(), TASK.sample(1, seed=0))
