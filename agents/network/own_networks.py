"""Networks of one's own: the table of their classes, and how a run describes and reconstructs one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from ...envs.errors import ArgumentError
from ...envs.names import unknown_name
from ...envs.wording import short_text
from .protocol import Network
from .rate_rnn import RateRNN
from .representation import call_arguments

NETWORKS: dict[str, type[Network]] = {"RateRNN": RateRNN}
"""The classes by name; a description without a name is of a RateRNN."""
NetworkClass = TypeVar("NetworkClass", bound=type[Network])


class UnknownNetworkError(ArgumentError):
    """No network of that name is registered in this process."""


def register_network(cls: NetworkClass) -> NetworkClass:
    """Enter a network of your own into the table, so that ``load_run`` finds it; used as a decorator.

    Args:
        cls: The class; its name is the network's, and the arguments in ``config`` make the network.

    Raises:
        ArgumentError: If it is no class, lacks a method, or another network has its name.
    """
    if not isinstance(cls, type):
        raise ArgumentError(f"cls is {short_text(cls)}; it must be a class, as in @register_network above it.")
    missing = [name for name in ("forward", "initial_state") if not hasattr(cls, name)]
    if missing:
        raise ArgumentError(f"cls is {short_text(cls)}, and a network needs {', '.join(missing)} as well.")
    name = cls.__name__
    if name in NETWORKS and not _same(NETWORKS[name], cls):
        earlier = NETWORKS[name]
        raise ArgumentError(f"cls: there is a network {name!r} already, {earlier.__module__}.{earlier.__qualname__}.")
    NETWORKS[name] = cls
    return cls


def own_modules(network: Network) -> list[str]:
    """The module that registers a network, if it is one's own."""
    return [] if isinstance(network, RateRNN) else [type(network).__module__]


def network_config(network: Network) -> dict[str, Any]:
    """The network as JSON values, from which :func:`network_from_config` reconstructs it, before it learned.

    Raises:
        ArgumentError: If an argument has the name ``name``.
    """
    if isinstance(network, RateRNN):
        return network.config
    if "name" in network.config:
        raise ArgumentError(f"config of the network {type(network).__name__} holds a 'name', which its class has.")
    return {"name": type(network).__name__, **network.config}


def network_from_config(config: Mapping[str, Any]) -> Network:
    """Make the network that :func:`network_config` described; no module is imported for it.

    Raises:
        UnknownNetworkError: If no network of its name is registered.
    """
    name = config.get("name", "RateRNN")
    if not isinstance(name, str) or name not in NETWORKS:
        raise UnknownNetworkError(
            f"{unknown_name('network', name, NETWORKS)} If it is a network of your own, import the module that "
            "registers it first."
        )
    return NETWORKS[name](**{argument: value for argument, value in config.items() if argument != "name"})


def check_saveable(network: Network) -> None:
    """Refuse a network whose run could be written but never be read.

    Raises:
        ArgumentError: If its class is not registered, or its configuration does not make a network of its shape.
    """
    if isinstance(network, RateRNN):
        return
    cls, name = type(network), type(network).__name__
    if not _same(NETWORKS.get(name), cls):
        raise ArgumentError(f"the network {name} cannot be loaded from a file: put @register_network above its class.")
    try:
        made = network_from_config(json.loads(json.dumps(network_config(network))))
    except Exception as error:  # whatever a class of one's own may raise
        raise ArgumentError(f"the network {name} cannot be loaded: its config does not make it ({error}).") from error
    shapes, again = ({key: (*x.shape,) for key, x in each.state_dict().items()} for each in (network, made))
    if shapes != again:
        differ = sorted(key for key in {**shapes, **again} if shapes.get(key) != again.get(key))
        raise ArgumentError(f"the network {name} cannot be loaded: its config makes one with other {differ}.")


def in_a_line(network: Network) -> str:
    """A network as the call that makes it."""
    return (
        repr(network) if isinstance(network, RateRNN) else f"{type(network).__name__}({call_arguments(network.config)})"
    )


def _same(one: type | None, other: type) -> bool:
    """Whether classes are the same, or one is the other after its cell or file was run again."""
    return one is not None and (one.__module__, one.__qualname__) == (other.__module__, other.__qualname__)
