"""Gated networks on the tasks of the study of bridges: what is possible where memory is built into the units."""

from __future__ import annotations

import time

import torch
from torch import Tensor, nn

from ....agents import Trajectory
from ....agents.network.own_networks import register_network
from ....agents.rules import BPTT
from ....agents.training.learner import Learner
from ....envs import Task
from ..study import Job, Row
from .arms import CRITERION, EVERY, N_TEST, cell_of, task_of

CELLS: dict[str, type[nn.LSTM] | type[nn.GRU]] = {"LSTM": nn.LSTM, "GRU": nn.GRU}
LR = 1e-3


@register_network
class Gated(nn.Module):
    """PyTorch's LSTM or GRU, read out through a sigmoid.

    Args:
        cell: ``"LSTM"``, whose state joins what it shows and what it keeps, or ``"GRU"``.
        n_inputs: Number of input channels.
        n_units: Number of units N.
        n_outputs: Number of outputs.
        dt: Bin width (ms).
        seed: Seed of the weights, which are U(-1, 1) / sqrt(N) as PyTorch has them.
    """

    def __init__(self, cell: str, n_inputs: int, n_units: int, n_outputs: int, dt: float, seed: int):
        super().__init__()
        self.n_inputs, self.n_outputs, self.dt = n_inputs, n_outputs, dt
        self.config = {"cell": cell, "n_inputs": n_inputs, "n_units": n_units, "n_outputs": n_outputs}
        self.config |= {"dt": dt, "seed": seed}
        self.cell = CELLS[cell](n_inputs, n_units)
        self.readout = nn.Linear(n_units, n_outputs)
        generator = torch.Generator().manual_seed(seed)
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -(n_units**-0.5), n_units**-0.5, generator)

    def initial_state(self, batch_size: int) -> Tensor:
        """The state before the first bin, 0, (B, N), or (B, 2 N)."""
        width = self.cell.hidden_size * (2 if isinstance(self.cell, nn.LSTM) else 1)
        return self.readout.weight.new_zeros(batch_size, width)

    def forward(
        self,
        inputs: Tensor,
        h: Tensor | None = None,
        *,
        noise: float | None = None,
        generator: torch.Generator | None = None,
    ) -> Trajectory:
        """Run the network, which has no noise, over trials (T, B, n_in)."""
        h = self.initial_state(inputs.shape[1]) if h is None else h
        parts = tuple(part.contiguous() for part in h[None].split(self.cell.hidden_size, dim=-1))
        rates, last = self.cell(inputs, parts if len(parts) == 2 else parts[0])
        state = torch.cat(last, dim=-1) if isinstance(last, tuple) else last
        return Trajectory([rates], torch.sigmoid(self.readout(rates)), state[0])


def measure_gated(job: Job) -> list[Row]:
    """Train one network with Adam and a clipped gradient, as the arms of the study are."""
    task = task_of(*cell_of(job))
    rows = []
    for s in range(job["networks"]):
        start = time.process_time()
        network = Gated(job["arm"], task.n_inputs, 50, task.n_outputs, task.dt, job["first_seed"] + s)
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
    """Number of updates and score, every hundred updates until the criterion is reached, and at the end.

    The first batch has the number 0, and 1 in :func:`~cogdyn.agents.train`: the table of the study has these trials.
    """
    learner, scores = Learner(network, BPTT(lr=lr)), list[tuple[int, float]]()
    for step in range(1, steps + 1):
        learner.update(learner.trials(task, 20, seed, step - 1))
        if step % EVERY == 0 or step == steps:
            [score] = learner.scores(task, N_TEST, seed)
            scores.append((step, score))
            if score >= CRITERION:
                break
    return scores
