"""Whole trials of leaky rate networks as one differentiable operation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from .activations import Activation

BLOCK = 20
"""Bins that are worked on together: their drive, noise and errors stay in the cache."""

Credit = Literal["full", "diag", "none"]


@dataclass(frozen=True)
class Dynamics:
    """What a scan needs besides tensors that have a gradient.

    Attributes:
        f: The transfer function.
        leak: ``"voltage"`` or ``"rate"``: what decays.
        alpha: dt / tau of each unit, (N,).
        noise: Standard deviation of the noise of each unit in a bin, (N,); None for none.
        generators: Sources of the noise, one for each network; of a single one all networks get the same noise.
        credit: What an error learns of its past: ``"full"``, all; ``"diag"``, what went through leak and synapse of
            the unit itself; ``"none"``, what the leak kept.
        feedback: Weights by which errors at the outputs reach the units, (S, n_out, N); those of the readout when None.
        keep_activations: Whether a scan with a rate leak returns f(h).
    """

    f: Activation
    leak: str
    alpha: Tensor
    noise: Tensor | None = None
    generators: Sequence[torch.Generator | None] = (None,)
    credit: Credit = "full"
    feedback: Tensor | None = None
    keep_activations: bool = False

    @property
    def in_place(self) -> tuple[Callable[[Tensor, Tensor], Tensor], Callable[[Tensor, Tensor], Tensor]]:
        """How the function is written into an array, and how errors go back through it; only of those known so."""
        assert self.f.write is not None
        assert self.f.back is not None
        return self.f.write, self.f.back


class Scan(torch.autograd.Function):
    r"""S networks, B trials, T bins: rates, outputs and the last state, and the exact gradient of all of them.

    Voltage leak: :math:`x_t = (1-\alpha) x_{t-1} + W r_{t-1} + A u_t + \xi_t`, :math:`r_t = f(x_t)`, where W and A
    hold the factor :math:`\alpha` already. Rate leak: :math:`h_t = W r_{t-1} + A u_t + \xi_t`,
    :math:`r_t = (1-\alpha) r_{t-1} + \alpha f(h_t)`. Readout: :math:`z_t = C r_t + c`.

    ``apply(u, A, W, C, c, state, dynamics)`` takes u (S, T, B, k), A (S, N, k), W (S, N, N), C (S, n_out, N),
    c (S, n_out) and the state before the first bin (S, B, N). It returns rates (S, T, B, N), outputs
    (S, T, B, n_out), the last state (S, B, N), and where it is asked for f(h) (S, T, B, N), which has no gradient, else
    None. Of its own it keeps the rates, and with a rate leak f(h), for the backward pass, which can be run once and not
    be differentiated again.
    """

    @staticmethod
    def forward(
        ctx: Any,
        inputs: Tensor,
        into: Tensor,
        recurrent: Tensor,
        readout: Tensor,
        bias: Tensor,
        state: Tensor,
        dynamics: Dynamics,
    ) -> tuple[Tensor, Tensor, Tensor, Tensor | None]:
        n_networks, n_bins, batch_size, _ = inputs.shape
        write, alpha, voltage = dynamics.in_place[0], dynamics.alpha, dynamics.leak == "voltage"
        rates = state.new_empty(n_networks, n_bins, batch_size, state.shape[2])
        outputs = state.new_empty(n_networks, n_bins, batch_size, readout.shape[1])
        learns = any(ctx.needs_input_grad)
        keeps = dynamics.keep_activations and not voltage
        fired = torch.empty_like(rates) if keeps or (learns and not voltage) else None
        drives = state.new_empty(n_networks, min(BLOCK, n_bins), batch_size, state.shape[2])
        keep = 1 - alpha
        x, r = state, write(state, torch.empty_like(state)) if voltage else state
        before, synapses = r, recurrent.mT
        for block in _blocks(n_bins):
            drive = drives[:, : block.stop - block.start]
            _fill(drive, inputs[:, block], into, dynamics)
            # Products of many networks are fast only where they are written into one piece of memory.
            by_bin = drive.transpose(0, 1).contiguous()
            firing = by_bin.unbind(0) if fired is None else fired[:, block].unbind(1)
            for h, s, out in zip(by_bin.unbind(0), firing, rates[:, block].unbind(1), strict=True):
                if voltage:
                    x = h.addcmul_(x, keep).baddbmm_(r, synapses)
                    r = write(x, out)
                else:
                    r = torch.lerp(r, write(h.baddbmm_(r, synapses), s), alpha, out=out)
            x = x.clone()  # the next block fills the buffer in which it may lie
            outputs[:, block].flatten(1, 2).copy_(
                torch.baddbmm(bias[:, None], rates[:, block].flatten(1, 2), readout.mT)
            )
        if learns:
            ctx.dynamics = dynamics
            ctx.save_for_backward(inputs, into, recurrent, readout, before, rates, fired)
        ctx.set_materialize_grads(False)
        if keeps:
            ctx.mark_non_differentiable(fired)
        return rates, outputs, x if voltage else r.clone(), fired if keeps else None

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grad_outputs: Tensor | None) -> tuple[Any, ...]:  # pyright: ignore[reportIncompatibleMethodOverride]
        d_rates, d_outputs, d_last, _ = grad_outputs
        inputs, into, recurrent, readout, before, rates, fired = ctx.saved_tensors
        dynamics: Dynamics = ctx.dynamics
        voltage, n_bins = dynamics.leak == "voltage", rates.shape[1]
        d_inputs = torch.empty_like(inputs) if ctx.needs_input_grad[0] else None
        feedback = readout if dynamics.feedback is None else dynamics.feedback
        d_into, d_recurrent, d_readout = (torch.zeros_like(w) for w in (into, recurrent, readout))
        errors_of_block = torch.empty_like(rates[:, :BLOCK])
        # With a voltage leak: the error of the voltage of the bin after. With a rate leak: what came back to the rate.
        later = torch.zeros_like(before) if d_last is None else d_last.clone()
        for block in reversed(_blocks(n_bins)):
            errors, seen = errors_of_block[:, : block.stop - block.start], rates[:, block]
            if d_outputs is None:
                errors.zero_()
            else:
                told = d_outputs[:, block].flatten(1, 2)
                torch.bmm(told, feedback, out=errors.flatten(1, 2))
                d_readout.baddbmm_(told.mT, seen.flatten(1, 2))
            if d_rates is not None:
                errors += d_rates[:, block]
            values = seen if voltage else fired[:, block]
            carry = _carry_by_leak if dynamics.credit == "none" else _carry
            later = carry(errors, values, later, block.stop == n_bins, recurrent, dynamics)
            if block.start == 0:
                d_recurrent.baddbmm_(errors[:, 0].mT, before)
                seen, late = rates[:, : block.stop - 1], errors[:, 1:]
            else:
                seen, late = rates[:, block.start - 1 : block.stop - 1], errors
            d_recurrent.baddbmm_(late.flatten(1, 2).mT, seen.flatten(1, 2))
            flat = errors.flatten(1, 2)
            d_into.baddbmm_(flat.mT, inputs[:, block].flatten(1, 2))
            if d_inputs is not None:
                d_inputs[:, block] = torch.bmm(flat, into).view_as(inputs[:, block])
            later = later.clone()  # the next block fills the buffer in which it may lie
        if voltage:
            error = _sent(torch.zeros_like(before), later, recurrent, dynamics.credit, torch.empty_like(before))
            later = dynamics.in_place[1](error, before).addcmul_(later, 1 - dynamics.alpha)
        d_bias = None if d_outputs is None else d_outputs.sum((1, 2))
        return d_inputs, d_into, d_recurrent, d_readout, d_bias, later, None


def _blocks(n_bins: int) -> list[slice]:
    return [slice(start, min(start + BLOCK, n_bins)) for start in range(0, n_bins, BLOCK)]


def _fill(drive: Tensor, inputs: Tensor, into: Tensor, dynamics: Dynamics) -> None:
    """Write what does not depend on the state into the drive (S, bins, B, N): noise, and the input's currents."""
    flat = drive.flatten(1, 2)
    if dynamics.noise is None:
        torch.bmm(inputs.flatten(1, 2), into.mT, out=flat)
        return
    for network, generator in zip(drive, dynamics.generators, strict=False):
        network.normal_(generator=generator)
    drive[len(dynamics.generators) :] = drive[:1]
    flat.mul_(dynamics.noise).baddbmm_(inputs.flatten(1, 2), into.mT)


def _carry(errors: Tensor, values: Tensor, later: Tensor, last: bool, recurrent: Tensor, dynamics: Dynamics) -> Tensor:
    """Bring errors of the rates (S, bins, B, N) to what the synapses wrote, each with its part for the bin before.

    Args:
        errors: Changed in place.
        values: Rates, or with a rate leak f(h).
        later: The error that the bin after them passes to the last of them.
        last: Whether no bin is after them.
        recurrent: W, (S, N, N).
        dynamics: How the network goes from bin to bin.

    Returns:
        The error that the first of them passes to the bin before; it may lie in the first two arrays.
    """
    back, alpha, keep = dynamics.in_place[1], dynamics.alpha, 1 - dynamics.alpha
    spare = torch.empty_like(later) if len(later) > 1 else None  # in one piece, as products of many networks like it
    for error, value in reversed(list(zip(errors.unbind(1), values.unbind(1), strict=True))):
        if dynamics.leak == "rate":
            torch.mul(error.add_(later), keep, out=later)
            back(error.mul_(alpha), value)
            _sent(later, error, recurrent, dynamics.credit, later)
        elif last:
            later, last = back(error, value).add_(later), False
        else:
            at_rates = _sent(error, later, recurrent, dynamics.credit, error if spare is None else spare)
            later = torch.addcmul(back(at_rates, value), later, keep, out=error)
    return later


def _carry_by_leak(
    errors: Tensor, values: Tensor, later: Tensor, last: bool, recurrent: Tensor, dynamics: Dynamics
) -> Tensor:
    """As :func:`_carry`, where only the leak carries errors back: slopes are multiplied for all bins at once."""
    back, alpha, keep = dynamics.in_place[1], dynamics.alpha, 1 - dynamics.alpha
    voltage = dynamics.leak == "voltage"
    if voltage:
        back(errors, values)
    *earlier, error = errors.unbind(1)
    after = error.add_(later) if last or not voltage else error.addcmul_(later, keep)
    for error in reversed(earlier):
        after = error.addcmul_(after, keep)
    if voltage:
        return after
    told = after * keep
    back(errors.mul_(alpha), values)
    return told


def _sent(past: Tensor, error: Tensor, recurrent: Tensor, credit: Credit, out: Tensor) -> Tensor:
    """Errors of the rates of a bin, with what an error (S, B, N) of the bin after adds, written into out."""
    if credit == "full":
        return torch.baddbmm(past, error, recurrent, out=out)
    if credit == "diag":
        return torch.addcmul(past, error, recurrent.diagonal(dim1=1, dim2=2)[:, None], out=out)
    return out.copy_(past)
