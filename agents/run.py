"""A run: what a training leaves behind, in memory and on disk.

``model.safetensors`` holds the weights and the optimiser's memory, with the configuration as JSON in its header;
``metrics.csv`` holds the learning curve. Both are written atomically, and reading them executes nothing.
"""

from __future__ import annotations

import csv
import io
import json
import os
import platform
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from ..envs.registry import task_config, task_from_config
from ..envs.task import Task
from .rate_rnn import RateRNN

FORMAT = 1
MODEL, METRICS = "model.safetensors", "metrics.csv"


class RunError(ValueError):
    """A folder that holds no run, a damaged one, or one of a newer format."""


@dataclass
class Run:
    """A trained network with all that is needed to train it again.

    Attributes:
        network: The network.
        task: The task it learned.
        config: Task, network, rule, training settings and versions, as JSON values.
        metrics: One row for each evaluation: step, loss, score, gradient_norm.
        memory: What the rule's optimiser remembers, as named tensors.
        path: Where it lies on disk, if it does.
    """

    network: RateRNN
    task: Task
    config: dict[str, Any]
    metrics: list[dict[str, float]] = field(default_factory=list)
    memory: dict[str, Tensor] = field(default_factory=dict)
    path: Path | None = None

    @property
    def step(self) -> int:
        """Number of updates so far."""
        return int(self.metrics[-1]["step"]) if self.metrics else 0

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the run into a folder, each file whole or not at all; returns the folder."""
        folder = Path(path)
        folder.mkdir(parents=True, exist_ok=True)
        tensors = {f"network.{name}": value for name, value in self.network.state_dict().items()}
        tensors |= {f"optimizer.{name}": value for name, value in self.memory.items()}
        tensors = {name: value.detach().cpu().contiguous().clone() for name, value in tensors.items()}
        # One key alone: with several, safetensors writes them in a new order each time.
        header = {"cogdyn": json.dumps({"format": FORMAT, "step": self.step, "config": self.config})}
        write_atomically(folder / METRICS, _to_csv(self.metrics).encode())
        write_atomically(folder / MODEL, save(tensors, metadata=header))
        self.path = folder
        return folder


def describe(task: Task, network: RateRNN, rule: Any, **training: Any) -> dict[str, Any]:
    """The configuration of a run, as JSON values."""
    return {
        "task": task_config(task),
        "network": network.config,
        "rule": {"name": type(rule).__name__, **rule.config},
        "training": training,
        "versions": {"python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__},
    }


def load_run(path: str | os.PathLike[str], device: str = "cpu") -> Run:
    """Read a run from its folder; nothing stored in it is executed.

    Args:
        path: The folder.
        device: Where to put the network.

    Raises:
        RunError: If the folder holds no run, a damaged one, or one of a newer format.
    """
    folder = Path(path)
    if not (folder / MODEL).is_file():
        raise RunError(f"{folder} holds no run: there is no {MODEL} in it.")
    try:
        with safe_open(folder / MODEL, framework="pt") as file:
            header = json.loads((file.metadata() or {})["cogdyn"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  not a mapping
        version = int(header["format"])
        if version > FORMAT:
            raise RunError(
                f"{folder} was written in format {version}; this cogdyn reads up to {FORMAT}. Update cogdyn to read it."
            )
        config = header["config"]
        metrics = [row for row in _from_csv((folder / METRICS).read_text()) if row["step"] <= header["step"]]
        task = task_from_config(config["task"])
        network = RateRNN(**config["network"])
        config["network"] = network.config  # with arguments that are newer than the run
        network.load_state_dict({k.removeprefix("network."): v for k, v in tensors.items() if k.startswith("network.")})
    except RunError:
        raise
    except (SafetensorError, OSError, KeyError, TypeError, ValueError, RuntimeError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise RunError(f"{folder} cannot be read as a run: {reason}") from error
    memory = {k.removeprefix("optimizer."): v for k, v in tensors.items() if k.startswith("optimizer.")}
    return Run(network.to(device), task, config, metrics, memory, folder)


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file whole or not at all: beside it first, then renamed over it."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_bytes(content)
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def _to_csv(rows: list[dict[str, float]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]) if rows else ["step"], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _from_csv(text: str) -> list[dict[str, float]]:
    rows = csv.DictReader(io.StringIO(text))
    return [{name: int(value) if name == "step" else float(value) for name, value in row.items()} for row in rows]
