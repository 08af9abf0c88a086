"""Gated networks on the tasks of the study of bridges: what is possible where memory is built into the units."""

from __future__ import annotations

import time
from itertools import islice

import torch
from torch import Tensor, nn

from ....agents.credit.losses import task_loss
from ....agents.network.data import tensors
from ....envs import Task
from ..study import Job, Row
from .arms import CRITERION, EVERY, N_TEST, cell_of, task_of

CELLS: dict[str, type[nn.LSTM] | type[nn.GRU]] = {"LSTM": nn.LSTM, "GRU": nn.GRU}
LR = 1e-3


class Gated(nn.Module):
    """PyTorch's LSTM or GRU, read out through a sigmoid.

    Args:
        cell: ``"LSTM"`` or ``"GRU"``.
        n_inputs: Number of input channels.
        n_units: Number of units N.
        n_outputs: Number of outputs.
        seed: Seed of the weights, which are U(-1, 1) / sqrt(N) as PyTorch has them.
    """

    def __init__(self, cell: str, n_inputs: int, n_units: int, n_outputs: int, seed: int):
        super().__init__()
        self.cell = CELLS[cell](n_inputs, n_units)
        self.readout = nn.Linear(n_units, n_outputs)
        generator = torch.Generator().manual_seed(seed)
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -(n_units**-0.5), n_units**-0.5, generator)

    def forward(self, inputs: Tensor) -> Tensor:
        """Outputs (T, B, n_out) for inputs (T, B, n_in)."""
        return torch.sigmoid(self.readout(self.cell(inputs)[0]))


def measure_gated(job: Job) -> list[Row]:
    """Train one network with Adam and a clipped gradient, as the arms of the study are."""
    task = task_of(*cell_of(job))
    rows = []
    for s in range(job["networks"]):
        start = time.process_time()
        network = Gated(job["arm"], task.n_inputs, 50, task.n_outputs, seed=job["first_seed"] + s)
        scores = _train(task, network, job["steps"], job["lr"], job["first_seed"])
        rows.append(
            {
                "network": s,
                "solved": scores[-1][1] >= CRITERION,
                "updates": scores[-1][0],
                "score": scores[-1][1],
                "best_score": max(score for _, score in scores),
                "cpu_seconds": time.process_time() - start,
            }
        )
    return rows


def _train(task: Task, network: Gated, steps: int, lr: float, seed: int) -> list[tuple[int, float]]:
    """Number of updates and score, every hundred updates until the criterion is reached, and at the end."""
    adam = torch.optim.Adam(network.parameters(), lr)
    test = next(task.stream(N_TEST, seed, "test"))
    scores: list[tuple[int, float]] = []
    for step, batch in enumerate(islice(task.stream(20, seed), steps), start=1):
        data = tensors(batch, network.readout.weight)
        adam.zero_grad()
        task_loss(network(data.inputs), data.targets, data.mask).backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        adam.step()
        if step % EVERY == 0 or step == steps:
            with torch.no_grad():
                outputs = network(tensors(test, network.readout.weight).inputs).numpy()
            scores.append((step, float(task.score(outputs, test).mean())))
            if scores[-1][1] >= CRITERION:
                break
    return scores
