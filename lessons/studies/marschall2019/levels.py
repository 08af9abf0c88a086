"""Losses that show how much of a task is known, computed from the task."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from ....agents.credit.losses import task_loss
from ....agents.network.data import TensorBatch, tensors
from .learners import SETTINGS, Setting


def levels(setting: str) -> dict[str, float]:
    """Loss of who knows nothing but the mean, and in Add (nats) the first, or both of the bits behind a label.

    They follow from trials without noise, of which nothing is taken for granted but that labels of Add depend on two
    bits.
    """
    chosen = SETTINGS[setting]
    return _of_bits(chosen) if chosen.task == "Add" else {"nothing": _of_the_mean(chosen)}


def _of_bits(chosen: Setting) -> dict[str, float]:
    batch = replace(chosen, arguments=chosen.arguments | {"noise": 0.0}).make().sample(50, seed=0)
    bits, label = batch.inputs[..., 0] > 0.5, batch.targets[..., 0]
    lags = [int(lag) * chosen.arguments.get("tau_task", 1) for lag in chosen.arguments["lags"]]
    counted = np.arange(max(lags), len(label))
    first, second = (bits[counted - lag] for lag in lags)
    y = np.array([[label[counted][(first == a) & (second == b)].mean() for b in (0, 1)] for a in (0, 1)])
    known = {"nothing": np.full((2, 2), y.mean()), "the first": y.mean(axis=1, keepdims=True) + 0 * y, "both": y}
    return {name: float(_cross_entropy(y, p).mean()) for name, p in known.items()}


def _cross_entropy(y: np.ndarray, p: np.ndarray) -> np.ndarray:
    """What an answer p costs where the label is 1 with probability y, in nats."""
    terms = [np.where(v > 0, v * np.log(np.where(v > 0, q, 1)), 0) for v, q in ((y, p), (1 - y, 1 - p))]
    return -(terms[0] + terms[1])


def _of_the_mean(chosen: Setting) -> float:
    batch = chosen.make().sample(200, seed=0)
    data: TensorBatch = tensors(batch, torch.zeros(()))
    weight = data.mask[..., None] / data.mask.sum()
    mean = (weight * data.targets).sum((0, 1))
    return float(task_loss(mean.expand(data.targets.shape), data.targets, data.mask))
