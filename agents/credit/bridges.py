"""Bridges through time: trials cut into blocks, at whose ends the state is joined with that at their start."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ...envs.durations import in_bins
from ...envs.trial import TrialBatch
from ..network.rate_rnn import RateRNN
from ..network.trajectory import Trajectory


@dataclass(frozen=True)
class Blocks:
    """Where the blocks of each trial begin and end.

    Attributes:
        starts: Whether a block begins before bin t, (T + 1, B) bool.
        ends: Whether a block ends before bin t, (T + 1, B) bool.
    """

    starts: np.ndarray
    ends: np.ndarray


class Start(NamedTuple):
    """Where a block starts: the state (B, N) before its first bin, and the input (B, n_in) in it."""

    state: Tensor
    inputs: Tensor


Join = Callable[[Start, Tensor], Tensor]
"""What the state is after a block, of what it was at its start and of what the dynamics made of it, (B, N)."""


def lag_in_bins(lag_ms: float, batch: TrialBatch) -> int:
    """A lag in bins.

    Raises:
        ValueError: If it is no whole number of bins, two or more.
    """
    lag = in_bins(lag_ms, batch.dt, "lag_ms")
    if lag < 2:
        raise ValueError(f"lag_ms is {lag_ms:g}; a bridge spans two bins of {batch.dt:g} ms or more.")
    return lag


def blocks_of(batch: TrialBatch, lag_ms: float) -> Blocks:
    """Cut each period into blocks that last as long as the lag, from its beginning; a shorter rest is no block.

    Raises:
        ValueError: If no period of any trial is as long as a block.
    """
    lag = lag_in_bins(lag_ms, batch)
    boundaries = np.arange(len(batch.inputs) + 1)[:, None]
    starts = np.zeros((len(boundaries), batch.batch_size), bool)
    ends = starts.copy()
    for start, stop in batch.periods.values():
        since = boundaries - start
        within = (since >= 0) & (boundaries <= stop) & (since % lag == 0)
        starts |= within & (boundaries + lag <= stop)
        ends |= within & (since > 0)
    if not ends.any():
        longest = max(int((stop - start).max()) for start, stop in batch.periods.values())
        raise ValueError(
            f"lag_ms is {lag_ms:g}, and the longest period takes {longest * batch.dt:g} ms: no bridge fits in any."
        )
    return Blocks(starts, ends)


def trials_of(batch: TrialBatch) -> Blocks:
    """The trials of a session as blocks: from the first bin of a segment to its last.

    Raises:
        ValueError: If the batch has no segments.
    """
    spans: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {}
    for name, span in batch.periods.items():
        _, _, number = name.rpartition(" ")
        if number.isdigit():
            spans.setdefault(number, []).append(span)
    if len(spans) < 2:
        raise ValueError("bridges across trials need a task whose trials are segments of a session.")
    boundaries = np.arange(len(batch.inputs) + 1)[:, None]
    starts = np.zeros((len(boundaries), batch.batch_size), bool)
    ends = starts.copy()
    for parts in spans.values():
        starts |= boundaries == np.min([start for start, _ in parts], axis=0)
        ends |= boundaries == np.max([stop for _, stop in parts], axis=0)
    return Blocks(starts, ends)


def run_bridged(
    network: RateRNN,
    inputs: Tensor,
    bridges: list[tuple[Blocks, Join]],
    generator: torch.Generator | None = None,
) -> Trajectory:
    """Run a network over trials whose state is joined at the end of each block.

    Args:
        network: The network.
        inputs: (T, B, n_in).
        bridges: Blocks, and how their ends are joined with their starts; where several end, in this order.
        generator: Source of the process noise.

    Returns:
        Rates, outputs and last state; a joined state shows in the rates and outputs of the last bin of its block.
    """
    initial = network.initial_state(inputs.shape[1])
    begun = [_begin(None, blocks, 0, initial, inputs) for blocks, _ in bridges]
    edges = np.any([blocks.starts[1:] | blocks.ends[1:] for blocks, _ in bridges], axis=(0, 2))

    def at_cut(t: int, state: Tensor) -> Tensor:
        for (blocks, join), start in zip(bridges, begun, strict=True):
            if start is not None and blocks.ends[t].any():
                state = _where(blocks.ends[t], join(start, state), state)
        begun[:] = [_begin(start, blocks, t, state, inputs) for (blocks, _), start in zip(bridges, begun, strict=True)]
        return state

    cuts = (np.flatnonzero(edges) + 1).tolist()
    return network(inputs, generator=generator, cuts=cuts, at_cut=at_cut)


def _begin(start: Start | None, blocks: Blocks, t: int, state: Tensor, inputs: Tensor) -> Start | None:
    """The starts of the blocks under way, those that begin now taking the place of older ones."""
    begins = blocks.starts[t]
    if not begins.any():
        return start
    if start is None or begins.all():
        return Start(state, inputs[t])
    return Start(_where(begins, state, start.state), _where(begins, inputs[t], start.inputs))


def _where(chosen: np.ndarray, these: Tensor, others: Tensor) -> Tensor:
    if chosen.all():
        return these
    return torch.where(torch.from_numpy(chosen).to(these.device)[:, None], these, others)
