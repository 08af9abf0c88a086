"""A leaky rate network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, final

import numpy as np
import torch
from torch import Tensor, nn

from ...envs.names import check_name
from ...envs.numbers import finite_number, standard_deviation, truth_value, whole_number
from ...envs.typechecked import typechecked
from .activations import READOUTS, Activation, silenced
from .activations import activation as activation_function
from .anatomy import chosen_units, dale_signs, existing_synapses, lesioned_units, unit_time_constants
from .data import check_inputs, check_step
from .generic_scan import scan_trials
from .initialisation import initialisation
from .representation import network_repr
from .scan import Credit, Dynamics
from .stretches import run_in_stretches
from .trajectory import Trajectory

FREEZABLE = ("recurrent", "input", "bias", "readout")


@typechecked
@final
class RateRNN(nn.Module):
    r"""A recurrent network of leaky rate units.

    Leak on the voltage, :math:`r_t = f(x_t)`:

    .. math:: x_t = (1-\alpha) x_{t-1} + \alpha (W r_{t-1} + W_{in} u_t + b) + \sqrt{2\alpha}\,\sigma \xi_t

    Leak on the rate:

    .. math:: r_t = (1-\alpha) r_{t-1} + \alpha f(W r_{t-1} + W_{in} u_t + b + \sqrt{2/\alpha}\,\sigma \xi_t)

    with :math:`\alpha = dt/\tau` for each unit and :math:`\xi` standard normal. The readout is
    :math:`z_t = g(W_{out} r_t + b_{out})`, with g the identity by default.

    Dale's law and masks are part of the parametrisation: the weights in use are ``|V| * sign * mask``, whatever
    the optimiser does to the parameters V, so they hold at every moment of training and after it.

    Args:
        n_inputs, n_units, n_outputs: Number of input channels, of units N, and of outputs.

    Units:
        dt: Bin width (ms).
        tau: Time constant (ms), one for all or one for each unit (N,).
        activation: f, one of tanh, relu, rectified_tanh, softplus, sigmoid.
        leak: ``"voltage"`` or ``"rate"``: what decays.
        noise: Standard deviation :math:`\sigma` of the process noise of an isolated unit, whatever dt is.
        readout_activation: g, ``"linear"`` or ``"sigmoid"``; the latter only for tasks of continuous outputs.

    Anatomy:
        dale: Excitatory fraction in (0, 1), or None for no Dale's law.
        density: Probability that a recurrent synapse exists.
        mask: Which recurrent synapses may exist, (N, N); instead of a density.
        self_connections: Whether units may excite or inhibit themselves.
        input_units, output_units: Units that receive input, and that are read out: indices or a slice; all when None.
        lesioned: Units that are silent: their f is 0 whatever they receive.

    Initial weights:
        init: Initial weights and biases: gaussian, spectral_radius, orthogonal, identity, balanced, soo2023, slow_mode,
            each a function of this name in ``initialisation.py``, whose docstring has the formula.
        gain: Gain of the initial recurrent weights; when None that of ``init``, else one that suits the activation.
        input_gain, readout_gain: Factors on the initial input weights and readout weights.
        seed: Seed of the initial weights and of the density.

    What learns:
        train_readout_bias, train_h0: Whether :math:`b_{out}` and the initial state are learned, or stay 0.
        frozen: Other parameters that stay as they are: recurrent, input, bias, readout.

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
        noise: float = 0.0,
        readout_activation: Literal["linear", "sigmoid"] = "linear",
        dale: float | None = None,
        density: float = 1.0,
        mask: np.ndarray | Tensor | None = None,
        self_connections: bool = False,
        input_units: Sequence[int] | slice | None = None,
        output_units: Sequence[int] | slice | None = None,
        lesioned: Sequence[int] = (),
        init: str = "gaussian",
        gain: float | None = None,
        input_gain: float = 1.0,
        readout_gain: float = 1.0,
        seed: int = 0,
        train_readout_bias: bool = True,
        train_h0: bool = True,
        frozen: Sequence[str] = (),
    ):
        super().__init__()
        counts = {"n_inputs": n_inputs, "n_units": n_units, "n_outputs": n_outputs}
        counts = {name: whole_number(name, count, minimum=1) for name, count in counts.items()}
        n_inputs, n_units, n_outputs = self.n_inputs, self.n_units, self.n_outputs = counts.values()
        self.dt, self.noise = finite_number("dt", dt), standard_deviation("noise", noise)
        self.activation, f = activation, activation_function(activation)
        self.leak, self.readout_activation = leak, readout_activation
        recipe = initialisation(init)
        gain = float((f.gain if recipe.gain is None else recipe.gain) if gain is None else gain)
        input_gain, readout_gain, density = float(input_gain), float(readout_gain), float(density)
        dale, self_connections, seed = None if dale is None else float(dale), bool(self_connections), int(seed)
        generator, taus = torch.Generator().manual_seed(seed), unit_time_constants(n_units, tau, self.dt)
        self.alpha = nn.Buffer((self.dt / taus).to(torch.get_default_dtype()))
        exists = existing_synapses(n_units, mask, density, self_connections, generator)
        signs = None if dale is None else dale_signs(n_units, dale)
        self.recurrent_mask = nn.Buffer(exists)
        self.signs = None if signs is None else nn.Buffer(signs)
        self.input_mask = nn.Buffer(chosen_units(n_units, input_units, "input_units")[:, None])
        self.output_mask = nn.Buffer(chosen_units(n_units, output_units, "output_units"))
        self.lesioned = lesioned_units(n_units, lesioned)

        self.recurrent = nn.Parameter(recipe.recurrent(gain, exists, signs, generator))
        self.input = nn.Parameter(input_gain * recipe.input_weights(n_units, n_inputs, generator))
        self.bias = nn.Parameter(recipe.biases(n_units, generator))
        self.readout = nn.Parameter(readout_gain * recipe.readout_weights(n_outputs, n_units, generator))
        self.readout_bias = nn.Parameter(torch.zeros(n_outputs), truth_value("train_readout_bias", train_readout_bias))
        self.h0 = nn.Parameter(torch.zeros(n_units), truth_value("train_h0", train_h0))
        for name in frozen:
            getattr(self, check_name("frozen parameter", name, FREEZABLE)).requires_grad_(False)
        sizes = counts | {"dt": self.dt, "tau": taus.tolist()}
        units = {"activation": activation, "leak": leak, "dale": dale, "readout_activation": readout_activation}
        chosen = (("input_units", self.input_mask[:, 0]), ("output_units", self.output_mask))
        synapses = {"density": density, "self_connections": self_connections}
        synapses |= {name: mask.nonzero().flatten().tolist() for name, mask in chosen}
        start = {"init": init, "gain": gain, "input_gain": input_gain, "readout_gain": readout_gain, "seed": seed}
        self._arguments: dict[str, Any] = sizes | units | synapses | start

    __repr__ = network_repr

    @property
    def config(self) -> dict[str, Any]:
        """The arguments, as JSON values, with what is frozen now; a mask is too large and goes with the weights."""
        return self._arguments | {
            "noise": self.noise,
            "lesioned": list(self.lesioned),
            "train_readout_bias": self.readout_bias.requires_grad,
            "train_h0": self.h0.requires_grad,
            "frozen": [name for name in FREEZABLE if not getattr(self, name).requires_grad],
        }

    def redrawn(self, seed: int) -> RateRNN:
        """The same network, precision included, with weights of another seed; the mask of a density is redrawn too."""
        mask = self.recurrent_mask if self._arguments["density"] == 1 else None
        return RateRNN(**dict(self.config, seed=seed, mask=mask)).to(self.recurrent)

    @property
    def tau(self) -> Tensor:
        """Time constants (ms), (N,)."""
        return self.alpha.new_tensor(self._arguments["tau"])

    @property
    def _f(self) -> Activation:
        return silenced(activation_function(self.activation), self.lesioned)

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

    def fire(self, x: Tensor, out: Tensor) -> Tensor:
        """Write the transfer function of x into out, which is returned: faster than :meth:`f`, and without gradient."""
        return out.copy_(self.f(x)) if self._f.write is None else self._f.write(x, out)

    def slope(self, r: Tensor) -> Tensor:
        """Slope f'(x) of the transfer function where its value is r = f(x).

        Raises:
            ValueError: If the value does not determine the slope.
        """
        if self._f.back is None:
            raise ValueError(f"the slope of {self.activation!r} is not known; use a rule that goes by autograd: BPTT.")
        return self._f.back(torch.ones_like(r), r)

    def g(self, z: Tensor) -> Tensor:
        """What the readout makes of the weighted rates."""
        return READOUTS[self.readout_activation](z)

    def rates(self, h: Tensor) -> Tensor:
        """Rates that belong to a state, (..., N)."""
        return self.f(h) if self.leak == "voltage" else h

    def outputs(self, h: Tensor) -> Tensor:
        """Readout of a state, (..., N) to (..., n_out)."""
        return self.g(self.rates(h) @ self.readout_weights.mT + _for_batch(self.readout_bias))

    def step(self, h: Tensor, x: Tensor) -> Tensor:
        """One noise-free Euler step: state (..., N) and input (..., n_in) to the next state (..., N).

        Raises:
            ValueError: If h or x has another number of units or channels.
        """
        check_step(h, x, self.n_units, self.n_inputs)
        drive = self.rates(h) @ self.recurrent_weights.mT + x @ self.input_weights.mT + _for_batch(self.bias)
        return (1 - self.alpha) * h + self.alpha * (self.f(drive) if self.leak == "rate" else drive)

    def initial_state(self, batch_size: int) -> Tensor:
        """The state before the first bin, (B, N)."""
        return self.h0[..., None, :].expand(*self.h0.shape[:-1], batch_size, -1)

    @typechecked
    def forward(
        self,
        inputs: Tensor,
        h: Tensor | None = None,
        *,
        noise: float | None = None,
        generator: torch.Generator | None = None,
        credit: Credit = "full",
        feedback: Tensor | None = None,
        cuts: Sequence[int] = (),
        at_cut: Callable[[int, Tensor], Tensor] | None = None,
        keep_activations: bool = False,
    ) -> Trajectory:
        """Run the network over whole trials: its rates, outputs and last state, and f(h) where that is kept.

        Args:
            inputs: (T, B, n_in).
            h: State to start from, (B, N); the initial state when None.
            noise: Standard deviation of the process noise instead of the network's own; 0 draws nothing.
            generator: Source of the process noise; PyTorch's own when None.
            credit: What errors learn of the past in the backward pass: ``"full"``, the exact gradient; ``"diag"``,
                what went through leak and synapse of the unit itself (SnAp-1); ``"none"``, what the leak kept (RFLO).
            feedback: Weights by which errors go back from outputs to units, (n_out, N); the readout's when None.
            cuts: Numbers of bins, from 1 to T in rising order, after which the state passes through ``at_cut``.
            at_cut: Called with the number of bins so far and the state (B, N); it returns the state to continue from,
                which then shows in the rates and outputs of the last of these bins.
            keep_activations: Whether f(h) is kept, from which the slope in every bin follows; not with ``at_cut``.

        Raises:
            ValueError: If inputs or h have the wrong shape, or inputs hold NaN or infinity or are no tensor of the
                weights' precision; if f(h) is to be kept where states are cut.
        """
        check_inputs(inputs, self.n_inputs, self.recurrent)
        initial = self.initial_state(inputs.shape[1])
        h = initial if h is None else h
        if h.shape != initial.shape:
            raise ValueError(f"h has shape {tuple(h.shape)}; expected (B, N) = {tuple(initial.shape)}.")
        if keep_activations and at_cut is not None:
            raise ValueError("keep_activations=True with at_cut: a changed state does not follow from f(h).")
        sigma = self.noise if noise is None else standard_deviation("noise", noise)
        # The bias rides along as the weight of an input that is always one.
        into = torch.cat([self.input_weights, self.bias[..., None]], dim=-1)
        recurrent, noise_std = self.recurrent_weights, None
        if self.leak == "voltage":
            into, recurrent = self.alpha[:, None] * into, self.alpha[:, None] * recurrent
        if sigma > 0:
            noise_std = sigma * torch.sqrt(2 * self.alpha if self.leak == "voltage" else 2 / self.alpha)
        with_one = torch.cat([inputs, torch.ones_like(inputs[..., :1])], dim=2)
        dynamics = Dynamics(self._f, self.leak, self.alpha, noise_std, (generator,), credit, feedback, keep_activations)
        weights = (into, recurrent, self.readout_weights, self.readout_bias)

        def scan(inputs: Tensor, h: Tensor) -> Trajectory:
            rates, outputs, last, activations = scan_trials(inputs, h, weights, dynamics)
            return Trajectory([rates], self.g(outputs), last, activations)

        if at_cut is None:
            return scan(with_one, h)
        return run_in_stretches(scan, lambda h: (self.rates(h), self.outputs(h)), with_one, h, cuts, at_cut)


def _for_batch(bias: Tensor) -> Tensor:
    """A bias (n,) as it is; those of an ensemble, (S, n), with an axis for the batch."""
    return bias if bias.ndim == 1 else bias[:, None]
