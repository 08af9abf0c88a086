"""How well a network does on trials it has never seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from ...envs.gym_task import GymTask
from ...envs.numbers import whole_number
from ...envs.task import Task
from ...envs.trial import TrialBatch
from ...envs.typechecked import typechecked
from ..network.ensemble import ensemble_shape
from ..network.protocol import Network, check_forward, first_parameter
from ..network.rate_rnn import RateRNN
from .episode_returns import episode_returns


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
    """Lets a network choose in a task, segment by segment: its state continues from one to the next.

    Args:
        network: The network.
        generator: Source of its process noise; PyTorch's own when None.
        noise: Standard deviation of the process noise instead of the network's own.
    """

    def __init__(self, network: Network, generator: torch.Generator | None = None, noise: float | None = None):
        self.network, self.generator, self.noise = network, generator, noise
        self.rates: list[np.ndarray] = []
        self.outputs: list[np.ndarray] = []
        self._state: torch.Tensor | None = None

    @torch.no_grad()
    def __call__(self, segment: TrialBatch) -> np.ndarray:
        """Run through a segment; returns outputs (T, B, n_out), or of an ensemble (T, S, B, n_out).

        Raises:
            FloatingPointError: If those of a single network are not finite.
        """
        inputs = torch.from_numpy(segment.inputs).to(first_parameter(self.network))
        trajectory = self.network(inputs, self._state, noise=self.noise, generator=self.generator)
        if not ensemble_shape(self.network) and not torch.isfinite(trajectory.outputs).all():
            raise FloatingPointError("the network's outputs left the finite numbers")
        self._state = trajectory.state
        self.rates.append(trajectory.rates.cpu().numpy())
        self.outputs.append(trajectory.outputs.cpu().numpy())
        return self.outputs[-1]


def check_fit(task: Task, network: Network) -> None:
    """Refuse a network whose precision, channels, bins or kind of outputs do not fit the task.

    Raises:
        ValueError: If weights are not all float32 or all float64; if n_inputs, n_outputs or dt differ; if outputs of a
            RateRNN that are choices or probabilities are not linear; if another network returns no trajectory.
    """
    dtypes = {parameter.dtype for parameter in network.parameters()}
    if len(dtypes) != 1 or not dtypes <= {torch.float32, torch.float64}:
        found = " and ".join(sorted(map(str, dtypes))) or "no precision, without a parameter"
        raise ValueError(f"the network is in {found}; allowed: torch.float32, torch.float64.")
    theirs = {"n_inputs": task.n_inputs, "n_outputs": task.n_outputs, "dt": task.dt}
    wrong = [
        f"{name} is {getattr(network, name)} but the task's is {value}"
        for name, value in theirs.items()
        if getattr(network, name) != value
    ]
    if wrong:
        raise ValueError(f"the network does not fit {task.name}: {'; '.join(wrong)}.")
    if not isinstance(network, RateRNN):
        check_forward(network)
    elif task.kind != "continuous" and network.readout_activation != "linear":
        raise ValueError(
            f"the network does not fit {task.name}: its outputs end in a {network.readout_activation}, but those of "
            f"kind {task.kind!r} are logits, made probabilities by the loss. Use readout_activation='linear'."
        )


@typechecked
def evaluate(
    task: Task,
    network: Network,
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
    n_trials, number = whole_number("n_trials", n_trials, minimum=1), whole_number("number", number, minimum=0)
    batch, policy = _tested(task, network, n_trials, seed, number, noise)
    rates, outputs = np.concatenate(policy.rates), np.concatenate(policy.outputs)
    return Evaluation(batch, rates, outputs, task.score(outputs, batch))


def scores_of(task: Task, network: Network, n_trials: int, seed: int) -> list[float]:
    """The score that :func:`evaluate` finds for a network, or for each network of an ensemble, as if it were alone.

    In an ensemble, a network whose outputs are not finite scores 0. Of an environment that is stepped the score is the
    mean return of its episodes.

    Raises:
        FloatingPointError: If the outputs of a single network are not finite.
    """
    if isinstance(task, GymTask):
        return [float(episode_returns(task, network, n_trials, seed).mean())]
    batch, policy = _tested(task, network, n_trials, seed)
    outputs = np.concatenate(policy.outputs)
    each = outputs.swapaxes(0, 1) if ensemble_shape(network) else [outputs]
    return [float(task.score(one, batch).mean()) if np.isfinite(one).all() else 0.0 for one in each]


def _tested(
    task: Task, network: Network, n_trials: int, seed: int, number: int = 0, noise: float | None = None
) -> tuple[TrialBatch, NetworkPolicy]:
    """Trials of the test stream, and what a network did in them."""
    generator = torch.Generator(first_parameter(network).device)
    generator.manual_seed(step_seed(seed, "test", number))
    policy = NetworkPolicy(network, generator, noise)
    return next(task.stream(n_trials, seed, "test", start=number, policy=policy)), policy


def step_seed(seed: int, split: str, number: int) -> int:
    """Seed of the process noise of one batch: a function of its number, so that a resumed run draws the same."""
    branch = {"train": 2, "test": 3}[split]
    return int(np.random.SeedSequence(seed, spawn_key=(branch, number)).generate_state(1, np.uint64)[0] >> 1)
