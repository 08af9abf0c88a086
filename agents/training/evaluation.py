"""How well a network does on trials it has never seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from ...envs.numbers import whole_number
from ...envs.task import Task
from ...envs.trial import TrialBatch
from ...envs.typechecked import typechecked
from ..network.rate_rnn import RateRNN


@dataclass(frozen=True)
class Evaluation:
    """Trials, what the network did in them, and how each was scored.

    Attributes:
        batch: The trials.
        rates: (T, B, N) float32.
        outputs: (T, B, n_out) float32.
        scores: (B,) in [0, 1].
    """

    batch: TrialBatch
    rates: np.ndarray
    outputs: np.ndarray
    scores: np.ndarray

    def __repr__(self) -> str:
        """The score instead of all numbers."""
        return f"Evaluation: score {self.score:.3f} in {len(self.scores)} trials, {self.rates.shape[2]} units"

    @property
    def score(self) -> float:
        """Mean score."""
        return float(self.scores.mean())


class NetworkPolicy:
    """Lets a network choose in a task, segment by segment: its state goes on from one to the next.

    Args:
        network: The network.
        generator: Source of its process noise; PyTorch's own when None.
        noise: Standard deviation of the process noise instead of the network's own.
    """

    def __init__(self, network: RateRNN, generator: torch.Generator | None = None, noise: float | None = None):
        self.network, self.generator, self.noise = network, generator, noise
        self.rates: list[np.ndarray] = []
        self.outputs: list[np.ndarray] = []
        self._state: torch.Tensor | None = None

    @torch.no_grad()
    def __call__(self, segment: TrialBatch) -> np.ndarray:
        """Run through a segment; returns outputs (T, B, n_out).

        Raises:
            FloatingPointError: If they are not finite.
        """
        inputs = torch.from_numpy(segment.inputs).to(self.network.recurrent)
        trajectory = self.network(inputs, self._state, noise=self.noise, generator=self.generator)
        if not torch.isfinite(trajectory.outputs).all():
            raise FloatingPointError("the network's outputs left the finite numbers")
        self._state = trajectory.state
        self.rates.append(trajectory.rates.cpu().numpy())
        self.outputs.append(trajectory.outputs.cpu().numpy())
        return self.outputs[-1]


def check_fit(task: Task, network: RateRNN) -> None:
    """Refuse a network whose precision, channels, bins or kind of outputs do not fit the task.

    Raises:
        ValueError: If weights are neither float32 nor float64, n_inputs, n_outputs or dt differ, or outputs that are
            choices or probabilities are not linear.
    """
    if network.recurrent.dtype not in (torch.float32, torch.float64):
        raise ValueError(f"the network is in {network.recurrent.dtype}; allowed: torch.float32, torch.float64.")
    theirs = {"n_inputs": task.n_inputs, "n_outputs": task.n_outputs, "dt": task.dt}
    wrong = [
        f"{name} is {getattr(network, name)} but the task's is {value}"
        for name, value in theirs.items()
        if getattr(network, name) != value
    ]
    if wrong:
        raise ValueError(f"the network does not fit {task.name}: {'; '.join(wrong)}.")
    if task.kind != "continuous" and network.readout_activation != "linear":
        raise ValueError(
            f"the network does not fit {task.name}: its outputs end in a {network.readout_activation}, but those of "
            f"kind {task.kind!r} are logits, made probabilities by the loss. Use readout_activation='linear'."
        )


@typechecked
def evaluate(
    task: Task,
    network: RateRNN,
    n_trials: int = 1000,
    seed: int = 0,
    *,
    number: int = 0,
    noise: float | None = None,
) -> Evaluation:
    """Run a network on trials of the task's test stream, with its process noise.

    Args:
        task: The task.
        network: The network.
        n_trials: Number of trials B.
        seed: Seed of the test stream and of the process noise.
        number: Which batch of the test stream; different numbers share no trial.
        noise: Standard deviation of the process noise instead of the network's own.

    Raises:
        ValueError: If network and task do not fit.
        FloatingPointError: If the network's outputs are not finite.
    """
    check_fit(task, network)
    n_trials, number = whole_number("n_trials", n_trials, least=1), whole_number("number", number, least=0)
    generator = torch.Generator(network.recurrent.device)
    generator.manual_seed(step_seed(seed, "test", number))
    policy = NetworkPolicy(network, generator, noise)
    batch = next(task.stream(n_trials, seed, "test", start=number, policy=policy))
    rates, outputs = np.concatenate(policy.rates), np.concatenate(policy.outputs)
    return Evaluation(batch, rates, outputs, task.score(outputs, batch))


def step_seed(seed: int, split: str, number: int) -> int:
    """Seed of the process noise of one batch: a function of its number, so that a resumed run draws the same."""
    branch = {"train": 2, "test": 3}[split]
    return int(np.random.SeedSequence(seed, spawn_key=(branch, number)).generate_state(1, np.uint64)[0] >> 1)
