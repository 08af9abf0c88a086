"""Running the cells of a submission and calling what it defines; what it answers is sent as plain data."""

from __future__ import annotations
import __future__

import importlib.abc
import linecache
import random
import socket
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import numpy as np

from . import plain
from .examples import example
from .magics import NoShell, as_python, do_nothing
from .probes import PROBES


class Hidden(importlib.abc.MetaPathFinder):
    """Refuses modules that an assignment does not allow.

    Args:
        names: Modules which, with all below them, cannot be imported.
    """

    def __init__(self, names: Sequence[str]):
        self.names = names

    def find_spec(self, name: str, path: Any, target: Any = None) -> None:
        """Raise if the module is one of the names."""
        for hidden in self.names:
            if name == hidden or name.startswith(f"{hidden}."):
                raise ModuleNotFoundError(f"{hidden} is no part of this assignment: leave it out", name=name)


def prepare(hidden: Sequence[str]) -> None:
    """Hide modules, and put in the place of the lessons one in which ``check`` does nothing.

    Raises:
        ModuleNotFoundError: If IPython is missing, with which cells are read.
    """
    if find_spec("IPython") is None:
        raise ModuleNotFoundError("cells are read with IPython: pip install 'cogdyn[lessons]'")
    sys.meta_path.insert(0, Hidden(hidden))
    lessons, grading = ModuleType("cogdyn.lessons"), ModuleType("cogdyn.lessons.grading")
    lessons.__dict__.update(__path__=[], grading=grading, start=_nothing)
    grading.__dict__.update(__path__=[], check=_nothing, demand=_nothing, example=example)
    sys.modules.update({module.__name__: module for module in (lessons, grading)})


def _nothing(*arguments: Any, **more: Any) -> None:
    """What a check does while it is graded."""


def begin(seed: int) -> None:
    """Make the module in which the cells run, and seed the global generators."""
    sys.modules["__main__"] = ModuleType("__main__")
    _seed(seed)


def serve(line: socket.socket, protections: Sequence[str]) -> None:
    """Answer the grader until it hangs up.

    It sends ``{"cells": [...]}``, of which each is reported when it begins and when it has failed, and
    ``{"probe": ..., "name": ..., "inputs": ...}``, which is answered.
    """
    plain.write(line, {"ready": list(protections)})
    main = sys.modules["__main__"]
    while True:
        try:
            request = plain.read(line)
        except (EOFError, OSError):
            return
        if "cells" in request:
            for number, source in request["cells"]:
                plain.write(line, {"begins": number})
                if (failed := run_cell(source, f"cell {number}", main.__dict__)) is not None:
                    plain.write(line, {"failed": number, **failed})
            plain.write(line, {"done": True})
        else:
            inputs = plain.unpack(request["inputs"])
            try:
                plain.write(line, answer(main.__dict__, request["probe"], request["name"], inputs))
            except (plain.NotPlain, MemoryError):
                plain.write(line, {"error": "not plain", "message": "it is too large"})


def run_cell(source: str, name: str, space: dict[str, Any]) -> dict[str, str] | None:
    """Run a cell as Jupyter does; an error is returned, not raised.

    What is Python is run as it is. Only what is not is rewritten as IPython does, and then magics and shell commands
    do nothing, but that ``%time``, ``%%time``, ``%%capture`` and ``%%prun`` run what they watch.

    Args:
        source: The cell.
        name: What tracebacks call it.
        space: The namespace; a ``from __future__`` import in it holds for later cells too.
    """
    shell = NoShell(partial(_run, name=f"{name}, %time", space=space), partial(_run, name=name, space=space))
    space["get_ipython"] = lambda: shell
    space.setdefault("display", do_nothing)
    try:
        _run(source, name, space)
    except BaseException as error:  # a cell may raise SystemExit or KeyboardInterrupt too
        return report(error)
    return None


def _run(source: str, name: str, space: dict[str, Any]) -> Any:
    """Run the source; returns its value if it is an expression."""
    flags = __future__.annotations.compiler_flag if space.get("annotations") is __future__.annotations else 0
    compiled = partial(compile, filename=name, flags=flags, dont_inherit=True)
    for mode in ("eval", "exec"):
        with suppress(SyntaxError):
            code = compiled(source, mode=mode)
            break
    else:
        source = as_python(source)
        code = compiled(source, mode="exec")
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    return eval(code, space)


def answer(space: dict[str, Any], probe: str, name: str, inputs: dict[str, Any]) -> dict[str, Any]:
    """What something that the submission defines makes of inputs: ``{"value": ...}``, or an error in words."""
    if name not in space:
        return {"error": "missing", "message": ""}
    try:
        return {"value": plain.pack(PROBES[probe](space[name], **inputs))}
    except plain.NotPlain as error:
        return {"error": "not plain", "message": str(error)}
    except BaseException as error:  # whatever it raises is something to report
        return report(error)


def report(error: BaseException) -> dict[str, str]:
    """An error as its kind, its message and the line of the submission where it was raised."""
    where = ""
    try:
        for frame in traceback.extract_tb(error.__traceback__):
            if frame.filename.startswith("cell "):
                where = f"{frame.filename}, line {frame.lineno}: {frame.line}"
        message = str(error)
    except Exception:  # an error of the submission's own, which cannot even be told
        message = "(no message)"
    return {"error": type(error).__name__[:80], "message": message[: plain.LONGEST], "where": where[: plain.LONGEST]}


def _seed(seed: int) -> None:
    """The same draws in each run for a submission that draws from global generators: this process is its own."""
    random.setstate(random.Random(seed).getstate())
    np.random.set_state(np.random.RandomState(seed % 2**32).get_state())  # noqa: NPY002  what submissions may use
    if (torch := sys.modules.get("torch")) is not None:
        torch.set_rng_state(torch.Generator().manual_seed(seed).get_state())
        torch.set_num_threads(1)
