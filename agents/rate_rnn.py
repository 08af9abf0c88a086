"""A leaky rate network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, final

import numpy as np
import torch
from torch import Tensor, nn

from ..envs.names import check_name
from ..envs.numbers import finite_number, standard_deviation, whole_number
from .activations import activation as activation_function
from .initialisation import dale_signs, existing_synapses, initial_weights
from .scan import Credit, Dynamics, Scan

LEAKS = ("voltage", "rate")


@dataclass(frozen=True)
class Trajectory:
    """What a network did.

    Attributes:
        rates: Rates r of all units, (T, B, N).
        outputs: Readout z, (T, B, n_out).
        state: State after the last bin, (B, N): voltage or rate, as the leak says. Pass it on to continue.
    """

    rates: Tensor
    outputs: Tensor
    state: Tensor


@final
class RateRNN(nn.Module):
    r"""A recurrent network of leaky rate units.

    Leak on the voltage, :math:`r_t = f(x_t)`:

    .. math:: x_t = (1-\alpha) x_{t-1} + \alpha (W r_{t-1} + W_{in} u_t + b) + \sqrt{2\alpha}\,\sigma \xi_t

    Leak on the rate:

    .. math:: r_t = (1-\alpha) r_{t-1} + \alpha f(W r_{t-1} + W_{in} u_t + b + \sqrt{2/\alpha}\,\sigma \xi_t)

    with :math:`\alpha = dt/\tau` for each unit and :math:`\xi` standard normal. The readout is
    :math:`z_t = W_{out} r_t + b_{out}`.

    Dale's law and masks are part of the parametrisation: the weights in use are ``|V| * sign * mask``, whatever
    the optimiser does to the parameters V, so they hold at every moment of training and after it.

    Args:
        n_inputs: Number of input channels.
        n_units: Number of units N.
        n_outputs: Number of outputs.
        dt: Bin width (ms).
        tau: Time constant (ms), one for all or one for each unit (N,).
        activation: f, one of tanh, relu, rectified_tanh, softplus, sigmoid.
        leak: ``"voltage"`` or ``"rate"``: what decays.
        dale: Excitatory fraction in (0, 1), or None to do without Dale's law.
        noise: Standard deviation :math:`\sigma` of the process noise of an isolated unit, whatever dt is.
        density: Probability that a recurrent synapse exists.
        mask: Which recurrent synapses may exist, (N, N); instead of a density.
        self_connections: Whether units may excite or inhibit themselves.
        input_units: Units that receive input: indices or a slice; all when None.
        output_units: Units that are read out: indices or a slice; all when None.
        init: Initial recurrent weights: gaussian, spectral_radius, orthogonal, identity.
        gain: Gain of the initial recurrent weights; one that suits the activation when None.
        train_h0: Whether the initial state is learned, or stays 0.
        seed: Seed of the initial weights and of the density.

    Raises:
        ValueError: If an argument is unknown, or out of its range, or has the wrong shape.

    Source: the voltage form with Dale's law follows Song, Yang & Wang 2016, doi:10.1371/journal.pcbi.1004792.
    """

    def __init__(
        self,
        n_inputs: int,
        n_units: int,
        n_outputs: int,
        *,
        dt: float = 20.0,
        tau: float | Sequence[float] = 100.0,
        activation: str = "relu",
        leak: Literal["voltage", "rate"] = "voltage",
        dale: float | None = None,
        noise: float = 0.0,
        density: float = 1.0,
        mask: np.ndarray | Tensor | None = None,
        self_connections: bool = False,
        input_units: Sequence[int] | slice | None = None,
        output_units: Sequence[int] | slice | None = None,
        init: str = "gaussian",
        gain: float | None = None,
        train_h0: bool = True,
        seed: int = 0,
    ):
        super().__init__()
        for name, size in (("n_inputs", n_inputs), ("n_units", n_units), ("n_outputs", n_outputs)):
            whole_number(name, size, least=1)
        standard_deviation("noise", noise)
        if not 0 < finite_number("density", density) <= 1:
            raise ValueError(f"density is {density!r}; it is a probability in (0, 1].")
        self.n_inputs, self.n_units, self.n_outputs = int(n_inputs), int(n_units), int(n_outputs)
        self.dt, self.noise = float(dt), float(noise)
        self.activation, self._f = activation, activation_function(activation)
        self.leak = check_name("leak", leak, LEAKS)
        gain = self._f.gain if gain is None else finite_number("gain", gain)
        generator = torch.Generator().manual_seed(whole_number("seed", seed))

        try:
            time_constants = torch.as_tensor(tau, dtype=torch.float32)
        except (TypeError, ValueError, RuntimeError) as error:
            raise ValueError(f"tau is {tau!r}; give a number (ms), or one for each unit.") from error
        if time_constants.shape not in ((), (n_units,)):
            raise ValueError(
                f"tau has shape {tuple(time_constants.shape)}; give one number, or one for each of {n_units} units."
            )
        alpha = (dt / time_constants).expand(n_units).clone()
        if not torch.isfinite(alpha).all() or (alpha <= 0).any() or (alpha > 1).any():
            raise ValueError(f"dt is {dt!r} and tau {tau!r} ms; Euler's method needs 0 < dt <= tau for every unit.")
        self.alpha = nn.Buffer(alpha)
        exists = existing_synapses(n_units, mask, density, self_connections, generator)
        signs = None if dale is None else dale_signs(n_units, finite_number("dale", dale))
        self.recurrent_mask = nn.Buffer(exists)
        self.signs = None if signs is None else nn.Buffer(signs)
        self.input_mask = nn.Buffer(self._chosen(input_units, "input_units")[:, None])
        self.output_mask = nn.Buffer(self._chosen(output_units, "output_units"))

        self.recurrent = nn.Parameter(initial_weights(init, gain, exists, signs, generator))
        self.input = nn.Parameter(torch.randn(n_units, n_inputs, generator=generator) / np.sqrt(n_inputs))
        self.bias = nn.Parameter(torch.zeros(n_units))
        self.readout = nn.Parameter(0.5 * torch.randn(n_outputs, n_units, generator=generator) / np.sqrt(n_units))
        self.readout_bias = nn.Parameter(torch.zeros(n_outputs))
        self.h0 = nn.Parameter(torch.zeros(n_units), requires_grad=train_h0)
        # The arguments again, as JSON values; a mask is too large for that and travels with the weights.
        self.config: dict[str, Any] = {
            "n_inputs": self.n_inputs,
            "n_units": self.n_units,
            "n_outputs": self.n_outputs,
            "dt": self.dt,
            "tau": time_constants.tolist(),
            "activation": activation,
            "leak": leak,
            "dale": dale,
            "noise": self.noise,
            "density": density,
            "self_connections": self_connections,
            "input_units": self.input_mask[:, 0].nonzero().flatten().tolist(),
            "output_units": self.output_mask.nonzero().flatten().tolist(),
            "init": init,
            "gain": gain,
            "train_h0": train_h0,
            "seed": seed,
        }

    @property
    def tau(self) -> Tensor:
        """Time constants (ms), (N,)."""
        return self.dt / self.alpha

    @property
    def recurrent_weights(self) -> Tensor:
        """Effective recurrent weights W, (N, N), after Dale's law and mask."""
        weights = self.recurrent if self.signs is None else self.recurrent.abs() * self.signs
        return weights * self.recurrent_mask

    @property
    def input_weights(self) -> Tensor:
        """Effective input weights, (N, n_in): only input units receive any."""
        return self.input * self.input_mask

    @property
    def readout_weights(self) -> Tensor:
        """Effective readout weights, (n_out, N): only output units are read."""
        return self.readout * self.output_mask

    def f(self, x: Tensor) -> Tensor:
        """The transfer function."""
        return self._f.f(x)

    def rates(self, h: Tensor) -> Tensor:
        """Rates that belong to a state, (..., N)."""
        return self.f(h) if self.leak == "voltage" else h

    def outputs(self, h: Tensor) -> Tensor:
        """Readout of a state, (..., N) to (..., n_out)."""
        return self.rates(h) @ self.readout_weights.T + self.readout_bias

    def step(self, h: Tensor, x: Tensor) -> Tensor:
        """One noise-free Euler step: state (..., N) and input (..., n_in) to the next state (..., N).

        Raises:
            ValueError: If h or x has another number of units or channels.
        """
        if h.shape[-1] != self.n_units or x.shape[-1] != self.n_inputs:
            raise ValueError(
                f"h and x have shapes {tuple(h.shape)} and {tuple(x.shape)}; "
                f"expected (..., {self.n_units}) and (..., {self.n_inputs})."
            )
        drive = self.rates(h) @ self.recurrent_weights.T + x @ self.input_weights.T + self.bias
        if self.leak == "rate":
            drive = self.f(drive)
        return (1 - self.alpha) * h + self.alpha * drive

    def initial_state(self, batch_size: int) -> Tensor:
        """The state before the first bin, (B, N)."""
        return self.h0.expand(batch_size, -1)

    def forward(
        self,
        inputs: Tensor,
        h: Tensor | None = None,
        *,
        noise: float | None = None,
        generator: torch.Generator | None = None,
        credit: Credit = "full",
    ) -> Trajectory:
        """Run the network over whole trials.

        Args:
            inputs: (T, B, n_in).
            h: State to start from, (B, N); the initial state when None.
            noise: Standard deviation of the process noise instead of the network's own; 0 draws nothing.
            generator: Source of the process noise; PyTorch's own when None.
            credit: What errors learn of the past in the backward pass: ``"full"``, the exact gradient; ``"diag"``,
                what went through leak and synapse of the unit itself (SnAp-1); ``"none"``, what the leak kept (RFLO).

        Returns:
            Rates, outputs and the last state.

        Raises:
            ValueError: If inputs or h have the wrong shape, or inputs hold NaN or infinity or are no tensor of the
                weights' precision.
        """
        if not isinstance(inputs, Tensor) or inputs.dtype != self.recurrent.dtype:
            given = inputs.dtype if isinstance(inputs, Tensor) else type(inputs).__name__
            raise ValueError(f"inputs are {given}; expected a tensor of {self.recurrent.dtype}, as the weights are.")
        if inputs.ndim != 3 or inputs.shape[2] != self.n_inputs or 0 in inputs.shape:
            raise ValueError(
                f"inputs have shape {tuple(inputs.shape)}; expected (T, B, {self.n_inputs}), none of them 0."
            )
        if not torch.isfinite(inputs).all():
            raise ValueError("inputs hold NaN or infinity.")
        batch_size = inputs.shape[1]
        if h is None:
            h = self.initial_state(batch_size)
        elif h.shape != (batch_size, self.n_units):
            raise ValueError(f"h has shape {tuple(h.shape)}; expected (B, N) = {(batch_size, self.n_units)}.")
        sigma = self.noise if noise is None else standard_deviation("noise", noise)
        # The bias rides along as the weight of an input that is always one.
        into = torch.cat([self.input_weights, self.bias[:, None]], dim=1)
        recurrent, noise_std = self.recurrent_weights, None
        if self.leak == "voltage":
            into, recurrent = self.alpha[:, None] * into, self.alpha[:, None] * recurrent
        if sigma > 0:
            noise_std = sigma * torch.sqrt(2 * self.alpha if self.leak == "voltage" else 2 / self.alpha)
        with_one = torch.cat([inputs, torch.ones_like(inputs[..., :1])], dim=2)
        weights = (into, recurrent, self.readout_weights, self.readout_bias, h)
        dynamics = Dynamics(self._f, self.leak, self.alpha, noise_std, (generator,), credit)
        rates, outputs, last = Scan.apply(with_one[None], *(w[None] for w in weights), dynamics)
        return Trajectory(rates[0], outputs[0], last[0])

    def _chosen(self, units: Sequence[int] | slice | None, name: str) -> Tensor:
        chosen = torch.zeros(self.n_units)
        try:
            chosen[slice(None) if units is None else units if isinstance(units, slice) else list(units)] = 1.0
        except (IndexError, TypeError) as error:
            raise ValueError(f"{name} is {units!r}; allowed: indices below {self.n_units}, or a slice.") from error
        if not chosen.any():
            raise ValueError(f"{name} is {units!r}; it chooses no unit.")
        return chosen
