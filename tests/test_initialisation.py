"""Initial weights against their formulas, their spectra and the theory of random matrices."""

import json

import numpy as np
import pytest
import torch

from cogdyn.agents import RateRNN
from cogdyn.agents.network.initialisation import INITIALISATIONS

SOO = {"init": "soo2023", "self_connections": True}
SLOW = {"init": "slow_mode", "self_connections": True}


def weights(network):
    return network.recurrent_weights.detach().double()


def radius(w):
    return torch.linalg.eigvals(w).abs().max().item()


def tensors(network):
    return {name: parameter.detach() for name, parameter in network.named_parameters()}


@pytest.mark.parametrize("kind", ["gaussian", "spectral_radius", "orthogonal", "identity"])
def test_general_initialisations(kind):
    network = RateRNN(1, 40, 1, init=kind, gain=0.9, self_connections=True, seed=2)
    w = weights(network)
    if kind == "identity":
        assert torch.equal(network.recurrent, 0.9 * torch.eye(40))
    elif kind == "orthogonal":
        torch.testing.assert_close(w @ w.T, 0.81 * torch.eye(40).double(), rtol=0, atol=1e-5)
    elif kind == "spectral_radius":
        assert radius(w) == pytest.approx(0.9, rel=1e-4)
    else:
        assert w.square().mean().sqrt().item() == pytest.approx(0.9 / np.sqrt(40), rel=0.1)
    assert not network.bias.any()


def test_gaussian_weights_are_these_draws_in_this_order():
    network = RateRNN(3, 40, 2, gain=0.9, self_connections=True, seed=7)
    generator = torch.Generator().manual_seed(7)
    recurrent, into, readout = (torch.randn(shape, generator=generator) for shape in ((40, 40), (40, 3), (2, 40)))
    torch.testing.assert_close(network.recurrent.detach(), 0.9 * recurrent / np.sqrt(40))
    torch.testing.assert_close(network.input.detach(), into / np.sqrt(3))
    torch.testing.assert_close(network.readout.detach(), 0.5 * readout / np.sqrt(40))


def test_initial_excitation_and_inhibition_balance():
    w = weights(RateRNN(1, 400, 1, dale=0.8, seed=0))
    assert w[:, :320].sum().item() == pytest.approx(-w[:, 320:].sum().item(), rel=0.05)


class TestBalanced:
    @pytest.mark.parametrize(("n", "seeds", "close"), [(200, 6, 0.12), (400, 2, 0.08)])
    @pytest.mark.parametrize("dale", [0.5, 0.8])
    def test_the_radius_is_the_gain_and_the_one_that_theory_expects(self, n, seeds, close, dale):
        excitatory, theory = round(dale * n), []
        for seed in range(seeds):
            w = weights(RateRNN(1, n, 1, init="balanced", dale=dale, gain=1.5, self_connections=True, seed=seed))
            assert radius(w) == pytest.approx(1.5, rel=1e-4)
            # Rajan & Abbott: the radius is the root of the sum of the variances of all columns.
            sides = w[:, :excitatory], w[:, excitatory:]
            theory.append(sum(side.shape[1] * side.var().item() for side in sides) ** 0.5)
        assert np.mean(theory) == pytest.approx(1.5, rel=close)

    @pytest.mark.parametrize("arguments", [{}, {"density": 0.5}, {"self_connections": True}])
    def test_signs_and_masks_hold_and_rows_cancel(self, arguments):
        network = RateRNN(1, 200, 1, init="balanced", dale=0.8, seed=2, **arguments)
        w, exists = weights(network), network.recurrent_mask.bool()
        assert (w[:, :160][exists[:, :160]] > 0).all()
        assert (w[:, 160:][exists[:, 160:]] < 0).all()
        assert (w[~exists] == 0).all()
        assert w.sum(1).abs().max() < 1e-4 * w.abs().sum(1).min()

    def test_without_balance_in_every_row_the_mean_adds_outliers(self):
        def largest_beside_bulk(kind):
            w = weights(RateRNN(1, 400, 1, init=kind, dale=0.8, self_connections=True, gain=1.0, seed=3))
            bulk = (w - w.mean(0)).square().sum().div(400).sqrt().item()
            return radius(w) / bulk

        assert largest_beside_bulk("balanced") < 1.1
        assert largest_beside_bulk("gaussian") > 1.25

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [({}, "set dale"), ({"dale": 0.5, "mask": np.eye(4)}, "an excitatory and an inhibitory synapse onto every")],
    )
    def test_refusals(self, arguments, message):
        with pytest.raises(ValueError, match=message):
            RateRNN(1, 4, 1, init="balanced", self_connections=True, **arguments)


class TestSoo2023:
    def test_all_weights_are_normal_and_only_recurrent_ones_are_scaled(self):
        networks = [RateRNN(40, 50, 40, **SOO, seed=seed) for seed in range(10)]
        for name, std in {"recurrent": 1 / 50, "input": 1, "readout": 1, "bias": 1}.items():
            values = torch.stack([tensors(network)[name] for network in networks])
            assert values.std().item() == pytest.approx(std, rel=0.07), name
            assert abs(values.mean().item()) < 0.1 * std, name
        assert not networks[0].readout_bias.any()
        assert np.mean([radius(weights(network)) for network in networks]) == pytest.approx(0.148, abs=0.008)

    def test_dales_law_takes_magnitudes_and_balances_nothing(self):
        free, signed = (weights(RateRNN(1, 50, 1, **SOO, dale=dale)) for dale in (None, 0.8))
        torch.testing.assert_close(signed.abs(), free.abs())
        assert (signed[:, :40] >= 0).all()
        assert (signed[:, 40:] <= 0).all()

    def test_the_activation_does_not_choose_the_gain(self):
        for activation in ("relu", "tanh"):
            assert RateRNN(1, 5, 1, activation=activation, **SOO).config["gain"] == 1.0


class TestSlowMode:
    def test_weights(self):
        network = RateRNN(50, 100, 50, **SLOW, seed=1)
        noise = 100 * (weights(network) - 0.8 * torch.eye(100))
        assert noise.std().item() == pytest.approx(1, rel=0.03)
        assert torch.equal(network.bias, torch.full((100,), 0.1))
        for matrix in (network.input, network.readout):
            assert matrix.std().item() == pytest.approx(0.2, rel=0.05)

    @pytest.mark.parametrize("leak", ["voltage", "rate"])
    @pytest.mark.parametrize(("gain", "memory"), [(0.8, 500.0), (0.5, 200.0)])
    def test_differences_live_for_tau_over_one_minus_g(self, leak, gain, memory):
        network = RateRNN(1, 60, 1, **SLOW, gain=gain, leak=leak, dt=1, tau=100, seed=2).double()
        network.bias.data.fill_(5.0)  # every unit at work: slope 1
        h, u = torch.full((60,), 5.0, dtype=torch.float64), torch.zeros(1, dtype=torch.float64)
        jacobian = torch.autograd.functional.jacobian(lambda h: network.step(h, u), h)
        lives = -1 / torch.log(torch.linalg.eigvals(jacobian).abs())
        assert lives.median().item() == pytest.approx(memory, rel=0.15)

    def test_under_dales_law_excitatory_units_excite_themselves_and_the_rest_is_balanced(self):
        network = RateRNN(1, 200, 1, **SLOW, dale=0.8, seed=1)
        w = weights(network)
        assert (w[:, :160] >= 0).all()
        assert (w[:, 160:] <= 0).all()
        rest = 200 * (w - torch.diag(torch.cat([torch.full((160,), 0.8), torch.zeros(40)])).double())
        assert rest.square().mean().item() == pytest.approx(1, rel=0.03)
        assert abs(rest.sum(1).mean().item()) < 4 * rest.sum(1).std().item() / 200**0.5
        assert (torch.linalg.eigvals(w).abs() > 0.7).sum() > 150

    @pytest.mark.parametrize(
        "arguments",
        [
            {"self_connections": False},
            {"self_connections": False, "dale": 0.8},
            {"self_connections": True, "mask": 1 - np.eye(5)},
        ],
    )
    def test_every_unit_must_be_able_to_excite_itself(self, arguments):
        with pytest.raises(ValueError, match="set self_connections=True, with no density"):
            RateRNN(1, 5, 1, init="slow_mode", **arguments)


@pytest.mark.parametrize("init", INITIALISATIONS)
def test_gains_scale_input_and_readout_and_nothing_else(init):
    arguments = {"init": init, "self_connections": True, "dale": 0.5 if init == "balanced" else None, "seed": 4}
    plain = tensors(RateRNN(2, 20, 3, **arguments))
    scaled = tensors(RateRNN(2, 20, 3, **arguments, input_gain=0.25, readout_gain=4))
    for name, value in plain.items():
        factor = {"input": 0.25, "readout": 4.0}.get(name, 1.0)
        assert torch.equal(scaled[name], factor * value), name


@pytest.mark.parametrize("init", INITIALISATIONS)
def test_the_configuration_makes_the_same_network_again(init):
    dale = 0.5 if init == "balanced" else None
    network = RateRNN(2, 9, 2, init=init, self_connections=True, dale=dale, input_gain=0.5, readout_gain=2, seed=4)
    again = RateRNN(**json.loads(json.dumps(network.config)))
    assert again.config == network.config
    for name, value in network.state_dict().items():
        assert torch.equal(value, again.state_dict()[name]), name


@pytest.mark.parametrize("name", ["input_gain", "readout_gain"])
def test_gains_are_finite_numbers(name):
    with pytest.raises(ValueError, match=f"{name} is nan"):
        RateRNN(1, 3, 1, **{name: float("nan")})
