"""The loops, compiled by numba for arrays of a precision; nothing imports this module before it is needed."""

from __future__ import annotations

import types as python
from functools import cache
from pathlib import Path
from typing import Any
from zlib import crc32

import numba
from numba import types
from numba.extending import register_jitable

from . import bins, products, trials, units, weights
from .arrays import N_STATE, Course, Loop, LoopBin, Parts, Settings

OPTIONS: dict[str, Any] = {
    # Sums may be reordered, as vector instructions do; NaN and infinity stay what they are.
    "fastmath": {"reassoc", "contract", "arcp", "nsz"},
    "error_model": "numpy",
    "nogil": True,
}
VERSION = crc32(b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py"))))
"""Of all loops: numba's cache looks at the file of a function alone, not at those that it calls."""

MAKES_ARRAYS = {bins.begin, bins.first_bin, products.follow_delta_rule, weights.working_copies}
ONCE_A_BIN = {bins.run, bins.assess, weights.readout_gradient, weights.to_parameters, weights.descend}
PART: dict[str, Any] = OPTIONS | {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
for module in (bins, products, trials, units, weights):
    for function in list(vars(module).values()):
        if isinstance(function, python.FunctionType) and function.__module__ == module.__name__:
            # References to arrays are counted, with an atomic operation each, where arrays are made alone; to pass all
            # arrays of a network on takes as long as to work with them, so what is called once is put in place.
            makes, once = function in MAKES_ARRAYS, function in ONCE_A_BIN | {weights.adapt_readout}
            register_jitable(**PART, _nrt=makes, forceinline=once)(function)


class Pointer:
    """A compiled loop as numba takes it for an argument, whose type and address are not looked up in each call."""

    def __init__(self, loop: Loop, signature: Any):
        self._compiled = _compiled(numba.cfunc, signature, loop)
        self._numba_type_ = types.FunctionType(signature)

    def __wrapper_address__(self) -> int:
        """Where the compiled loop is."""
        return self._compiled.address


@cache
def compiled_loop(loop: Loop, dtype: str) -> Pointer:
    """A rule's loop for arrays of a precision, to be handed to what :func:`compiled_bins` returns."""
    return Pointer(loop, _loop_type(getattr(types, dtype)))


@cache
def compiled_bins(dtype: str) -> Any:
    """:func:`.bins.learn_in_bins` for arrays of a precision, ``"float32"`` or ``"float64"``."""
    pair = types.UniTuple(types.float64, 2)
    return _compiled(numba.njit, pair(*_rule_types(dtype), *_network_types(dtype)), bins.learn_in_bins)


@cache
def compiled_sum(dtype: str) -> Any:
    """:func:`.trials.add_up_in_bins` for arrays of a precision."""
    arrays = _rule_types(dtype), _network_types(dtype), _written_types(dtype)
    return _compiled(numba.njit, types.void(*(each for group in arrays for each in group)), trials.add_up_in_bins)


@cache
def compiled_sum_backwards(dtype: str) -> Any:
    """:func:`.trials.add_up_backwards` for arrays of a precision."""
    arguments = types.boolean, types.float64, *_network_types(dtype), *_written_types(dtype)
    return _compiled(numba.njit, types.void(*arguments), trials.add_up_backwards)


def _rule_types(dtype: str) -> tuple[Any, ...]:
    """A rule's loop, its state and its constants."""
    x = getattr(types, dtype)
    return types.FunctionType(_loop_type(x)), types.UniTuple(x[:, :, ::1], N_STATE), x[::1]


def _network_types(dtype: str) -> tuple[Any, ...]:
    """The network, the course of the trials, and the settings."""
    x = getattr(types, dtype)
    cube, matrix, vector = x[:, :, ::1], x[:, ::1], x[::1]
    arrays = (matrix, matrix, vector, matrix, vector, matrix, matrix, matrix, vector, vector, matrix, vector, vector)
    flags = (types.int64, *(types.boolean,) * 3, types.int64, *(types.boolean,) * 6, *(types.float64,) * 3)
    course = types.NamedTuple((cube, cube, matrix, cube, cube), Course)
    return types.NamedTuple(arrays, Parts), course, types.NamedTuple(flags, Settings)


def _written_types(dtype: str) -> tuple[Any, ...]:
    """Rates, outputs and the sum."""
    x = getattr(types, dtype)
    return x[:, :, ::1], x[:, :, ::1], x[:, ::1]


def _bin_type(x: Any) -> Any:
    return types.NamedTuple((x[:, ::1],) * 10 + (x[::1], x[::1], x[:, ::1]), LoopBin)


def _loop_type(x: Any) -> Any:
    state = types.UniTuple(x[:, :, ::1], N_STATE)
    return types.void(state, _bin_type(x), x[:, ::1], x[::1], x[:, ::1])


def _compiled(compile_: Any, signature: Any, function: Any) -> Any:
    """The function compiled, from numba's cache if it is there; in memory alone where no folder can be written."""
    try:
        return compile_(signature, cache=True, **OPTIONS)(_named(function))
    except (RuntimeError, OSError):
        return compile_(signature, **OPTIONS)(_named(function))


def _named(function: Any) -> Any:
    """The function under a name that holds the version of all loops, so that a cache of other ones is not taken."""
    named = python.FunctionType(
        function.__code__, function.__globals__, function.__name__, function.__defaults__, function.__closure__
    )
    named.__qualname__ = f"{function.__qualname__}-{VERSION:08x}"
    return named
