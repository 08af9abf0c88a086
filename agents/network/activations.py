"""Transfer functions from voltage to rate, and how an error goes back through them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from ...envs.names import check_name
from ...envs.numbers import finite_number

aten = torch.ops.aten


def rectified_tanh(x: Tensor) -> Tensor:
    """max(tanh(x), 0): silent below threshold, saturating above."""
    return torch.tanh(x).relu()


@dataclass(frozen=True)
class Activation:
    """A transfer function, and what a fast backward pass needs of it.

    Attributes:
        f: The function.
        write: ``write(x, out)`` writes f(x) into out and returns it; None if there is no such operation.
        back: ``back(error, r)`` multiplies an error in place by f'(x), a function of r = f(x); None if it is none.
        gain: Gain of initial recurrent weights with which activity neither dies out at once nor explodes: about 1
            over the slope where a unit works, and a little more.
    """

    f: Callable[[Tensor], Tensor]
    write: Callable[[Tensor, Tensor], Tensor] | None
    back: Callable[[Tensor, Tensor], Tensor] | None
    gain: float

    def __reduce_ex__(self, protocol: Any) -> Any:
        """Copy and pickle by name: functions without one cannot be pickled."""
        names = [name for name, known in ACTIVATIONS.items() if known is self]
        return (activation, (names[0],)) if names else super().__reduce_ex__(protocol)


def _write_tanh(x: Tensor, out: Tensor) -> Tensor:
    if x.device.type != "cpu":
        return torch.tanh(x, out=out)
    # NumPy's is as exact as PyTorch's, and takes less time.
    np.tanh(x.numpy(), out=out.numpy())
    return out


def _back_rectified_tanh(error: Tensor, r: Tensor) -> Tensor:
    aten.tanh_backward.grad_input(error, r, grad_input=error)
    return aten.threshold_backward.grad_input(error, r, 0, grad_input=error)


ACTIVATIONS: dict[str, Activation] = {
    "tanh": Activation(
        f=torch.tanh,
        write=_write_tanh,
        back=lambda error, r: aten.tanh_backward.grad_input(error, r, grad_input=error),
        gain=1.2,
    ),
    "relu": Activation(
        f=torch.relu,
        write=lambda x, out: torch.clamp(x, min=0, out=out),
        back=lambda error, r: aten.threshold_backward.grad_input(error, r, 0, grad_input=error),
        gain=2.0,
    ),
    "rectified_tanh": Activation(
        f=rectified_tanh,
        write=lambda x, out: _write_tanh(x, out).clamp_(min=0),
        back=_back_rectified_tanh,
        gain=2.0,
    ),
    "softplus": Activation(
        f=functional.softplus,
        write=lambda x, out: aten.softplus.out(x, 1, 20, out=out),
        back=lambda error, r: error.mul_(-torch.expm1(-r)),
        gain=2.0,
    ),
    "sigmoid": Activation(
        f=torch.sigmoid,
        write=lambda x, out: torch.sigmoid(x, out=out),
        back=lambda error, r: aten.sigmoid_backward.grad_input(error, r, grad_input=error),
        gain=4.0,
    ),
}


def register_activation(name: str, f: Callable[[Tensor], Tensor], gain: float = 1.0) -> None:
    """Let ``RateRNN(activation=name)`` use a function of yours.

    Any function will do that autograd can go through; networks run it in a plain loop, slower than those that the core
    knows. A run with it is saved by its name, and is loaded after the function was registered again.

    Args:
        name: Its name.
        f: From voltages of any shape to rates of the same shape.
        gain: Gain of initial recurrent weights.

    Raises:
        ValueError: If the name is taken, the gain no finite number, or f changes the shape.
    """
    if name in ACTIVATIONS:
        raise ValueError(f"there is an activation {name!r} already; choose another name.")
    probe = torch.linspace(-1, 1, 6).view(2, 3)
    if not isinstance(out := f(probe), Tensor) or out.shape != probe.shape:
        raise ValueError(f"the activation {name!r} made {getattr(out, 'shape', out)!r} of voltages {(2, 3)}.")
    ACTIVATIONS[name] = Activation(f, None, None, finite_number("gain", gain))


READOUTS: dict[str, Callable[[Tensor], Tensor]] = {"linear": lambda z: z, "sigmoid": torch.sigmoid}
"""What a readout may end in."""


def activation(name: str) -> Activation:
    """Return the transfer function of that name.

    Raises:
        ValueError: If the name is unknown.
    """
    return ACTIVATIONS[check_name("activation", name, ACTIVATIONS)]


def silenced(function: Activation, units: Sequence[int]) -> Activation:
    """The same transfer function with rate 0 in some units, along the last axis; no error passes through them."""
    if not units:
        return function
    chosen, write, back = list(units), function.write, function.back

    def f(x: Tensor) -> Tensor:
        silent = torch.zeros(x.shape[-1], dtype=torch.bool, device=x.device)
        silent[chosen] = True
        return function.f(x).masked_fill(silent, 0)

    def write_silenced(x: Tensor, out: Tensor) -> Tensor:
        assert write is not None
        write(x, out)[..., chosen] = 0
        return out

    def back_silenced(error: Tensor, r: Tensor) -> Tensor:
        assert back is not None
        back(error, r)[..., chosen] = 0
        return error

    return replace(
        function,
        f=f,
        write=None if write is None else write_silenced,
        back=None if back is None else back_silenced,
    )
