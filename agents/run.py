"""A run: what a training leaves behind, in memory and on disk.

``model.safetensors`` holds the weights and the memory of the rule; in its header, as JSON, it holds the configuration
and the learning curve. ``metrics.csv`` is a copy of the learning curve to look at; nothing reads it again. Files are
written atomically, and reading them executes nothing.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from ..envs.errors import UnknownTaskError
from ..envs.numbers import whole_number
from ..envs.own_tasks import MAIN, modules_of
from ..envs.own_tasks import import_modules as register_from
from ..envs.registry import task_config, task_from_config
from ..envs.task import Task
from ..envs.typechecked import typechecked
from .devices import choose_device
from .files import write_atomically
from .learning_curve import METRICS, check_curve, read_curve, written_curve
from .rate_rnn import RateRNN
from .rules.catalogue import upgraded

FORMAT = 1
MODEL = "model.safetensors"
MOST = 100_000
"""The largest count of anything in a task that is believed of a file."""


class RunError(ValueError):
    """A folder that holds no run, a damaged one, or one of a newer format."""


@dataclass
class Run:
    """A trained network with all that is needed to train it again.

    Attributes:
        network: The network.
        task: The task it learned.
        config: Task and the modules of its own that register it, network, rule, training settings and versions, as JSON
            values.
        metrics: One row for each evaluation: step, loss, score, gradient_norm, and what was watched.
        memory: What the rule remembers of the network, as named tensors.
        path: Where it lies on disk, if it does.
    """

    network: RateRNN
    task: Task
    config: dict[str, Any]
    metrics: list[dict[str, float]] = field(default_factory=list)
    memory: dict[str, Tensor] = field(default_factory=dict)
    path: Path | None = None

    def __repr__(self) -> str:
        """Task, network, rule, updates and score; the rest is in its attributes."""
        rule = self.config.get("rule", {})
        score = f", score {self.metrics[-1]['score']:.3f}" if self.metrics else ""
        return (
            f"Run({self.task.name}, {rule.get('name')}(lr={rule.get('lr')}), {self.step} updates{score}, "
            f"path={str(self.path) if self.path else None!r},\n    {self.network!r})"
        )

    @property
    def step(self) -> int:
        """Number of updates so far."""
        return int(self.metrics[-1]["step"]) if self.metrics else 0

    @typechecked
    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the run into a folder, each file whole or not at all; returns the folder."""
        folder = Path(path)
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(folder / MODEL, self.content())
        self.written_to(folder)
        return folder

    def content(self) -> bytes:
        """What ``model.safetensors`` holds."""
        tensors = {f"network.{name}": value for name, value in self.network.state_dict().items()}
        tensors |= {f"optimizer.{name}": value for name, value in self.memory.items()}
        tensors = {name: value.detach().cpu().contiguous().clone() for name, value in tensors.items()}
        header = {"format": FORMAT, "step": self.step, "config": self.config, "metrics": self.metrics}
        # One key alone: with several, safetensors writes them in a new order each time.
        return save(tensors, metadata={"cogdyn": json.dumps(header)})

    def written_to(self, folder: Path) -> None:
        """Note where the model was written, and write the copy of the learning curve beside it."""
        write_atomically(folder / METRICS, written_curve(self.metrics))
        self.path = folder


def describe(task: Task, network: RateRNN, rule: Any, **training: Any) -> dict[str, Any]:
    """The configuration of a run, as JSON values.

    Raises:
        ValueError: If the rule's configuration cannot be written as JSON.
    """
    config = {
        "task": task_config(task),
        "modules": modules_of(task),
        "network": network.config,
        "rule": {"name": type(rule).__name__, **rule.config},
        "training": training,
        "versions": {"python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__},
    }
    try:
        return json.loads(json.dumps(config, default=_plain))
    except TypeError as error:
        raise ValueError(f"the configuration of the run cannot be written as JSON: {error}.") from error


def differences(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> str:
    """What differs between two parts of a configuration, in words; empty if nothing does."""
    absent = object()
    pairs = {name: (ours.get(name, absent), theirs.get(name, absent)) for name in [*ours, *theirs]}
    return "; ".join(
        f"{name} is {_short(our, absent)} and was {_short(their, absent)}"
        for name, (our, their) in pairs.items()
        if our != their
    )


@typechecked
def load_run(path: str | os.PathLike[str], device: str = "cpu", import_modules: str | Sequence[str] = ()) -> Run:
    """Read a run from its folder; nothing stored in it is executed.

    Args:
        path: The folder.
        device: Where to put the network.
        import_modules: Modules to import first: those that register tasks of your own. What a run names is not imported
            unless it is named here.

    Raises:
        RunError: If the folder holds no run, a damaged one, one of a newer format, or one of a task that is not
            registered; it names the module that registers it.
        ImportError: If a module cannot be imported.
        ArgumentError: If the device is not there.
    """
    register_from(import_modules)
    folder, on = Path(path), choose_device(device)
    if not (folder / MODEL).is_file():
        ensemble = " It holds an ensemble: load network-1, ... in it." if (folder / "network-1").is_dir() else ""
        raise RunError(f"{folder} holds no run: there is no {MODEL} in it.{ensemble}")
    config: dict[str, Any] = {}
    try:
        header = read_header(folder / MODEL)
        config = header["config"]
        with safe_open(folder / MODEL, framework="pt") as file:
            shapes = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
            _check_shapes(shapes, config["network"])
            tensors = {name: file.get_tensor(name) for name in shapes}
        whole_number("step", header["step"], least=0)
        curve = header["metrics"] if "metrics" in header else read_curve(folder / METRICS, header["step"])
        check_curve(curve)
        _check_counts(config["task"])
        task = task_from_config(config["task"])
        network = RateRNN(**config["network"])
        config["network"] = network.config  # with arguments that are newer than the run
        config["rule"] = upgraded(config["rule"])
        weights = {k.removeprefix("network."): v for k, v in tensors.items() if k.startswith("network.")}
        network.to(weights["recurrent"].dtype).load_state_dict(weights)
    except RunError:
        raise
    except UnknownTaskError as error:
        raise RunError(f"{folder} cannot be read as a run: {error}{_whence(config)}") from error
    except KeyError as error:
        raise RunError(f"{folder} cannot be read as a run: {error} is missing in {MODEL}.") from error
    except (SafetensorError, OSError, TypeError, ValueError, RuntimeError, OverflowError, RecursionError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise RunError(f"{folder} cannot be read as a run: {reason}") from error
    memory = {k.removeprefix("optimizer."): v for k, v in tensors.items() if k.startswith("optimizer.")}
    return Run(network.to(on), task, config, [dict(row) for row in curve], memory, folder)


def read_header(model: Path) -> dict[str, Any]:
    """What the header of a model's file holds: format, step, configuration, learning curve.

    Raises:
        RunError: If the file is damaged, was not written by cogdyn, or by a newer one.
    """
    try:
        with safe_open(model, framework="pt") as file:
            header = json.loads((file.metadata() or {}).get("cogdyn", "null"))
    except (SafetensorError, ValueError, RecursionError) as error:
        raise RunError(f"{model.parent} cannot be read as a run: {model.name} is damaged ({error}).") from error
    if not isinstance(header, dict) or not {"format", "step", "config"} <= header.keys():
        raise RunError(f"{model.parent} cannot be read as a run: {model.name} was not written by cogdyn.")
    if header["format"] > FORMAT:
        raise RunError(
            f"{model.parent} was written in format {header['format']}; this cogdyn reads up to {FORMAT}. "
            "Update cogdyn to read it."
        )
    return header


def _check_shapes(shapes: Mapping[str, tuple[int, ...]], network: Mapping[str, Any]) -> None:
    """Refuse weights that are not those of the network, before a network of that size is made.

    Raises:
        ValueError: If a tensor is missing or has another shape.
    """
    n, n_inputs, n_outputs = (network[name] for name in ("n_units", "n_inputs", "n_outputs"))
    expected = {"recurrent": (n, n), "input": (n, n_inputs), "readout": (n_outputs, n), "readout_bias": (n_outputs,)}
    expected |= {"bias": (n,), "h0": (n,), "alpha": (n,), "recurrent_mask": (n, n)}
    for name, shape in expected.items():
        stored = shapes.get(f"network.{name}")
        if stored != shape:
            raise ValueError(f"its weights do not fit its network: {name} has shape {stored}, expected {shape}.")


def _whence(config: Mapping[str, Any]) -> str:
    """Where to find a task that is not registered: a sentence, or nothing where the run does not know."""
    known = config.get("modules")
    modules = [name for name in known if isinstance(name, str)] if isinstance(known, list) else []
    if set(modules) - set(MAIN):
        named = [name for name in modules if name not in MAIN]
        return f" For this run: import_modules={named!r}, or --import on the command line."
    return " This run's task was defined in a notebook or script: define it here too." if modules else ""


def _check_counts(task: Any) -> None:
    """Refuse a description of a task, or of tasks within it, whose counts no task of a run has.

    Raises:
        ValueError: If an argument such as ``n_items`` is above what trials can hold.
    """
    dt = task.get("dt") if isinstance(task, dict) else None
    for name, value in task.items() if isinstance(task, dict) else enumerate(task):
        longest = _largest(value) if str(name).endswith("_ms") else 0
        if isinstance(dt, (int, float)) and dt > 0 and longest / dt > MOST:
            raise ValueError(f"its task has {name} = {_short(value, None)} in bins of {dt:g} ms, more than {MOST:,}.")
        if isinstance(value, (dict, list)):
            _check_counts(value)
        elif str(name).startswith("n_") and isinstance(value, int) and value > MOST:
            raise ValueError(f"its task has {name} = {value:,}, more than {MOST:,}.")


def _largest(duration: Any) -> float:
    """The largest number of a duration, which may be one, or described by several."""
    parts = duration.values() if isinstance(duration, dict) else duration if isinstance(duration, list) else ()
    own = float(duration) if isinstance(duration, (int, float)) else 0.0
    return max([own, *map(_largest, parts)])


def _plain(value: Any) -> Any:
    if isinstance(value, (np.generic, np.ndarray, Tensor)):
        return value.tolist()
    raise TypeError(f"it holds {value!r}, a {type(value).__name__}")


def _short(value: Any, absent: object) -> str:
    if value is absent:
        return "not an argument"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
