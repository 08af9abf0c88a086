"""Lyapunov exponents against determinants, volumes and eigenvalues; flossing pushes them to zero."""

import itertools

import pytest
import torch

from cogdyn.agents import RateRNN
from cogdyn.agents.network.activations import ACTIVATIONS
from cogdyn.agents.network.ensemble import stacked
from cogdyn.agents.training.flossing import finite_time_exponents, floss

LEAKS = ("voltage", "rate")
DT = 20


def network_of(leak="voltage", activation="tanh", n=5, **arguments):
    arguments = {"gain": 1.3, "seed": 1, "tau": [40.0, 100.0, 100.0, 200.0, 300.0] if n == 5 else 100.0} | arguments
    network = RateRNN(2, n, 2, dt=DT, leak=leak, activation=activation, **arguments).double()
    with torch.no_grad():
        network.bias += 0.3 * torch.randn(n, generator=torch.Generator().manual_seed(1))
        network.h0 += 0.3 * torch.randn(n, generator=torch.Generator().manual_seed(2))
    return network


def inputs(n_bins=12, batch_size=3):
    return torch.randn(n_bins, batch_size, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(3))


def jacobians(network, u):
    """The Jacobians of the steps of one trial, (T, N, N), by autograd."""
    h, found = network.initial_state(1)[0].detach(), []
    for x in u:
        found.append(torch.autograd.functional.jacobian(lambda h, x=x: network.step(h, x), h))
        h = network.step(h, x).detach()
    return torch.stack(found)


@pytest.mark.parametrize(("leak", "activation"), list(itertools.product(LEAKS, sorted(ACTIVATIONS))))
def test_all_exponents_add_up_to_the_growth_of_volume(leak, activation):
    network, u = network_of(leak, activation), inputs()
    exponents = finite_time_exponents(network, u, 5).detach()
    for b in range(3):
        expected = jacobians(network, u[:, b]).det().abs().log().mean() / (DT / 1000)
        torch.testing.assert_close(exponents[b].sum(), expected, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("leak", LEAKS)
@pytest.mark.parametrize("k", [1, 2, 3])
def test_the_first_exponents_are_the_growth_of_the_first_differences(leak, k):
    network, u, skip = network_of(leak, "softplus"), inputs(20), 4
    exponents = finite_time_exponents(network, u, k, skip=skip, seed=9).detach()
    first = torch.randn(3, 5, k, generator=torch.Generator().manual_seed(9)).double()
    for b in range(3):
        steps, q = jacobians(network, u[:, b]), first[b]
        for step in steps[:skip]:
            q = step @ q
        later = torch.linalg.multi_dot([*steps[skip:].flip(0), q])
        volumes = [(frame.T @ frame).logdet() / 2 for frame in (q, later)]
        expected = (volumes[1] - volumes[0]) / ((20 - skip) * DT / 1000)
        torch.testing.assert_close(exponents[b].sum(), expected, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("leak", LEAKS)
def test_a_linear_network_has_the_logarithms_of_its_eigenvalues(leak):
    network = RateRNN(2, 4, 1, dt=DT, tau=100, leak=leak, activation="relu", self_connections=True).double()
    basis = torch.eye(4).double() + 0.2 * torch.randn(4, 4, generator=torch.Generator().manual_seed(0)).double()
    with torch.no_grad():
        network.recurrent.copy_(basis @ torch.tensor([0.9, 0.5, 0.1, -0.4]).double().diag() @ basis.inverse())
        rest = torch.full((4,), 50.0, dtype=torch.float64)  # a fixed point at which every unit is at work
        network.bias.copy_(rest - network.recurrent @ rest)
        network.h0.copy_(rest)
    exponents = finite_time_exponents(network, torch.zeros(500, 1, 2), 4, skip=450).detach()
    alpha = network.alpha[0]
    expected = torch.log(1 - alpha + alpha * torch.tensor([0.9, 0.5, 0.1, -0.4]).double()) / (DT / 1000)
    torch.testing.assert_close(exponents[0], expected, rtol=1e-8, atol=1e-8)
    assert exponents[0, 0].item() == pytest.approx(-1, rel=0.02), "a gain of 0.9 makes 100 ms last a second"


@pytest.mark.parametrize(("leak", "activation"), [*itertools.product(LEAKS, ("tanh", "softplus")), ("voltage", "relu")])
def test_the_gradient_is_that_of_finite_differences(leak, activation):
    network, u = network_of(leak, activation), inputs(8, 2)
    names = ("recurrent", "input", "bias")

    class Exponents(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.network = network

        def forward(self):
            return finite_time_exponents(self.network, u, 2)

    def exponents(*values):
        changed = {f"network.{name}": value for name, value in zip(names, values, strict=True)}
        return torch.func.functional_call(Exponents(), changed, ())

    values = tuple(getattr(network, name).detach().clone().requires_grad_() for name in names)
    assert torch.autograd.gradcheck(exponents, values, eps=1e-6, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize(("leak", "arguments"), [("voltage", {}), ("rate", {"dale": 0.75})])
def test_flossing_brings_the_exponents_to_zero_and_gradients_through_the_trial(leak, arguments):
    def carried():
        """How much of the first state is left in the last, along the three best directions."""
        product = torch.linalg.multi_dot([*jacobians(network, u[:, 0]).flip(0)])
        return torch.linalg.svdvals(product)[:3]

    network, u = network_of(leak, n=20, gain=0.7, **arguments), inputs(50, 2)
    before = carried()
    others = {name: getattr(network, name).clone() for name in ("readout", "readout_bias", "h0")}
    history = floss(network, u, n_exponents=3, steps=40, lr=1e-2)
    assert history.shape == (41, 3)
    loss = history.square().sum(1)
    assert loss[-1] < 0.05 * loss[0]
    after = carried()
    assert before.max() < 0.2
    assert after.min() > 0.2
    assert all(torch.equal(getattr(network, name), value) for name, value in others.items())
    assert network.recurrent.grad is None
    if network.signs is not None:
        assert (network.recurrent_weights * network.signs >= 0).all()


@pytest.mark.parametrize("leak", LEAKS)
def test_an_ensemble_is_flossed_as_its_networks_are(leak):
    networks = [network_of(leak, gain=0.7, seed=seed) for seed in range(3)]
    ensemble, u = stacked(networks), inputs()
    histories = [floss(network, u, n_exponents=2, steps=4) for network in networks]
    torch.testing.assert_close(floss(ensemble, u, n_exponents=2, steps=4), torch.stack(histories, 1))
    for s, network in enumerate(networks):
        torch.testing.assert_close(ensemble.recurrent[s], network.recurrent)


def test_flossing_repeats_and_leaves_what_does_not_learn():
    found = []
    for _ in range(2):
        network = network_of(n=10).float()
        network.input.requires_grad_(False)
        frozen = network.input.clone()
        found.append(floss(network, inputs(), n_exponents=2, steps=3))
        assert torch.equal(network.input, frozen)
    assert torch.equal(*found)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_exponents": 0}, "from 1 to the number of units, 5"),
        ({"n_exponents": 6}, "from 1 to the number of units, 5"),
        ({"skip": 12}, "T above skip=12"),
        ({"lr": 0.0}, "lr is 0.0; it must be positive"),
        ({"steps": -1}, "steps is -1"),
    ],
)
def test_refusals(arguments, message):
    with pytest.raises(ValueError, match=message):
        floss(network_of(), inputs(), **({"n_exponents": 2} | arguments))


def test_differences_that_vanish_in_one_step_stop_the_flossing():
    network = RateRNN(2, 5, 1, dt=100, tau=100, activation="relu").double()
    with torch.no_grad():
        network.bias.fill_(-100.0)
    before = network.recurrent.clone()
    with pytest.raises(FloatingPointError, match="flossing stopped at step 0"):
        floss(network, inputs(), n_exponents=2, steps=2)
    assert torch.equal(network.recurrent, before)
