"""One clear error where memory does not suffice for the trials of an update or an evaluation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from ...envs.gym_task import GymTask
from ...envs.task import Task
from .protocol import Network, first_parameter


@contextmanager
def memory_errors_told(task: Task, network: Network, batch_size: int, n_test: int, networks: int = 1) -> Iterator[None]:
    """Say how large the arrays are, and what to lower, where NumPy or PyTorch say that memory does not suffice.

    Raises:
        MemoryError: Instead of their errors.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        n_bins = task.n_bins if isinstance(task, GymTask) else len(task.sample(1, seed=0).inputs)
        trials = max(batch_size, n_test)
        like, n_units = first_parameter(network), network.initial_state(1).shape[-1]
        bytes_of_rates = networks * n_bins * trials * n_units * like.element_size()
        of = f"{networks} networks, " if networks > 1 else ""
        raise MemoryError(
            f"memory does not suffice on {like.device}: the rates of {of}{trials:,} trials, about "
            f"{n_bins:,} bins and {n_units:,} units alone take {bytes_of_rates / 2**30:.3g} GiB, and learning "
            f"keeps several such arrays. Lower batch_size ({batch_size:,}), n_test ({n_test:,})"
            f"{', the ensemble' if networks > 1 else ''}, the units, or how long trials last."
        ) from error


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error of NumPy or PyTorch is for want of memory."""
    of_torch = isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error)
    return isinstance(error, MemoryError) or of_torch
