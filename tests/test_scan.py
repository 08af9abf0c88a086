"""The fast scan is the plain loop: forward, backward, whatever the leak, the activation and the credit."""

import itertools

import pytest
import torch
from precisions import DTYPES, in_float64

from cogdyn.agents import RateRNN
from cogdyn.agents.network.activations import ACTIVATIONS
from cogdyn.agents.network.plain_loop import plain_loop
from cogdyn.agents.network.scan import BLOCK, Dynamics, Scan

LEAKS, CREDITS = ("voltage", "rate"), ("full", "diag", "none")
FORMS = list(itertools.product(LEAKS, sorted(ACTIVATIONS), CREDITS))
N, B = 6, 4


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def network_of(leak, activation, noise=0.2, dtype=torch.float64, **arguments):
    arguments = {"tau": [40.0, 60.0, 100.0, 100.0, 200.0, 300.0], "seed": 3, "gain": 1.3} | arguments
    arguments = {"self_connections": True} | arguments
    network = RateRNN(2, N, 3, dt=20, leak=leak, activation=activation, noise=noise, **arguments).to(dtype)
    with torch.no_grad():
        for parameter in (network.bias, network.h0, network.readout_bias):
            parameter += 0.3 * torch.randn(parameter.shape, generator=seeded(1))
    return network


def normals(n_bins, generator, dtype=torch.float64):
    """The noise that a scan draws, block by block."""
    starts = range(0, n_bins, BLOCK)
    sizes = [min(BLOCK, n_bins - start) for start in starts]
    return torch.cat([torch.empty(n, B, N, dtype=dtype).normal_(generator=generator) for n in sizes])


def gradients(network, inputs, h, trajectory):
    """Gradients of a loss that needs rates, outputs and the last state."""
    weigh = [torch.randn(x.shape, dtype=torch.float64, generator=seeded(5)).to(x) for x in trajectory_of(trajectory)]
    loss = sum((x * w).sum() + 0.1 * (x**3 * w).sum() for x, w in zip(trajectory_of(trajectory), weigh, strict=True))
    return torch.autograd.grad(loss, [*network.parameters(), inputs, h], allow_unused=True)


def trajectory_of(trajectory):
    return trajectory.rates, trajectory.outputs, trajectory.state


def close(ours, theirs):
    if ours is None or theirs is None:
        zero = ours if theirs is None else theirs
        assert zero is None or (zero == 0).all()
        return
    scale, tolerance = theirs.abs().max().clamp(min=1e-12), 1e-10 if ours.dtype == torch.float64 else 1e-5
    assert (ours - theirs).abs().max() <= tolerance * scale


@pytest.mark.parametrize(("leak", "activation", "credit"), FORMS)
@pytest.mark.parametrize("n_bins", [1, BLOCK - 1, BLOCK, 2 * BLOCK + 3])
@DTYPES
def test_the_scan_is_the_plain_loop(leak, activation, credit, n_bins, dtype):
    """The loop in float64, with the weights and the noise of the scan."""
    network, plain = network_of(leak, activation, dtype=dtype), in_float64(network_of(leak, activation, dtype=dtype))
    inputs = torch.randn(n_bins, B, 2, dtype=dtype, generator=seeded(2)).requires_grad_()
    h = torch.randn(B, N, dtype=dtype, generator=seeded(3)).requires_grad_()
    fast = network(inputs, h, generator=seeded(4), credit=credit, keep_activations=True)
    their_inputs, their_h = (x.detach().double().requires_grad_() for x in (inputs, h))
    slow = plain_loop(plain, their_inputs, their_h, normals(n_bins, seeded(4), dtype).double(), credit)
    for ours, theirs in zip(trajectory_of(fast), trajectory_of(slow), strict=True):
        close(ours, theirs)
    close(fast.activations, slow.activations)
    expected = gradients(plain, their_inputs, their_h, slow)
    for ours, theirs in zip(gradients(network, inputs, h, fast), expected, strict=True):
        close(ours, theirs)


@pytest.mark.parametrize("leak", LEAKS)
def test_activations_are_kept_where_they_are_asked_for(leak):
    """With and without a gradient of the rest, to the bit; they have none themselves."""
    network = network_of(leak, "relu", noise=0.0)
    inputs = torch.randn(BLOCK + 5, B, 2, dtype=torch.float64, generator=seeded(2))
    assert network(inputs).activations is None
    kept = network(inputs, keep_activations=True)
    with torch.no_grad():
        again = network(inputs, keep_activations=True)
    assert torch.equal(kept.activations, again.activations)
    assert not kept.activations.requires_grad
    for name in ("rates", "outputs", "state"):
        assert torch.equal(getattr(kept, name), getattr(network(inputs), name))
    if leak == "voltage":
        assert torch.equal(kept.activations, kept.rates)
    with pytest.raises(ValueError, match="keep_activations=True with at_cut"):
        network(inputs, cuts=[3], at_cut=lambda t, h: h, keep_activations=True)


@pytest.mark.parametrize("leak", LEAKS)
@pytest.mark.parametrize("used", ["rates", "outputs", "state"])
def test_what_a_loss_leaves_out_has_no_part_in_the_gradient(leak, used):
    network = network_of(leak, "tanh", noise=0.0, dale=0.5, density=0.6)
    inputs = torch.randn(BLOCK + 5, B, 2, dtype=torch.float64, generator=seeded(2))
    found = [
        torch.autograd.grad(getattr(run(network, inputs), used).square().sum(), network.parameters(), allow_unused=True)
        for run in (RateRNN.__call__, plain_loop)
    ]
    for ours, theirs in zip(*found, strict=True):
        close(ours, theirs)


@pytest.mark.parametrize("leak", LEAKS)
def test_a_trial_cut_in_segments_has_the_gradient_of_the_whole(leak):
    network = network_of(leak, "softplus", noise=0.0)
    inputs = torch.randn(3 * BLOCK + 1, B, 2, dtype=torch.float64, generator=seeded(2))

    def loss(*cuts):
        h, outputs = None, []
        for segment in torch.tensor_split(inputs, cuts):
            trajectory = network(segment, h)
            h = trajectory.state
            outputs.append(trajectory.outputs)
        return torch.cat(outputs).square().sum()

    whole, cut = (torch.autograd.grad(loss(*cuts), network.parameters()) for cuts in ((), (7, BLOCK, 2 * BLOCK + 5)))
    for ours, theirs in zip(cut, whole, strict=True):
        close(ours, theirs)


@pytest.mark.parametrize(("leak", "activation"), list(itertools.product(LEAKS, sorted(ACTIVATIONS))))
def test_an_ensemble_is_its_networks(leak, activation):
    networks = [network_of(leak, activation, seed=seed) for seed in range(3)]
    inputs = torch.randn(3, BLOCK + 4, B, 2, dtype=torch.float64, generator=seeded(2))
    alpha, f = networks[0].alpha, networks[0]._f
    noise = 0.2 * torch.sqrt(2 * alpha if leak == "voltage" else 2 / alpha)
    factor = alpha[:, None] if leak == "voltage" else torch.ones(N, 1, dtype=torch.float64)

    def stacked(values):
        return torch.stack([value.detach() for value in values]).requires_grad_()

    into = stacked([factor * torch.cat([n.input_weights, n.bias[:, None]], 1) for n in networks])
    recurrent = stacked([factor * n.recurrent_weights for n in networks])
    readout, bias = (stacked([getattr(n, k) for n in networks]) for k in ("readout_weights", "readout_bias"))
    with_one = torch.cat([inputs, torch.ones_like(inputs[..., :1])], dim=3)
    h = torch.randn(3, B, N, dtype=torch.float64, generator=seeded(3))

    def run(some):
        dynamics = Dynamics(f, leak, alpha, noise, tuple(seeded(7 + s) for s in range(3)[some]))
        weights = [w[some] for w in (into, recurrent, readout, bias)]
        found = Scan.apply(with_one[some], *weights, h[some], dynamics)[:3]
        loss = sum(x.sin().sum() for x in found)
        return [x.detach() for x in found], torch.autograd.grad(loss, (into, recurrent, readout, bias))

    (together, gradients_together), alone = run(slice(0, 3)), [run(slice(s, s + 1)) for s in range(3)]
    for ours, *theirs in zip(together, *(found for found, _ in alone), strict=True):
        close(ours, torch.cat(theirs))
    for ours, *theirs in zip(gradients_together, *(found for _, found in alone), strict=True):
        close(ours, sum(theirs))


def test_two_arrays_over_the_trial_are_kept_for_the_backward_pass():
    n_bins, size = 400, 400 * 32 * 64 * 4
    for leak, arrays in (("voltage", 1), ("rate", 2)):
        network = RateRNN(2, 64, 3, leak=leak)
        trajectory = network(torch.zeros(n_bins, 32, 2))
        saved = [x for x in trajectory.rates.grad_fn.next_functions[0][0].saved_tensors if x is not None]
        assert sum(x.numel() * 4 >= size for x in saved) == arrays
