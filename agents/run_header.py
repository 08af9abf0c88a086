"""What is believed of the header of a run's file: right types, a curve that ends at its step, sizes that can be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..envs.numbers import whole_number
from ..envs.wording import short_text
from .learning_curve import check_curve

MOST = 100_000
"""The largest count of anything in a task that is believed of a file, and the most bins of a period."""


def check_header(header: Mapping[str, Any]) -> None:
    """Refuse a header that no run has.

    Args:
        header: Format, step and configuration; the learning curve, unless its table alone has it.

    Raises:
        ValueError: If a part is of another type, the step is no whole number, the learning curve is none or ends at
            another step, or the task is larger than one that trials can hold.
    """
    whole_number("its format", header["format"], least=1)
    step = whole_number("its step", header["step"], least=0)
    config = header["config"] if isinstance(header["config"], dict) else {}
    for part in ("task", "network", "rule", "training"):
        if not isinstance(config.get(part), dict):
            raise ValueError(f"its configuration has no {part}, or none with arguments by name.")
    rule = config["rule"].get("name")
    if not isinstance(rule, str) or not rule.isidentifier():
        raise ValueError(f"its rule has the name {short_text(rule)}.")
    whole_number("the seed of its training", config["training"].get("seed", 0), least=0)
    if "metrics" in header:
        check_curve(header["metrics"], step)
    _check_durations(config["task"])
    if (total := sum(_counts(config["task"]))) > MOST:
        raise ValueError(f"its task has counts that add up to {short_text(total)}, more than {MOST:,}.")


def check_weights(shapes: Mapping[str, tuple[int, ...]], network: Mapping[str, Any]) -> None:
    """Refuse weights that are not those of the network, before a network of that size is made.

    Args:
        shapes: Shapes of the tensors in the file by name.
        network: Arguments of the network.

    Raises:
        ValueError: If a tensor is missing or has another shape.
    """
    n, n_inputs, n_outputs = (network.get(name) for name in ("n_units", "n_inputs", "n_outputs"))
    expected = {"recurrent": (n, n), "input": (n, n_inputs), "readout": (n_outputs, n), "readout_bias": (n_outputs,)}
    expected |= {"bias": (n,), "h0": (n,), "alpha": (n,), "recurrent_mask": (n, n)}
    for name, shape in expected.items():
        stored = shapes.get(f"network.{name}")
        if stored != shape:
            words = f"{name} has shape {stored}, expected {short_text(shape)}"
            raise ValueError(f"its weights do not fit its network: {words}.")


def _check_durations(task: Any) -> None:
    """Refuse a description of a task, or of tasks within it, with a duration of too many bins."""
    dt = task.get("dt") if isinstance(task, dict) else None
    for name, value in task.items() if isinstance(task, dict) else enumerate(task):
        longest = _largest(value) if str(name).endswith("_ms") else 0
        if isinstance(dt, (int, float)) and dt > 0 and longest > MOST * dt:
            text = short_text(value)
            raise ValueError(f"its task has {name} = {text} in bins of {dt:g} ms, more than {MOST:,}.")
        if isinstance(value, (dict, list)):
            _check_durations(value)


def _largest(duration: Any) -> float:
    """The largest number of a duration, which may be one, or described by several."""
    parts = duration.values() if isinstance(duration, dict) else duration if isinstance(duration, list) else ()
    own = duration if isinstance(duration, (int, float)) else 0
    return max([own, *map(_largest, parts)])


def _counts(task: Any) -> Iterator[float]:
    """The counts in a description of a task and of tasks within it: of items, of channels of a ring, ...

    Raises:
        ValueError: If one of them is larger than any that a task has.
    """
    for name, value in task.items() if isinstance(task, dict) else enumerate(task):
        if isinstance(value, (dict, list)):
            yield from _counts(value)
        elif (name == "n" or str(name).startswith("n_")) and isinstance(value, (int, float)):
            if not value <= MOST:
                text = f"{value:,}" if value < 1e15 else short_text(value)
                raise ValueError(f"its task has {name} = {text}, more than {MOST:,}.")
            yield max(value, 0)
