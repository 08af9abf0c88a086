"""A run: what a training leaves behind, in memory and on disk.

``model.safetensors`` holds the weights and the memory of the rule; in its header, as JSON, it holds the configuration,
the learning curve, and a checksum over all of it. ``metrics.csv`` is a copy of the learning curve to look at; nothing
reads it again. Files are written atomically, and reading them executes nothing.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic

import numpy as np
import torch
from torch import Tensor

from ...envs.errors import UnknownTaskError
from ...envs.gym_task import GymTask
from ...envs.own_tasks import MAIN, modules_of
from ...envs.own_tasks import import_modules as register_from
from ...envs.registry import task_config, task_from_config
from ...envs.task import Task
from ...envs.typechecked import typechecked
from ...envs.wording import short_text
from ..credit.loops.learning import learning_path
from ..network.devices import choose_device
from ..network.own_networks import (
    UnknownNetworkError,
    check_saveable,
    in_a_line,
    network_config,
    network_from_config,
    own_modules,
)
from ..network.protocol import Network, SomeNetwork
from ..rules.catalogue import upgraded
from .evaluation import check_fit
from .files import check_unicode, write_atomically
from .learning_curve import METRICS, check_curve, read_curve, written_curve
from .model_file import MODEL, RunError, model_content, read_model, refused_in_a_line


@dataclass
class Run(Generic[SomeNetwork]):
    """A trained network with all that is needed to train it again.

    Attributes:
        task: The task it learned.
        network: The network.
        config: Task, network, the modules that register them if they are one's own, rule, training settings and
            versions, as JSON values.
        metrics: One row for each evaluation: step, loss, score, gradient_norm, and what was watched.
        memory: What the rule remembers of the network, as named tensors.
        path: Where it lies on disk, if it does.
    """

    network: SomeNetwork
    task: Task
    config: dict[str, Any]
    metrics: list[dict[str, float]] = field(default_factory=list)
    memory: dict[str, Tensor] = field(default_factory=dict)
    path: Path | None = None

    def __repr__(self) -> str:
        """Task, network, rule, updates and score; the rest is in its attributes."""
        rule = self.config.get("rule", {})
        rate = f"lr={rule['lr']}" if "lr" in rule else ""
        score = f", score {self.metrics[-1]['score']:.3f}" if self.metrics else ""
        return (
            f"Run({self.task.name}, {rule.get('name')}({rate}), {self.step} updates{score}, "
            f"path={str(self.path) if self.path else None!r},\n    {in_a_line(self.network)})"
        )

    @property
    def step(self) -> int:
        """Number of updates so far."""
        return int(self.metrics[-1]["step"]) if self.metrics else 0

    @typechecked
    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the run into a folder, each file whole or not at all; returns the folder.

        Raises:
            ArgumentError: If it could not be loaded again, as :func:`check_loadable` has it.
        """
        check_loadable(self.task, self.network)
        folder = Path(path)
        check_unicode("path", folder)
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(folder / MODEL, self.content())
        self.written_to(folder)
        return folder

    def content(self) -> bytes:
        """What ``model.safetensors`` holds."""
        tensors = {f"network.{name}": value for name, value in self.network.state_dict().items()}
        tensors |= {f"optimizer.{name}": value for name, value in self.memory.items()}
        return model_content({"step": self.step, "config": self.config, "metrics": self.metrics}, tensors)

    def written_to(self, folder: Path) -> None:
        """Note where the model was written, and write the copy of the learning curve beside it."""
        write_atomically(folder / METRICS, written_curve(self.metrics))
        self.path = folder


def check_loadable(task: Task, network: Network) -> None:
    """Refuse what could not be made again from what a run writes down.

    Raises:
        ArgumentError: If the network is of a class that is not registered, or the task an environment without an id.
    """
    check_saveable(network)
    if isinstance(task, GymTask):
        task.check_saveable()


def describe(task: Task, network: Network, rule: Any, **training: Any) -> dict[str, Any]:
    """The configuration of a run, as JSON values.

    Raises:
        ValueError: If the rule's configuration cannot be written as JSON.
    """
    config = {
        "task": task_config(task),
        "modules": sorted({*modules_of(task), *own_modules(network)}),
        "network": network_config(network),
        "rule": {"name": type(rule).__name__, **rule.config},
        "training": training,
        "versions": {"python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__},
    }
    if (path := learning_path(rule, network)) is not None:
        config["path"] = path
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
def load_run(path: str | os.PathLike[str], device: str = "cpu", import_modules: str | Sequence[str] = ()) -> Run[Any]:
    """Read a run from its folder; nothing stored in it is executed.

    Args:
        path: The folder.
        device: Where to put the network.
        import_modules: Modules to import first: those that register tasks or networks of your own. What a run names is
            not imported unless it is named here.

    Raises:
        RunError: If the folder holds no run, a damaged one, one of a newer format, or one of a task or network that
            is not registered; it names the module that registers it.
        ImportError: If a module cannot be imported.
        ArgumentError: If the device is not there.
    """
    register_from(import_modules)
    folder, on = Path(path), choose_device(device)
    with refused_in_a_line(folder):
        if not (folder / MODEL).is_file():
            ensemble = " It holds an ensemble: load network-1, ... in it." if (folder / "network-1").is_dir() else ""
            raise RunError(f"{folder} holds no run: there is no {MODEL} in it.{ensemble}")
        header, tensors = read_model(folder / MODEL)
        config, step = header["config"], header["step"]
        curve = header["metrics"] if "metrics" in header else read_curve(folder / METRICS, step)
        check_curve(curve, step)
        try:
            task = task_from_config(config["task"])
            network = network_from_config(config["network"])
        except (UnknownTaskError, UnknownNetworkError) as error:
            raise ValueError(f"{error}{_whence(config)}") from error
        _load_weights(network, _part(tensors, "network."))
        check_fit(task, network)
    config["network"] = network_config(network)  # with arguments that are newer than the run
    config["rule"] = upgraded(config["rule"])
    return Run(network.to(on), task, config, [dict(row) for row in curve], _part(tensors, "optimizer."), folder)


def _load_weights(network: Network, weights: Mapping[str, Tensor]) -> None:
    """Give a network these weights in their precision.

    Raises:
        ValueError: If the weights are not those of the network, differ in precision, or are not finite.
    """
    made = network.state_dict()
    expected, stored = ({name: (*x.shape,) for name, x in each.items()} for each in (made, weights))
    if differ := sorted(name for name in {**expected, **stored} if expected.get(name) != stored.get(name)):
        raise ValueError(f"its weights do not fit its network, which has others of {short_text(differ)}.")
    dtypes = {weight.dtype for name, weight in weights.items() if made[name].is_floating_point()}
    if len(dtypes) != 1 or not all(dtype.is_floating_point for dtype in dtypes):
        raise ValueError("its weights are not real numbers of one precision.")
    if not all(weight.isfinite().all() for weight in weights.values()):
        raise ValueError("its weights hold NaN or infinity.")
    network.to(*dtypes).load_state_dict(weights)


def _part(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def _whence(config: Mapping[str, Any]) -> str:
    """Where to find a task or network that is not registered: a sentence, or nothing where the run does not know."""
    known = config.get("modules")
    modules = [name for name in known if isinstance(name, str)] if isinstance(known, list) else []
    if set(modules) - set(MAIN):
        named = [name for name in modules if name not in MAIN]
        return f" For this run: import_modules={named!r}, or --import on the command line."
    return " It was defined in a notebook or script: define it here too." if modules else ""


def _plain(value: Any) -> Any:
    if isinstance(value, (np.generic, np.ndarray, Tensor)):
        return value.tolist()
    raise TypeError(f"it holds {value!r}, a {type(value).__name__}")


def _short(value: Any, absent: object) -> str:
    if value is absent:
        return "not an argument"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
