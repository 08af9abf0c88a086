import itertools
import json

import numpy as np
import pytest
import torch

from cogdyn.agents import RateRNN
from cogdyn.agents.credit.losses import task_loss
from cogdyn.agents.network.activations import ACTIVATIONS

FORMS = list(itertools.product(("voltage", "rate"), sorted(ACTIVATIONS)))


def small(n=6, **arguments):
    arguments = {"dt": 20, "tau": [40.0, 60.0, 100.0, 100.0, 200.0, 300.0], "seed": 3, "gain": 1.3, **arguments}
    network = RateRNN(2, n, 3, **arguments).double()
    with torch.no_grad():
        generator = torch.Generator().manual_seed(1)
        network.bias += 0.3 * torch.randn(n, generator=generator)
        network.h0 += 0.3 * torch.randn(n, generator=generator)
    return network


def inputs(n_bins=7, batch_size=4, seed=0):
    return torch.randn(n_bins, batch_size, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def textbook(network, u, xi):
    """The equations of the docstring in numpy, unit by unit."""
    f = {
        "tanh": np.tanh,
        "relu": lambda x: np.maximum(x, 0),
        "rectified_tanh": lambda x: np.maximum(np.tanh(x), 0),
        "softplus": lambda x: np.log1p(np.exp(x)),
        "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    }[network.activation]
    w, w_in, w_out = (
        m.detach().numpy() for m in (network.recurrent_weights, network.input_weights, network.readout_weights)
    )
    b, b_out, alpha, h0 = (m.detach().numpy() for m in (network.bias, network.readout_bias, network.alpha, network.h0))
    h = np.tile(h0, (u.shape[1], 1))
    rates = np.zeros((*u.shape[:2], network.n_units))
    for t, sample, i in itertools.product(range(u.shape[0]), range(u.shape[1]), range(network.n_units)):
        if i == 0:
            before = f(h[sample].copy()) if network.leak == "voltage" else h[sample].copy()
        current = w[i] @ before + w_in[i] @ u[t, sample] + b[i]
        a = alpha[i]
        if network.leak == "voltage":
            h[sample, i] = (1 - a) * h[sample, i] + a * current + np.sqrt(2 * a) * network.noise * xi[t, sample, i]
            rates[t, sample, i] = f(h[sample, i])
        else:
            h[sample, i] = (1 - a) * h[sample, i] + a * f(current + np.sqrt(2 / a) * network.noise * xi[t, sample, i])
            rates[t, sample, i] = h[sample, i]
    return rates, rates @ w_out.T + b_out


@pytest.mark.parametrize(("leak", "activation"), FORMS)
def test_forward_is_the_equation(leak, activation):
    network = small(leak=leak, activation=activation, noise=0.2, dale=0.5, density=0.7)
    u = inputs()
    trajectory = network(u, generator=torch.Generator().manual_seed(9))
    xi = torch.empty(u.shape[0] * u.shape[1], 6, dtype=torch.float64).normal_(
        generator=torch.Generator().manual_seed(9)
    )
    rates, outputs = textbook(network, u.numpy(), xi.view(*u.shape[:2], 6).numpy())
    np.testing.assert_allclose(trajectory.rates.detach().numpy(), rates, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(trajectory.outputs.detach().numpy(), outputs, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize(("leak", "activation"), FORMS)
def test_step_repeated_is_forward_without_noise(leak, activation):
    network, u = small(leak=leak, activation=activation), inputs()
    trajectory = network(u)
    h = network.initial_state(4)
    for t, u_t in enumerate(u):
        h = network.step(h, u_t)
        torch.testing.assert_close(network.rates(h), trajectory.rates[t], rtol=1e-12, atol=1e-14)
        torch.testing.assert_close(network.outputs(h), trajectory.outputs[t], rtol=1e-12, atol=1e-14)
    torch.testing.assert_close(h, trajectory.state, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("leak", ["voltage", "rate"])
def test_a_trial_cut_in_two_goes_on_from_its_state(leak):
    network, u = small(leak=leak), inputs()
    whole, first = network(u), network(u[:3])
    second = network(u[3:], first.state)
    torch.testing.assert_close(torch.cat([first.rates, second.rates]), whole.rates, rtol=0, atol=1e-15)


@pytest.mark.parametrize(("leak", "activation"), FORMS)
@pytest.mark.parametrize("dale", [None, 0.5])
def test_gradients_by_gradcheck(leak, activation, dale):
    mask = torch.rand(6, 6, generator=torch.Generator().manual_seed(2)) < 0.7
    network = small(
        leak=leak, activation=activation, dale=dale, mask=mask, input_units=range(3), output_units=[3, 4, 5]
    )
    u, target = inputs(5, 3), torch.tensor([[0, 1, 2]] * 5)
    names = [name for name, _ in network.named_parameters()]

    def loss(*values):
        trajectory = torch.func.functional_call(network, dict(zip(names, values, strict=True)), (u,))
        return (
            task_loss(trajectory.outputs, target, torch.ones(5, 3, dtype=torch.float64))
            + trajectory.rates.square().mean()
        )

    values = tuple(parameter.detach().clone().requires_grad_() for parameter in network.parameters())
    assert torch.autograd.gradcheck(loss, values, eps=1e-6, atol=1e-7, rtol=1e-5)


def test_dale_and_masks_hold_whatever_the_parameters_are():
    network = RateRNN(3, 20, 2, dale=0.75, density=0.5, input_units=slice(0, 5), output_units=[6, 7], seed=1)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.normal_(generator=torch.Generator().manual_seed(0))
    w = network.recurrent_weights
    assert (w[:, :15] >= 0).all()
    assert (w[:, 15:] <= 0).all()
    assert (w.diagonal() == 0).all()
    assert 0.3 < (w != 0).float().mean() < 0.6
    assert (w[network.recurrent_mask == 0] == 0).all()
    assert (network.input_weights[5:] == 0).all()
    assert (network.input_weights[:5] != 0).all()
    assert network.readout_weights.any(0).nonzero().flatten().tolist() == [6, 7]


def test_masked_synapses_get_no_gradient():
    network = RateRNN(2, 8, 2, dale=0.5, density=0.4, seed=0)
    network(torch.randn(5, 3, 2, generator=torch.Generator().manual_seed(0))).outputs.square().sum().backward()
    assert network.recurrent.grad is not None
    assert (network.recurrent.grad[network.recurrent_mask == 0] == 0).all()
    assert network.recurrent.grad.any()


@pytest.mark.parametrize("dt", [5.0, 20.0])
@pytest.mark.parametrize("leak", ["voltage", "rate"])
def test_process_noise_of_an_isolated_unit_does_not_depend_on_dt(leak, dt):
    network = RateRNN(1, 50, 1, dt=dt, tau=100, activation="tanh", leak=leak, noise=0.005, gain=0.0)
    n_bins = int(40_000 / dt)
    trajectory = network(torch.zeros(n_bins, 4, 1), generator=torch.Generator().manual_seed(0))
    sd = trajectory.rates[n_bins // 10 :].std().item()
    # The Euler scheme's stationary variance is sigma^2 / (1 - alpha / 2); tanh is linear at this amplitude.
    assert sd == pytest.approx(0.005 / np.sqrt(1 - dt / 200), rel=0.02)


def test_noise_can_be_silenced_and_repeated():
    network, u = RateRNN(2, 10, 2, noise=0.1), inputs().float()
    torch.testing.assert_close(network(u, noise=0.0).rates, network(u, noise=0.0).rates, rtol=0, atol=0)
    first, second = (network(u, generator=torch.Generator().manual_seed(5)).rates for _ in range(2))
    torch.testing.assert_close(first, second, rtol=0, atol=0)
    assert not torch.equal(first, network(u, generator=torch.Generator().manual_seed(6)).rates)


def test_initial_state_and_readout_bias_are_trained_or_fixed():
    assert RateRNN(1, 3, 1).h0.requires_grad
    assert RateRNN(1, 3, 1).readout_bias.requires_grad
    fixed = RateRNN(1, 3, 1, train_h0=False, train_readout_bias=False)
    assert [name for name, parameter in fixed.named_parameters() if not parameter.requires_grad] == [
        "readout_bias",
        "h0",
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"activation": "rleu"}, "Did you mean 'relu'"),
        ({"leak": "volts"}, "Allowed: 'rate', 'voltage'"),
        ({"init": "orthogonl"}, "Did you mean 'orthogonal'"),
        ({"init": "orthogonal"}, "self_connections=True"),
        ({"dale": 1.0}, r"inside \(0, 1\)"),
        ({"dale": -0.2}, r"inside \(0, 1\)"),
        ({"dale": 0.01}, "at least one excitatory"),
        ({"tau": 10.0}, "0 < dt <= tau"),
        ({"tau": float("nan")}, "tau is nan; it must be a finite number or a list of finite numbers"),
        ({"noise": -0.1}, "not negative"),
        ({"noise": float("inf")}, "must be a finite number"),
        ({"noise": "x"}, "must be a finite number"),
        ({"gain": float("nan")}, "gain is nan"),
        ({"seed": "a"}, "seed is 'a'; it must be a whole number"),
        ({"dale": "x"}, "dale is 'x'"),
        ({"tau": "x"}, "tau is 'x'; it must be a finite number"),
        ({"density": 0.0}, r"in \(0, 1\]"),
        ({"mask": np.ones((3, 2))}, r"expected \(4, 4\)"),
        ({"mask": np.full((4, 4), 0.5)}, "0 and 1"),
        ({"mask": np.ones((4, 4)), "density": 0.5}, "not both"),
        ({"input_units": [9]}, "indices below 4"),
        ({"output_units": []}, "chooses no unit"),
    ],
)
def test_refusals(arguments, message):
    with pytest.raises(ValueError, match=message):
        RateRNN(2, 4, 2, **arguments)


def test_the_configuration_makes_the_same_network_again():
    network = RateRNN(2, 9, 2, tau=[50.0] * 9, dale=0.6, density=0.5, input_units=slice(2, 5), output_units=[8], seed=4)
    again = RateRNN(**json.loads(json.dumps(network.config)))
    assert again.config == network.config
    for (name, value), other in zip(network.state_dict().items(), again.state_dict().values(), strict=True):
        assert torch.equal(value, other), name


@pytest.mark.parametrize("size", [0, -3, 2.5, True])
def test_sizes_are_positive_integers(size):
    with pytest.raises(ValueError, match="n_units"):
        RateRNN(2, size, 2)


def test_inputs_are_checked():
    network = RateRNN(2, 4, 2)
    with pytest.raises(ValueError, match=r"expected \(T, B, 2\)"):
        network(torch.zeros(5, 3, 4))
    with pytest.raises(ValueError, match=r"expected \(T, B, 2\)"):
        network(torch.zeros(5, 2))
    with pytest.raises(ValueError, match="NaN"):
        network(torch.full((5, 3, 2), float("nan")))
    with pytest.raises(ValueError, match=r"inputs are torch\.float64; expected a tensor of torch\.float32"):
        network(torch.zeros(5, 3, 2, dtype=torch.float64))
    with pytest.raises(ValueError, match="inputs is an array"):
        network(np.zeros((5, 3, 2)))
    with pytest.raises(ValueError, match=r"noise is -1\.0"):
        network(torch.zeros(5, 3, 2), noise=-1.0)
    with pytest.raises(ValueError, match=r"expected \(\.\.\., 4\) and \(\.\.\., 2\)"):
        network.step(torch.zeros(3, 5), torch.zeros(3, 2))
    with pytest.raises(ValueError, match=r"expected \(B, N\)"):
        network(torch.zeros(5, 3, 2), torch.zeros(4, 4))


def test_per_unit_tau_needs_one_for_each():
    with pytest.raises(ValueError, match="tau"):
        RateRNN(2, 4, 2, tau=[50.0, 100.0])
