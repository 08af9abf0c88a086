"""Gradient flossing: before training, the network is made to neither forget nor amplify small differences."""

from __future__ import annotations

import torch
from torch import Tensor

from ...envs.numbers import finite_number, whole_number
from ...envs.typechecked import typechecked
from ..network.data import check_inputs
from ..network.rate_rnn import RateRNN


@typechecked
def finite_time_exponents(
    network: RateRNN, inputs: Tensor, n_exponents: int, *, skip: int = 0, seed: int = 0
) -> Tensor:
    r"""The first Lyapunov exponents of a network over the bins of a trial, as differentiable functions of its weights.

    A small difference q of the state grows as :math:`q_t = J_t q_{t-1}`, without noise. Leak on the voltage, where
    :math:`d_t = W r_{t-1} + W_{in} u_t + b`, and leak on the rate:

    .. math:: J_t = (1-\alpha) + \alpha W f'(x_{t-1}), \quad J_t = (1-\alpha) + \alpha f'(d_t) W

    k differences are followed along the trial and made orthonormal again in each bin, by a QR decomposition:

    .. math:: Q_t R_t = J_t Q_{t-1}, \qquad \lambda_i = \frac{1}{T\, dt} \sum_{t=1}^{T} \log |R_{t, ii}|

    An exponent of -10 per second forgets with a time constant of 100 ms; 0 keeps, and a positive one amplifies.

    Args:
        network: The network.
        inputs: u, (T, B, n_in).
        n_exponents: Number k of exponents, from the largest on.
        skip: Bins at the beginning in which differences turn to where they grow, but are not counted yet.
        seed: Seed of the first differences.

    Returns:
        Exponents (per second), (B, k); of an ensemble (S, B, k).

    Raises:
        ValueError: If k is not from 1 to N, ``skip`` leaves no bin, or the inputs have the wrong shape.

    Source: Benettin et al. 1980, doi:10.1007/BF02128237; Engelken, Wolf & Abbott 2023,
    doi:10.1103/PhysRevResearch.5.043044.
    """
    if not 1 <= whole_number("n_exponents", n_exponents) <= network.n_units:
        raise ValueError(f"n_exponents is {n_exponents}; it must be from 1 to the number of units, {network.n_units}.")
    if inputs.ndim != 3 or not whole_number("skip", skip, minimum=0) < len(inputs):
        raise ValueError(f"inputs have shape {tuple(inputs.shape)}; expected (T, B, n_in), with T above skip={skip}.")
    generator = torch.Generator().manual_seed(whole_number("seed", seed, minimum=0))
    shape = inputs.shape[1], network.n_units, n_exponents
    first = torch.randn(shape, generator=generator, dtype=torch.float32)
    inputs = inputs.to(network.recurrent)
    check_inputs(inputs, network.n_inputs, network.recurrent)
    h = network.initial_state(inputs.shape[1])
    q = torch.linalg.qr(first.to(inputs)).Q.expand(*h.shape, -1)
    total = torch.zeros_like(q[..., 0, :])
    for t, u in enumerate(inputs):
        q, r = torch.linalg.qr(_differences_after(network, h, u, q))
        h = network.step(h, u)
        if t >= skip:
            total = total + r.diagonal(dim1=-2, dim2=-1).abs().log()
    return total / ((len(inputs) - skip) * network.dt / 1000)


@typechecked
def floss(
    network: RateRNN,
    inputs: Tensor,
    n_exponents: int = 10,
    steps: int = 100,
    lr: float = 1e-3,
    *,
    skip: int = 0,
    seed: int = 0,
) -> Tensor:
    r"""Push the first Lyapunov exponents of a network to zero, so that gradients neither vanish nor explode.

    Adam changes recurrent weights, input weights and biases, as far as they learn, along the gradient of

    .. math:: L = \Big\langle \sum_{i=1}^{k} \lambda_i^2 \Big\rangle_{trials}

    Dale's law and masks hold throughout. It is done before the training, which then starts from these weights.

    Args:
        network: The network, changed in place.
        inputs: u, (T, B, n_in): trials like those of the training, of its length at best.
        n_exponents: Number k of exponents, 5 to 20 or so: each is a direction that gradients can take.
        steps: Number of updates.
        lr: Learning rate.
        skip: Bins at the beginning that are not counted.
        seed: Seed of the differences that are followed, the same in every step.

    Returns:
        Mean exponents over the trials (per second) before each update and after the last, (steps + 1, k); of
        an ensemble, in which each network has a loss of its own, (steps + 1, S, k).

    Raises:
        ValueError: If lr is not positive, or an argument is none that :func:`finite_time_exponents` takes.
        FloatingPointError: If exponents or gradients are not finite, which dt = tau with silent units can cause, as
            can weights that grew too large; the weights are then left as they were before the step.

    Source: Engelken 2023, "Gradient flossing", NeurIPS 36, arXiv:2312.17306.
    """
    if not finite_number("lr", lr) > 0:
        raise ValueError(f"lr is {lr!r}; it must be positive.")
    weights = [weight for weight in (network.recurrent, network.input, network.bias) if weight.requires_grad]
    adam = torch.optim.Adam(weights, lr=lr)
    history = []
    for step in range(whole_number("steps", steps, minimum=0) + 1):
        exponents = finite_time_exponents(network, inputs, n_exponents, skip=skip, seed=seed)
        history.append(exponents.detach().mean(-2))
        if step < steps:
            loss = exponents.square().sum(-1).mean(-1).sum()
            gradients = torch.autograd.grad(loss, weights, materialize_grads=True)
            if not all(torch.isfinite(gradient).all() for gradient in gradients):
                raise FloatingPointError(
                    f"flossing stopped at step {step} with exponents {history[-1].tolist()} per second: their gradient "
                    "is not finite. Take a shorter dt, a smaller learning rate, or fewer exponents."
                )
            for weight, gradient in zip(weights, gradients, strict=True):
                weight.grad = gradient
            adam.step()
            adam.zero_grad()
    return torch.stack(history)


def _differences_after(network: RateRNN, h: Tensor, u: Tensor, q: Tensor) -> Tensor:
    """The differences J q, (..., B, N, k), one step after q."""
    w, alpha = network.recurrent_weights, network.alpha[:, None]
    if network.leak == "voltage":
        driven = w.unsqueeze(-3) @ (_slope(network, h) * q)
    else:
        drive = h @ w.mT + u @ network.input_weights.mT + network.bias.unsqueeze(-2)
        driven = _slope(network, drive) * (w.unsqueeze(-3) @ q)
    return (1 - alpha) * q + alpha * driven


def _slope(network: RateRNN, x: Tensor) -> Tensor:
    """f'(x), (..., B, N, 1)."""
    back = torch.func.vjp(network.f, x)[1]
    return back(torch.ones_like(x))[0][..., None]
