"""From painted trials to tensors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.utils.data import IterableDataset, get_worker_info
from torch.utils.data._utils.collate import default_collate_fn_map

from ...envs.errors import ArgumentError
from ...envs.numbers import whole_number
from ...envs.task import Task
from ...envs.trial import TrialBatch
from ...envs.typechecked import typechecked


@dataclass(frozen=True)
class TensorBatch:
    """Inputs (T, B, n_in), targets (T, B) or (T, B, n_out), and mask (T, B) of a batch, as tensors.

    ``probabilities`` says whether targets are probabilities of classes.
    """

    inputs: Tensor
    targets: Tensor
    mask: Tensor
    probabilities: bool = False

    def __repr__(self) -> str:
        """Shapes instead of all numbers."""
        kind = ", probabilities" if self.probabilities else ""
        return f"TensorBatch(inputs {tuple(self.inputs.shape)}, targets {tuple(self.targets.shape)}{kind})"


def tensors(batch: TrialBatch, like: Tensor) -> TensorBatch:
    """Put a batch on the device and in the precision of a tensor, for example a network's weights."""
    targets = torch.from_numpy(batch.targets).to(like.device)
    return TensorBatch(
        inputs=torch.from_numpy(batch.inputs).to(like),
        targets=targets.to(like.dtype) if targets.is_floating_point() else targets,
        mask=torch.from_numpy(batch.mask).to(like),
        probabilities=batch.kind == "probability",
    )


def check_inputs(inputs: Tensor, n_inputs: int, like: Tensor) -> None:
    """Refuse what a network with weights like these cannot take as inputs.

    Raises:
        ValueError: If inputs are no tensor of the weights' precision, not (T, B, n_in), or hold NaN or infinity.
    """
    if not isinstance(inputs, Tensor) or inputs.dtype != like.dtype:
        given = inputs.dtype if isinstance(inputs, Tensor) else type(inputs).__name__
        raise ValueError(f"inputs are {given}; expected a tensor of {like.dtype}, as the weights are.")
    if inputs.ndim != 3 or inputs.shape[2] != n_inputs or 0 in inputs.shape:
        raise ValueError(f"inputs have shape {tuple(inputs.shape)}; expected (T, B, {n_inputs}), none of them 0.")
    if not torch.isfinite(inputs).all():
        raise ValueError("inputs hold NaN or infinity.")


def check_step(h: Tensor, x: Tensor, n_units: int, n_inputs: int) -> None:
    """Refuse a state and an input from which a network of this size cannot make its next state.

    Raises:
        ValueError: If h is not (..., N), or x not (..., n_in).
    """
    if h.shape[-1] != n_units or x.shape[-1] != n_inputs:
        raise ValueError(
            f"h and x have shapes {tuple(h.shape)} and {tuple(x.shape)}; "
            f"expected (..., {n_units}) and (..., {n_inputs})."
        )


@typechecked
class TrialDataset(IterableDataset[TensorBatch]):
    """A task's stream of batches for PyTorch's DataLoader, as in ``DataLoader(dataset, batch_size=None)``.

    The stream consists of batches already, so that the loader is not to make batches of them. Workers share it: worker
    w of n paints batches w, w + n, ... Each iteration, that is each epoch, begins the stream again, with the same
    batches; another seed gives others.

    Args:
        task: The task.
        batch_size: Number of trials B in each batch.
        seed: Seed of the stream.
        split: ``"train"`` or ``"test"``.
        n_batches: Where the stream ends; None for never.
    """

    def __init__(self, task: Task, batch_size: int, seed: int = 0, split: str = "train", n_batches: int | None = None):
        task.stream(batch_size, seed, split)  # an unknown split is refused here, not in a worker
        self.task, self.batch_size, self.seed, self.split = task, batch_size, seed, split
        self.n_batches = None if n_batches is None else whole_number("n_batches", n_batches, minimum=0)

    def __iter__(self) -> Iterator[TensorBatch]:
        """Yield the batches of this worker."""
        info = get_worker_info()
        number, step = (info.id, info.num_workers) if info else (0, 1)
        while self.n_batches is None or number < self.n_batches:
            batch = next(self.task.stream(self.batch_size, self.seed, self.split, start=number))
            yield tensors(batch, torch.empty(0))
            number += step


def one_batch(batches: list[TensorBatch], *, collate_fn_map: object = None) -> TensorBatch:
    """What a DataLoader makes of batches where its batch size is not None.

    Raises:
        ArgumentError: If it was given a batch size: batches of batches are nothing to learn from.
    """
    if len(batches) > 1:
        raise ArgumentError(
            f"a TrialDataset yields batches already, and the DataLoader has batch_size={len(batches)}; use "
            "DataLoader(dataset, batch_size=None) and the batch_size of the TrialDataset."
        )
    return batches[0]


default_collate_fn_map[TensorBatch] = one_batch
