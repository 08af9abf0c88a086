"""How values and types are written in messages: short, and in plain words."""

from __future__ import annotations

import types
from collections.abc import Callable, Collection, Mapping
from reprlib import Repr
from typing import Any, Literal, Union, get_args, get_origin

import numpy as np

LONGEST = 30
"""Numbers of more digits are not written out."""


class _Short(Repr):
    def repr_int(self, x: int, level: int) -> str:
        digits = int(abs(x).bit_length() * 0.30103) + 1
        return repr(x) if digits <= LONGEST else f"a number of about {digits} digits"

    def repr_instance(self, x: Any, level: int) -> str:
        if isinstance(x, type):
            return f"the class {x.__name__}"
        if isinstance(x, (types.FunctionType, types.BuiltinFunctionType, types.MethodType)):
            return f"the function {x.__name__}"
        if getattr(x, "shape", ()):
            return f"{_a('array' if isinstance(x, np.ndarray) else type(x).__name__)} of shape {tuple(x.shape)}"
        if isinstance(x, (float, complex, bool, bytes, np.generic, type(None), type(...), slice)):
            return repr(x.item()) if isinstance(x, np.generic) else repr(x)
        return _a(type(x).__name__)


_SHORT = _Short()
_SHORT.maxstring = 60


def short_text(value: object) -> str:
    """The value as a message shows it: numbers and short texts as they are, of all else what it is."""
    return _SHORT.repr(value)


def type_in_words(hint: Any) -> str:
    """What a type allows, in words: ``float | None`` is "a finite number or None"."""
    return _listed([_part_in_words(part) for part in parts(hint)])


def parts(hint: Any) -> tuple[Any, ...]:
    """The members of a union, or the type alone; all that NumPy can make an array of is one member, ``np.ndarray``."""
    # A union, which is flattened within others; from NumPy 2.5 on a type with a name, which stays one member.
    arrays = {*get_args(np.typing.ArrayLike)} or {np.typing.ArrayLike}
    members = get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)
    if arrays <= {*members}:
        members = (np.ndarray, *(member for member in members if member not in arrays))
    return members


def members_of(protocol: type) -> list[str]:
    """Names of the attributes that a protocol asks for."""
    own = (vars(base) for base in protocol.__mro__ if getattr(base, "_is_protocol", False))
    return sorted({name for names in own for name in names if not name.startswith("_")})


_WORDS: dict[Any, str] = {
    float: "a finite number",
    int: "a whole number",
    bool: "True or False",
    str: "text",
    np.ndarray: "an array of numbers",
    type(None): "None",
    slice: "a slice",
    Any: "anything",
    object: "anything",
}
_MANY: dict[Any, str] = {
    float: "finite numbers",
    int: "whole numbers",
    str: "names",
    np.ndarray: "arrays of numbers",
}


def _part_in_words(hint: Any) -> str:
    if isinstance(hint, type) and hint in _WORDS:
        return _WORDS[hint]
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        return _listed([repr(value) for value in arguments])
    if origin is tuple and ... not in arguments:
        return f"({', '.join(type_in_words(argument) for argument in arguments)})"
    kind = origin or hint
    if not isinstance(kind, type):
        return str(hint)
    if issubclass(kind, Mapping):
        return f"a mapping from {' to '.join(map(_many_in_words, arguments))}" if arguments else "a mapping"
    if kind is Callable or issubclass(kind, types.FunctionType):
        return "a function"
    if kind.__name__ in ("PathLike", "Path"):
        return "a path"
    if issubclass(kind, Collection) and arguments:
        return f"a list of {_many_in_words(arguments[0])}"
    if getattr(kind, "_is_protocol", False):
        return f"an object with {', '.join(members_of(kind))}"
    module = kind.__module__.partition(".")[0]
    return _a(f"{module}.{kind.__name__}" if kind.__name__ in ("Tensor", "Generator") else kind.__name__)


def _many_in_words(hint: Any) -> str:
    if isinstance(hint, type):
        return _MANY.get(hint) or f"values, each {type_in_words(hint)}"
    return f"values, each {type_in_words(hint)}"


def _listed(words: list[str]) -> str:
    words = list(dict.fromkeys(words))
    return " or ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def _a(name: str) -> str:
    return f"{'an' if name[0] in 'AEIOUaeio' else 'a'} {name}"
