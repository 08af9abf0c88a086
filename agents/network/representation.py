"""How networks and rules are shown in a line: as the call that makes them, defaults left out."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from reprlib import Repr
from typing import Any

SHOWN_ALWAYS = ("dt", "tau", "activation", "leak")
"""Arguments of a network that are shown even where they are the defaults."""
NOT_SHOWN = ("gain", "input_units", "output_units")
"""Arguments of a network that are too long, or follow from others unless they were given."""


def network_repr(self: Any) -> str:
    """A network as ``RateRNN(6, 100, 3, dt=20.0, tau=100.0, activation='relu', leak='voltage')``."""
    arguments, defaults = dict(self.config), _defaults(type(self))
    taus = arguments.pop("tau")
    arguments["tau"] = taus[0] if len(set(taus)) == 1 else taus
    sizes = ", ".join(str(arguments.pop(name)) for name in ("n_inputs", "n_units", "n_outputs"))
    chosen = {name: arguments.pop(name) for name in SHOWN_ALWAYS}
    chosen |= {
        name: value for name, value in arguments.items() if name not in NOT_SHOWN and not _same(value, defaults[name])
    }
    return f"{type(self).__name__}({sizes}, {call_arguments(chosen)})"


def rule_repr(self: Any) -> str:
    """A rule with the arguments that are not those of its defaults, as ``RFLO(lr=0.01, feedback='symmetric')``.

    A rule of one's own that cannot be made without arguments is shown with all of them.
    """
    usual = _defaults(type(self))
    defaults = {} if inspect.Parameter.empty in usual.values() else type(self)().config
    changed = {
        name: value for name, value in self.config.items() if name not in defaults or not _same(value, defaults[name])
    }
    return f"{type(self).__name__}({call_arguments(changed)})"


def call_arguments(arguments: Mapping[str, Any]) -> str:
    """Arguments as they are written in a call; long ones are shortened."""
    return ", ".join(f"{name}={_SHORT.repr(value)}" for name, value in arguments.items())


def _defaults(cls: type) -> dict[str, Any]:
    return {name: parameter.default for name, parameter in inspect.signature(cls).parameters.items()}


def _same(value: Any, default: Any) -> bool:
    return bool(value == (list(default) if isinstance(default, tuple) and isinstance(value, list) else default))


_SHORT = Repr()
_SHORT.maxstring = _SHORT.maxother = 40
_SHORT.maxlist = _SHORT.maxtuple = 3
