"""Arguments of public functions: held to their annotations, or refused with a word on what they should be."""

from __future__ import annotations

import dataclasses
import functools
import inspect
from abc import ABCMeta
from collections.abc import Callable, Collection, Mapping, Set
from math import isfinite
from numbers import Integral, Real
from types import SimpleNamespace
from typing import Annotated, Any, Literal, TypeVar, cast, get_args, get_origin, get_type_hints

import numpy as np

from .errors import ArgumentError
from .names import unknown_name
from .wording import members_of, parts, short_text, type_in_words

F = TypeVar("F", bound=Callable[..., Any])
LARGEST = 2**63


def typechecked(function: F) -> F:
    """Let a function, or the constructor of a class, refuse arguments that are not of their annotated types.

    Numbers of NumPy are numbers, truth values are not; ``float`` is a finite number, ``np.ndarray`` anything of
    numbers that NumPy can make an array of, ``Sequence`` any list of values, all of which are checked. A seed is not
    negative.

    Raises:
        ArgumentError: At a call with an argument of another type, a missing or an unknown one.
    """
    if inspect.isclass(function):
        annotated = function if dataclasses.is_dataclass(function) else function.__init__
        function.__init__ = _checking(function.__init__, annotated)  # pyright: ignore[reportAttributeAccessIssue]
        return cast(F, function)
    return _checking(function, function)


def _checking(function: Any, annotated: Any) -> Any:
    signature = inspect.signature(function)

    @functools.wraps(function)
    def called(*args: Any, **kwargs: Any) -> Any:
        try:
            arguments = signature.bind(*args, **kwargs).arguments
        except TypeError as error:
            raise _misfit(function, signature, args, kwargs) or error from None
        for name, hint in _hints(annotated).items():
            if name in arguments:
                _check(name, arguments[name], hint, signature.parameters[name].kind)
        return function(*args, **kwargs)

    return called


@functools.cache
def _hints(annotated: Any) -> dict[str, Any]:
    names = None
    if not inspect.isclass(annotated):  # what a function returns may be of a package that is not there
        arguments = {name: hint for name, hint in annotated.__annotations__.items() if name != "return"}
        annotated, names = SimpleNamespace(__annotations__=arguments), inspect.unwrap(annotated).__globals__
    hints = get_type_hints(annotated, names)
    return {name: hint for name, hint in hints.items() if hint not in (Any, object) and not _is_promise(hint)}


def _is_promise(hint: Any) -> bool:
    """Whether it is a protocol for readers and type checkers alone, which is checked by whoever uses the object."""
    return getattr(hint, "_is_protocol", False) and not getattr(hint, "_is_runtime_protocol", False)


def _check(name: str, value: Any, hint: Any, kind: Any) -> None:
    if kind in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD):
        for own, item in value.items() if isinstance(value, dict) else [(name, item) for item in value]:
            _check(own, item, hint, None)
        return
    if (name == "seed" or name.endswith("_seed")) and _is_whole(value):
        if value < 0:
            raise ArgumentError(f"{name} is {short_text(value)}; it must be at least 0.")
        if value >= 2 * LARGEST and not fits(np.random.SeedSequence(0), hint):
            raise ArgumentError(f"{name} is {short_text(value)}; it must be below 2^64.")
    elif not fits(value, hint):
        choices = [choice for part in parts(hint) if get_origin(part) is Literal for choice in get_args(part)]
        if choices and isinstance(value, str):
            raise ArgumentError(str(unknown_name(name, value, choices)))
        if isinstance(value, type) and any(_is_class_of(value, part) for part in parts(hint)):
            called = f"{value.__name__}()"
            raise ArgumentError(f"{name} is {short_text(value)}; it must be an object of it, as {called}.")
        if getattr(hint, "_is_protocol", False):
            lacking = ", ".join(member for member in members_of(hint) if not hasattr(value, member))
            raise ArgumentError(f"{name} is {short_text(value)}; it must be a {hint.__name__}, and lacks {lacking}.")
        size = " below 2^63 in size" if _is_whole(value) and fits(0, hint) else ""
        raise ArgumentError(f"{name} is {short_text(value)}; it must be {type_in_words(hint)}{size}.")


def _is_class_of(cls: type, part: Any) -> bool:
    """Whether objects of a class are of a type; of a protocol, whether they have its methods."""
    if getattr(part, "_is_protocol", False):
        return all(hasattr(cls, name) for name in members_of(part) if callable(getattr(part, name)))
    return isinstance(part, type) and issubclass(cls, part)


def fits(value: Any, hint: Any) -> bool:
    """Whether a value is of a type, with all that it holds."""
    return any(_fits_part(value, part) for part in parts(hint))


def _fits_part(value: Any, hint: Any) -> bool:
    if hint is np.ndarray:
        return _is_array(value)
    if hint in (int, float) and type(value) in (int, float, bool):  # as below, without a detour for each of many
        return _is_finite(value) if hint is float else type(value) is int and _is_index(value)
    if type(value) is hint:
        return True
    origin, arguments = get_origin(hint), get_args(hint)
    if not isinstance(origin, type) or not issubclass(origin, Collection) or not arguments:
        return _of_type(value, hint)
    if issubclass(origin, Mapping):
        key, item = arguments
        return isinstance(value, Mapping) and all(fits(k, key) and fits(v, item) for k, v in value.items())
    if not isinstance(value, Collection) or isinstance(value, (str, bytes, Mapping, Set)) or _is_scalar(value):
        return False
    items = list(getattr(value, "tolist", lambda: value)())
    if origin is tuple and ... not in arguments:
        return len(items) == len(arguments) and all(map(fits, items, arguments))
    return all(fits(item, arguments[0]) for item in items)


def _of_type(value: Any, hint: Any) -> bool:
    if get_origin(hint) is Callable and isinstance(value, type):  # calling a class makes an object, nothing more
        return False
    if type(hint) in (type, ABCMeta) and hint not in (float, int, bool):
        return isinstance(value, hint)
    if get_origin(hint) is Literal:
        return any(isinstance(value, type(choice)) and value == choice for choice in get_args(hint))
    is_bearable, configuration = _beartype()
    return is_bearable(value, hint, conf=configuration)


@functools.cache
def _beartype() -> tuple[Callable[..., bool], Any]:
    # At the first hint that needs it: importing it takes as long as NumPy.
    from beartype import BeartypeConf, FrozenDict
    from beartype.door import is_bearable
    from beartype.vale import Is

    ours = {
        float: Annotated[Real, Is[_is_finite]],
        int: Annotated[Integral, Is[_is_index]],
        bool: bool | np.bool_,
    }
    return is_bearable, BeartypeConf(hint_overrides=FrozenDict(ours))


def _is_whole(value: Any) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)


def _is_index(value: Any) -> bool:
    return _is_whole(value) and -LARGEST <= value < LARGEST


def _is_finite(value: Any) -> bool:
    try:
        return not isinstance(value, bool) and isfinite(value)
    except OverflowError:
        return False


def _is_scalar(value: Any) -> bool:
    return hasattr(value, "tolist") and getattr(value, "ndim", 1) == 0


def _is_array(value: Any) -> bool:
    if isinstance(value, (str, bytes, Mapping, Set)) or not (isinstance(value, Collection) or hasattr(value, "dtype")):
        return False
    try:
        dtype = getattr(value, "dtype", None) or np.asarray(value).dtype
    except ValueError:  # rows of different lengths
        return False
    return getattr(dtype, "kind", "f") in "biufc"  # those of tensors have no kind


def _misfit(
    function: Callable[..., Any], signature: inspect.Signature, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> ArgumentError | None:
    """The error for arguments that are unknown, missing, or too many, in words."""
    name = function.__qualname__.removesuffix(".__init__")
    parameters = [p for p in signature.parameters.values() if p.name != "self"]
    by_position = [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    given = len(args) - ("self" in signature.parameters)
    for keyword in kwargs:
        if keyword not in signature.parameters:
            text = str(unknown_name("keyword argument", keyword, (p.name for p in parameters)))
            return ArgumentError(f"{name}: {text.replace('unknown', 'unexpected', 1)}")
        if keyword in by_position[:given]:
            return ArgumentError(f"{name}: {keyword} is given twice, by position and by name.")
    if given > len(by_position):
        listed = ", ".join(by_position) or "none"
        return ArgumentError(f"{name}: {given} are given by position; allowed by position: {listed}.")
    needed = [
        p.name for p in parameters if p.default is p.empty and p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
    ]
    missing = [need for need in needed if need not in kwargs and need not in by_position[:given]]
    return ArgumentError(f"{name}: {' and '.join(missing)} must be given.") if missing else None
