"""Reaches whose input was tampered with: the target taken away, swapped, switched or moved, and noise."""

from __future__ import annotations

from typing import Literal

import numpy as np

from ....agents import RateRNN
from ....agents.dynamics import autonomy_score, variance_explained
from ....agents.network.recording import outputs_of
from ....envs.tasks.kinematics import settled
from ....envs.tasks.reaching import DelayedReach
from ....envs.trial import TrialBatch
from .networks import DT, probe

KINDS, PERIODS, LEVELS, REPEATS = ("white", "frozen"), ("before go", "after go"), (0.5, 1.0), 8
SWITCHES_MS = (0, 100, 200, 300, 400, 500)
"""Latencies from the onset of a target, which is seen for 400 ms before go, to its replacement."""
NOVEL_ANGLES = tuple(22.5 + 45.0 * k for k in range(8))
NOVEL_RADIUS = 0.7


def opposite(batch: TrialBatch, channels: slice) -> np.ndarray:
    """What each trial (T, B, k) would show in the target's channels, were the target the one on the other side."""
    return np.roll(batch.inputs[..., channels], batch.batch_size // 2, axis=1)


def autonomy(task: DelayedReach, network: RateRNN, kind: Literal["zeroed", "swapped"]) -> float:
    """R² about zero, for the target of the preparation, with the target's input changed from go on.

    Where the target goes out at go, to take it away changes nothing, and to swap it shows another one again.
    """
    batch = probe(task)
    go, channels, inputs = batch.first_bin("reaction"), task.input_groups["target"], batch.inputs.copy()
    last_seen = np.roll(inputs[go - 1, :, channels], batch.batch_size // 2, axis=0)
    inputs[go:, :, channels] = last_seen if kind == "swapped" else 0.0
    return autonomy_score(outputs_of(network, inputs), batch.targets)


def switched(task: DelayedReach, network: RateRNN, latency_ms: float) -> float | None:
    """R² about zero, for the second target, where another one, on the other side, was shown for a while.

    None where the first target goes out before the second is to come.
    """
    batch = probe(task)
    first = batch.first_bin("delay")
    change = first + round(latency_ms / DT)
    if task.target_input != "held" and change >= batch.first_bin("reaction"):
        return None
    channels, inputs = task.input_groups["target"], batch.inputs.copy()
    inputs[first:change, :, channels] = opposite(batch, channels)[first:change]
    return variance_explained(outputs_of(network, inputs), batch.targets, about_zero=True)


def novel(task: DelayedReach, network: RateRNN, what: Literal["angle", "radius"]) -> float | None:
    """R² about zero for targets between those of the training, or nearer; None where their code has no such target."""
    if task.target_code != "xy":
        return None
    batch = probe(task, angles=NOVEL_ANGLES) if what == "angle" else probe(task, radius=NOVEL_RADIUS)
    return variance_explained(outputs_of(network, batch.inputs), batch.targets, about_zero=True)


def relative_endpoint_error(outputs: np.ndarray, batch: TrialBatch) -> float:
    r"""Miss relative to the distance, :math:`\langle |\int (v - v^*)| \rangle / \langle |\int v^*| \rangle`.

    The integral runs over the movement and the 100 ms after it.

    Args:
        outputs: Velocities (T, R B, 2), of R repeats of the trials of a batch one after another.
        batch: The trials (T, B, ...).
    """
    onset, end = batch.first_bin("movement"), int(settled(batch.periods["movement"], DT)[1][0])
    goal = np.tile(batch.targets.astype(np.float64), (1, outputs.shape[1] // batch.batch_size, 1))[onset:end]
    missed, far = (np.linalg.norm(v.sum(axis=0), axis=-1).mean() for v in (outputs[onset:end] - goal, goal))
    return float(missed / far)


def noisy_error(
    task: DelayedReach, network: RateRNN, kind: str, period: str, sd: float, repeats: int = REPEATS, seed: int = 0
) -> float:
    """Endpoint error with noise on the input.

    Args:
        task: Its task.
        network: The network.
        kind: ``"white"``, drawn again in every bin, or ``"frozen"``, one draw for the trial.
        period: ``"before go"`` or ``"after go"``, on the target's channels; ``"whole trial"``, on all channels.
        sd: Standard deviation, of one bin; a target's distance is 1.
        repeats: Trials of each target.
        seed: Seed of the noise, so that all networks meet the same.
    """
    batch = probe(task)
    inputs = np.tile(batch.inputs, (1, repeats, 1)).astype(np.float64)
    go = batch.first_bin("reaction")
    bins = {"before go": slice(0, go), "after go": slice(go, None), "whole trial": slice(None)}[period]
    channels = slice(None) if period == "whole trial" else task.input_groups["target"]
    shape = inputs.shape if kind == "white" else (1, *inputs.shape[1:])
    noise = np.broadcast_to(np.random.default_rng(seed).standard_normal(shape), inputs.shape)
    inputs[bins, :, channels] += sd * noise[bins, :, channels]
    return relative_endpoint_error(outputs_of(network, inputs), batch)


def error_name(kind: str, period: str, sd: float) -> str:
    """Column of the table that holds the endpoint error with a kind of noise."""
    return f"{kind} {period} {sd:g}"
