"""KeRNL: RFLO where it begins, and what noise teaches it of a network."""

import pytest
import torch
from precisions import DTYPES, same_gradient
from synthetic_bins import plain_bin, random_bins, summed

from cogdyn.agents import RateRNN
from cogdyn.agents.network.ensemble import ensemble_of, member
from cogdyn.agents.rules import RFLO, KeRNL
from cogdyn.envs import make_task

LEAKS = pytest.mark.parametrize("leak", ["voltage", "rate"])
TASK = make_task("Add", n_steps=8, lags=(2, 3))


def network_for(leak="rate", n=6, dtype=torch.float64, **arguments):
    given = {"noise": 0.1, "activation": "tanh", "seed": 1, "train_h0": False, "tau": [10, 20, 30, 40, 50, 60]}
    return RateRNN(TASK.n_inputs, n, TASK.n_outputs, dt=TASK.dt, leak=leak, **(given | arguments)).to(dtype)


def noise(seed=3):
    return torch.Generator().manual_seed(seed)


def draws(seed, n, shape):
    source = noise(seed)
    return [torch.randn(shape, generator=source, dtype=torch.float64) for _ in range(n)]


@DTYPES
@LEAKS
@pytest.mark.parametrize("feedback", ["symmetric", "random"])
def test_with_the_leak_for_a_kernel_it_is_rflo(leak, feedback, dtype):
    network, batch = network_for(leak, noise=0.0, dtype=dtype), TASK.sample(3, seed=0)
    found = KeRNL(forgetting=None, lr_kernel=0, feedback=feedback).gradient(network, batch, noise())
    expected = RFLO(feedback=feedback).gradient(network, batch, noise())
    same_gradient(found, expected)
    other = KeRNL(forgetting=0.8, lr_kernel=0, feedback=feedback).gradient(network, batch, noise())
    assert (other["recurrent"] - expected["recurrent"]).abs().max() > 1e-4


def test_traces_are_weighted_by_all_learning_signals():
    """P by hand, with one gamma for each unit, and a Q that is not the identity."""
    bins = random_bins(3)
    rule = KeRNL(lr_kernel=0)
    network = RateRNN(2, 4, 2, dt=10).double()
    q = torch.rand(4, 4, generator=noise(), dtype=torch.float64)
    gamma = torch.tensor([0.1, 0.5, 1.0, 1.5], dtype=torch.float64)
    found = summed(rule.steps(network, 3, {"sensitivity": q, "forgetting": gamma}, None), bins, noise())
    traces, expected = 0, 0
    for bin in bins:
        kept = torch.tensor([0.9, 0.5, 0.0, 0.0], dtype=torch.float64)[:, None]
        traces = kept * traces + bin.gate[..., None] * bin.senders[:, None]
        expected = expected + torch.einsum("bk,ki,bij->ij", bin.learning_signal, q, traces)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)


def test_two_bins_by_hand():
    """W = I, identity: noise stays for good, and gamma = 0.8 forgets too fast."""
    network, sigma, lr = RateRNN(1, 2, 2, dt=10, tau=10, leak="rate").double(), 0.5, 0.1
    traces = KeRNL(sigma=sigma, lr_kernel=lr).steps(network, 1, {}, None)
    source, bin = noise(7), plain_bin([1.0, 2.0], [1.0, 2.0], [1.0, 1.0])
    first, second = (sigma * zeta for zeta in draws(7, 2, (1, 2)))
    traces.step(bin, source)
    assert torch.equal(traces.memory["sensitivity"], torch.eye(2, dtype=torch.float64))
    assert traces.memory["forgetting"].tolist() == [0.8, 0.8]
    traces.step(bin, source)
    torch.testing.assert_close(traces.state.delta, first + second, rtol=0, atol=1e-15)
    Omega = 0.2 * first + second
    sensitivity = torch.eye(2, dtype=torch.float64) + lr * 0.8 * first.T @ Omega
    torch.testing.assert_close(traces.memory["sensitivity"], sensitivity, rtol=0, atol=1e-15)
    torch.testing.assert_close(traces.memory["forgetting"], 0.8 - lr * 0.8 * first[0] ** 2, rtol=0, atol=1e-15)


@LEAKS
def test_the_twin_is_where_a_noisy_copy_of_the_network_goes(leak):
    """To first order in its noise."""
    network, sigma = network_for(leak, n=6, noise=0.0), 1e-6
    batch, rule = TASK.sample(1, seed=0), KeRNL(sigma=sigma, lr_kernel=0)
    kept = {}
    rule.restore(network, {})
    rule.finish = lambda state: (kept.setdefault("twin", state), None)
    rule.gradient(network, batch, noise(5))
    state = twin = network.initial_state(1).detach()
    for x, zeta in zip(torch.from_numpy(batch.inputs).double(), draws(5, len(batch.inputs), (1, 6)), strict=True):
        state, twin = network.step(state, x).detach(), network.step(twin, x).detach() + sigma * zeta
    torch.testing.assert_close(kept["twin"].delta / sigma, (twin - state) / sigma, rtol=0, atol=1e-4)
    assert (twin - state).abs().max() > sigma


def test_it_learns_how_long_each_unit_remembers():
    """Units without synapses keep 1 - alpha of their state: then gamma = alpha and Q = I predict all."""
    network = RateRNN(1, 3, 1, dt=10, tau=[20, 50, 100], leak="rate", activation="tanh", noise=0.0).double()
    network.recurrent_mask.zero_()
    traces, source = KeRNL(sigma=1.0, lr_kernel=0.02).steps(network, 20, {}, None), noise()
    bin = random_bins(1, n=3, n_in=1, n_out=1, batch_size=20)[0]
    still = bin._replace(alpha=network.alpha, recurrent=network.recurrent_weights.detach())
    for _ in range(3000):
        traces.step(still, source)
    torch.testing.assert_close(traces.memory["forgetting"], network.alpha, rtol=0, atol=0.01)
    torch.testing.assert_close(traces.memory["sensitivity"], torch.eye(3, dtype=torch.float64), rtol=0, atol=0.02)


def test_the_size_of_the_noise_and_the_learning_rate_act_together():
    network, batch = network_for(noise=0.0), TASK.sample(3, seed=0)
    first, second = KeRNL(sigma=1e-3, lr_kernel=1e4), KeRNL(sigma=1e-1, lr_kernel=1.0)
    found = [rule.gradient(network, batch, noise())["recurrent"] for rule in (first, second)]
    torch.testing.assert_close(found[0], found[1], rtol=0, atol=1e-12)
    for rule in (first, second):
        rule.update(network_for(noise=0.0), batch, noise())
    assert (first.memory["sensitivity"] - torch.eye(6)).abs().max() > 1e-3
    for name in ("sensitivity", "forgetting"):
        torch.testing.assert_close(first.memory[name], second.memory[name], rtol=0, atol=1e-12)


def test_a_gradient_changes_nothing_and_an_update_what_is_remembered():
    network, batch, rule = network_for(), TASK.sample(3, seed=0), KeRNL(lr_kernel=1e3)
    rule.gradient(network, batch, noise())
    assert rule.memory == {}
    rule.update(network, batch, noise())
    kept = {name: value.clone() for name, value in rule.memory.items()}
    rule.gradient(network, batch, noise())
    assert all(torch.equal(rule.memory[name], value) for name, value in kept.items())
    again = KeRNL(lr_kernel=1e3)
    again.restore(network, rule.state(network))
    expected = rule.gradient(network, batch, noise())
    for name, value in again.gradient(network, batch, noise()).items():
        assert torch.equal(value, expected[name])


@LEAKS
@pytest.mark.parametrize("update", ["trial", "bin"])
def test_an_ensemble_learns_as_its_networks_would_alone(leak, update):
    batch, arguments = TASK.sample(3, seed=0), {"update_every": update, "lr_kernel": 300.0, "sigma": 1e-2}
    ensemble = ensemble_of(network_for(leak), 3)
    alone = [member(ensemble, s) for s in range(3)]
    together = KeRNL(**arguments)
    for k in range(3):
        together.update(ensemble, batch, noise(k))
    assert (together.memory["sensitivity"][0] - together.memory["sensitivity"][1]).abs().max() > 1e-4
    for s, one in enumerate(alone):
        single = KeRNL(**arguments)
        for k in range(3):
            single.update(one, batch, noise(k))
        for name, value in one.named_parameters():
            torch.testing.assert_close(getattr(ensemble, name)[s], value, rtol=0, atol=1e-10)
        for name, value in single.memory.items():
            torch.testing.assert_close(together.memory[name][s], value, rtol=0, atol=1e-10)


def test_a_kernel_that_leaves_the_finite_numbers_is_named():
    network, batch = network_for(), TASK.sample(3, seed=0)
    rule = KeRNL(lr_kernel=1e6, sigma=1e6, update_every="bin")

    def learn():
        for k in range(50):
            rule.update(network, batch, noise(k))

    with pytest.raises(FloatingPointError, match=r"its sensitivity, .*grew beyond .*: try lr_kernel="):
        learn()


def test_the_rule_is_made_again_from_its_configuration():
    rule = KeRNL(forgetting=0.5, lr_kernel=2.0, sigma=1e-2, update_every="bin")
    assert KeRNL(**rule.config).config == rule.config
    assert rule.config["forgetting"] == 0.5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"forgetting": 1.5}, "from 0 to 1"),
        ({"forgetting": -0.1}, "from 0 to 1"),
        ({"lr_kernel": -1.0}, "lr_kernel is -1.0"),
        ({"sigma": 0.0}, "sigma is 0.0"),
        ({"sigma": float("nan")}, "finite"),
        ({"feedback": "symetric"}, "symmetric"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        KeRNL(**arguments)
