"""Transfer functions from voltage to rate, and how an error goes back through them."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from ..envs.names import check_name

aten = torch.ops.aten


def rectified_tanh(x: Tensor) -> Tensor:
    """max(tanh(x), 0): silent below threshold, saturating above."""
    return torch.tanh(x).relu()


@dataclass(frozen=True)
class Activation:
    """A transfer function, and what a fast backward pass needs of it.

    Attributes:
        f: The function.
        write: ``write(x, out)`` writes f(x) into out and returns it.
        back: ``back(error, r)`` multiplies an error in place by f'(x), told by r = f(x).
        gain: Gain of initial recurrent weights with which activity neither dies out at once nor explodes: about 1
            over the slope where a unit works, and a little more.
    """

    f: Callable[[Tensor], Tensor]
    write: Callable[[Tensor, Tensor], Tensor]
    back: Callable[[Tensor, Tensor], Tensor]
    gain: float


def _back_rectified_tanh(error: Tensor, r: Tensor) -> Tensor:
    aten.tanh_backward.grad_input(error, r, grad_input=error)
    return aten.threshold_backward.grad_input(error, r, 0, grad_input=error)


ACTIVATIONS: dict[str, Activation] = {
    "tanh": Activation(
        f=torch.tanh,
        write=lambda x, out: torch.tanh(x, out=out),
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
        write=lambda x, out: torch.tanh(x, out=out).clamp_(min=0),
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

READOUTS: dict[str, Callable[[Tensor], Tensor]] = {"linear": lambda z: z, "sigmoid": torch.sigmoid}
"""What a readout may end in."""


def activation(name: str) -> Activation:
    """Return the transfer function of that name.

    Raises:
        ValueError: If the name is unknown.
    """
    return ACTIVATIONS[check_name("activation", name, ACTIVATIONS)]
