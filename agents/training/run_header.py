"""What is believed of the header of a run's file: right types, a curve that ends at its step, sizes that can be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...envs.numbers import whole_number
from ...envs.wording import short_text
from .learning_curve import check_curve

MOST, MOST_COUNTED = 100_000, 10_000
"""What is believed of a task in a file: bins of a period, or any whole number; items and channels of all its parts."""


def check_header(header: Mapping[str, Any]) -> None:
    """Refuse a header that no run has.

    Args:
        header: Format, step and configuration; the learning curve, unless its table alone has it.

    Raises:
        ValueError: If a part is of another type, the step is no whole number, the learning curve is none or ends at
            another step, or the task is larger than one that trials can hold.
    """
    whole_number("its format", header["format"], minimum=1)
    step = whole_number("its step", header["step"], minimum=0)
    config = header["config"] if isinstance(header["config"], dict) else {}
    for part in ("task", "network", "rule", "training"):
        if not isinstance(config.get(part), dict):
            raise ValueError(f"its configuration has no {part}, or none with arguments by name.")
    rule = config["rule"].get("name")
    if not isinstance(rule, str) or not rule.isidentifier():
        raise ValueError(f"its rule has the name {short_text(rule)}.")
    whole_number("the seed of its training", config["training"].get("seed", 0), minimum=0)
    if "metrics" in header:
        check_curve(header["metrics"], step)
    _check_durations(config["task"])
    if (total := _counted(config["task"])) > MOST_COUNTED:
        raise ValueError(f"its task has counts that add up to {total:,}, more than {MOST_COUNTED:,}.")


def check_weights(shapes: Mapping[str, tuple[int, ...]], network: Mapping[str, Any]) -> None:
    """Refuse weights that are not those of a RateRNN, before a network of that size is made.

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


def _counted(task: Any) -> int:
    """Sum of the counts in a description of a task and of tasks within it: of items, of channels of a ring, ...

    Raises:
        ValueError: If a number is larger than any that a task has.
    """
    total = 0
    named = task.items() if isinstance(task, dict) else (("", value) for value in task)
    for name, value in named:
        counts, in_ms = name == "n" or name.startswith("n_"), name.endswith("_ms")
        most = MOST_COUNTED if counts else MOST
        if isinstance(value, (dict, list)):
            total += 0 if in_ms else _counted(value)
        elif isinstance(value, int) and name and not in_ms and not name.endswith("seed"):
            if value > most:
                text = f"{value:,}" if value < MOST**3 else short_text(value)
                raise ValueError(f"its task has {name} = {text}, more than {most:,}.")
            total += max(value, 0) * counts
    return total
