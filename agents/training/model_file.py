"""``model.safetensors``: the tensors of a run and, as JSON in its header, all else, with a checksum over both.

Reading it executes nothing. What the header claims is weighed before anything of that size is made.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from ...envs.wording import short_text
from .files import checksum
from .run_header import check_header, check_weights

FORMAT = 2
MODEL = "model.safetensors"


class RunError(ValueError):
    """A folder that holds no run, a damaged one, or one of a newer format."""


def model_content(header: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> bytes:
    """What the file holds.

    Args:
        header: JSON values by name; format and checksum are added to them.
        tensors: Tensors by name.
    """
    tensors = {name: value.detach().cpu().contiguous().clone() for name, value in tensors.items()}
    header = {"format": FORMAT, **header}
    header |= {"checksum": _checksum(header, tensors)}
    # One key alone: with several, safetensors writes them in a new order each time.
    return save(tensors, metadata={"cogdyn": json.dumps(header)})


def read_model(model: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Header and tensors of a model's file; those of format 1 may have no checksum.

    Raises:
        RunError: If the file is damaged, was not written by cogdyn, or by a newer one.
    """
    header = read_header(model)
    with refused_in_a_line(model.parent), _opened(model) as file:
        shapes = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
        if header["config"]["network"].get("name", "RateRNN") == "RateRNN":
            check_weights(shapes, header["config"]["network"])
        tensors = {name: file.get_tensor(name) for name in shapes}
        stated = header.pop("checksum", None)
        if (stated is not None or header["format"] > 1) and stated != _checksum(header, tensors):
            raise ValueError(f"{model.name} is damaged (its content does not have the checksum {stated!r}).")
    return header, tensors


def read_header(model: Path) -> dict[str, Any]:
    """What the header of a model's file holds: format, step, configuration, learning curve, checksum.

    Raises:
        RunError: If the file is damaged, was not written by cogdyn, or by a newer one.
    """
    with refused_in_a_line(model.parent):
        with _opened(model) as file:
            text = (file.metadata() or {}).get("cogdyn", "null")
        try:
            header = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ValueError(f"{model.name} is damaged ({error}).") from error
        if not isinstance(header, dict) or not {"format", "step", "config"} <= header.keys():
            raise ValueError(f"{model.name} was not written by cogdyn.")
        if isinstance(number := header["format"], int) and number > FORMAT:
            raise RunError(
                f"{model.parent} was written in format {short_text(number)}; this cogdyn reads up to {FORMAT}. "
                "Update cogdyn to read it."
            )
        check_header(header)
    return header


def read_online(file: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Header and tensors of what was learned online.

    Raises:
        RunError: If the file is damaged, or was not written by cogdyn.
    """
    with refused_in_a_line(file.parent), _opened(file) as opened:
        header = json.loads((opened.metadata() or {}).get("cogdyn", "null"))
        if not isinstance(header, dict) or not {"format", "bins", "config", "metrics"} <= header.keys():
            raise ValueError(f"{file.name} was not written by learn_online.")
        tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
        if header.pop("checksum", None) != _checksum(header, tensors):
            raise ValueError(f"{file.name} is damaged (its content does not have the checksum that it states).")
    return header, tensors


@contextmanager
def refused_in_a_line(folder: Path) -> Iterator[None]:
    """Within the block, in which a run is read, any error is one that says so, of one line.

    Raises:
        RunError: Instead of the error.
    """
    try:
        yield
    except RunError:
        raise
    except Exception as error:  # descriptions of tasks reach constructors of anybody's
        words = str(error) if isinstance(error, (ValueError, OSError, RuntimeError)) else ""
        line = next(iter(words.splitlines()), "") or f"{type(error).__name__}: {error}".splitlines()[0]
        printable = "".join(letter if letter.isprintable() else "?" for letter in line)
        raise RunError(f"{folder} cannot be read as a run: {printable}") from error


@contextmanager
def _opened(model: Path) -> Iterator[Any]:
    try:
        with safe_open(model, framework="pt") as file:
            yield file
    except SafetensorError as error:
        raise ValueError(f"{model.name} is damaged ({error}).") from error


def _checksum(header: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> str:
    parts = sorted(tensors.items())
    described = [(name, str(tensor.dtype), tuple(tensor.shape)) for name, tensor in parts]
    return checksum([header, described], (tensor.reshape(-1).view(torch.uint8).numpy() for _, tensor in parts))
