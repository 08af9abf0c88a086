"""What a network is to training, evaluation and actors: the members they use, and no others."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import Any, Protocol, TypeVar, runtime_checkable

import torch
from torch import Tensor, nn

from ...envs.errors import ArgumentError
from ...envs.wording import short_text
from .trajectory import Trajectory


@runtime_checkable
class Network(Protocol):
    """A network of any kind: a ``torch.nn.Module`` with six members of its own, of which RateRNN is one.

    Its forward pass depends on inputs, state, noise and weights alone, and its state is all that it remembers.
    """

    @property
    def n_inputs(self) -> int:
        """Number of input channels."""
        ...

    @property
    def n_outputs(self) -> int:
        """Number of outputs."""
        ...

    @property
    def dt(self) -> float:
        """Bin width (ms)."""
        ...

    @property
    def config(self) -> Mapping[str, Any]:
        """The arguments of its class that make this network, before it learned, as JSON values."""
        ...

    def initial_state(self, batch_size: int) -> Tensor:
        """The state before the first bin, (B, k); a network with several kinds of state joins them along k."""
        ...

    def forward(
        self,
        inputs: Tensor,
        h: Tensor | None = None,
        *,
        noise: float | None = None,
        generator: torch.Generator | None = None,
    ) -> Trajectory:
        """Run the network over whole trials.

        Args:
            inputs: (T, B, n_in), in the precision of the weights.
            h: State to start from, (B, k); the initial state when None.
            noise: Standard deviation of the process noise instead of the network's own; 0 draws nothing.
            generator: Source of the process noise; a network without noise needs neither of the two.

        Returns:
            Rates, outputs and the state after the last bin, as ``Trajectory([rates], outputs, state)``.
        """
        ...

    # The rest is any torch.nn.Module's.
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """As :meth:`forward`."""
        ...

    def parameters(self) -> Iterator[nn.Parameter]:
        """All parameters."""
        ...

    def named_parameters(self) -> Iterator[tuple[str, nn.Parameter]]:
        """All parameters with their names."""
        ...

    def state_dict(self) -> dict[str, Any]:
        """Parameters and buffers by name."""
        ...

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> Any:
        """Take over parameters and buffers."""
        ...

    def to(self, *args: Any, **kwargs: Any) -> Any:
        """Change device or precision."""
        ...


SomeNetwork = TypeVar("SomeNetwork", bound=Network)


def first_parameter(network: Network) -> Tensor:
    """The first parameter of a network, on whose device and in whose precision it computes."""
    return next(iter(network.parameters()))


@torch.no_grad()
def check_forward(network: Network) -> None:
    """Refuse a network that does not go from inputs and a state to a trajectory, by three bins of two trials.

    Raises:
        ArgumentError: If forward takes other arguments, or returns anything else or of another shape.
    """
    name, inputs = type(network).__name__, first_parameter(network).new_zeros(3, 2, network.n_inputs)
    try:
        inspect.signature(network.forward).bind(inputs, None, noise=None, generator=None)
    except TypeError as error:
        raise ArgumentError(
            f"forward of the network {name} must take inputs and h, and noise and generator by name: {error}."
        ) from error
    state = network.initial_state(2)
    if state.ndim != 2 or len(state) != 2:
        raise ArgumentError(
            f"initial_state of the network {name} returned {short_text(state)} for B=2; it must return (B, k)."
        )
    found = network(inputs, state, noise=0.0, generator=None)
    if not isinstance(found, Trajectory):
        raise ArgumentError(
            f"forward of the network {name} returned {short_text(found)}; it must return a Trajectory, as "
            "Trajectory([rates], outputs, state)."
        )
    shapes = {"outputs": tuple(found.outputs.shape), "state": tuple(found.state.shape)}
    expected = {"outputs": (3, 2, network.n_outputs), "state": tuple(state.shape)}
    if shapes != expected or found.rates.shape[:2] != (3, 2):
        shapes |= {"rates": tuple(found.rates.shape)}
        raise ArgumentError(
            f"forward of the network {name} returned {shapes} for T=3 and B=2; expected outputs "
            f"(T, B, {network.n_outputs}), rates (T, B, N), state (B, {state.shape[1]})."
        )
