"""Trained networks that make the same reach, and what they do when their target is tampered with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import torch

from ....agents.network.rate_rnn import RateRNN
from ....agents.network.recording import outputs_of, states_of
from ....agents.training.run import Run, load_run
from ....envs.names import check_name
from ....envs.tasks.reaching import DelayedReach
from ....envs.trial import TrialBatch
from ....envs.typechecked import typechecked
from ...studies.kao2019.networks import probe, runs_of, setting
from ...studies.kao2019.perturbations import KINDS, PERIODS, noisy_error, opposite
from ...studies.study import Job

REACHERS: Mapping[str, Job] = {
    "held": setting("tanh", 1e-2, "held", 0.02, networks=1),
    "extinguished": setting("tanh", 1e-2, "extinguished_at_go", 0.02, networks=1),
    "stranger": setting("relu", 1e-2, "extinguished_at_go", 0.02, networks=1),
    "noisy": setting("tanh", 1e-2, "held", 0.5, networks=1),
}
"""What the networks of the lesson were trained on: jobs of the study kao2019, of each the first network."""

_FOLDER = Path(__file__).with_name("trained")

Tampering = Literal["untouched", "zeroed at go", "swapped at go", "switched before go"]
SWITCH_MS = 200
"""How long the first target of a switch is shown."""


@dataclass(frozen=True)
class Reacher:
    """A trained network, and its noise-free behaviour in one trial for each of eight targets.

    Attributes:
        name: "held", "extinguished", "stranger" or "noisy".
        task: What it was trained on.
        network: The network, in double precision.
        batch: The trials: a delay of 400 ms, go, 150 ms until the movement, which takes 400 ms.
        states: Voltages x, (T, 8, N).
        rates: Rates r = f(x), (T, 8, N).
        outputs: Velocity of the hand, (T, 8, 2); its peak is about 1.
    """

    name: str
    network: RateRNN
    task: DelayedReach
    batch: TrialBatch
    states: np.ndarray
    rates: np.ndarray
    outputs: np.ndarray

    def window(self, period: str, start_ms: float, stop_ms: float) -> slice:
        """The bins from one time to another, both counted from the start of a period (ms)."""
        first, dt = self.batch.first_bin(period), self.batch.dt
        return slice(first + round(start_ms / dt), first + round(stop_ms / dt))

    def respond(self, inputs: np.ndarray) -> np.ndarray:
        """Velocity of the hand (T, B, 2) for inputs (T, B, 3), without noise in the units."""
        return outputs_of(self.network, inputs)


def write_networks(folder: Path = _FOLDER) -> None:
    """Train the networks of the lesson and write them as runs; takes a minute or two, and needs nothing else.

    ``python -c "from cogdyn.lessons.chapters.one_reach import reachers; reachers.write_networks()"`` makes what travels
    with the package. On another machine rounding differs, and so do the weights, a little.

    Args:
        folder: Where to write a folder for each network.
    """
    for name, job in REACHERS.items():
        (run,) = runs_of(job)
        # The optimiser's memory, twice as large as the weights, is left out: nobody trains on.
        Run(run.network, run.task, run.config, run.metrics).save(folder / f"reach-{name}")


@typechecked
def reacher(name: str) -> Reacher:
    """One of the trained networks that travel with the package.

    Args:
        name: ``"held"``: its target was shown until the end; ``"extinguished"``: until go; ``"stranger"``: until go,
            and its units are rectified, those of the others tanh; ``"noisy"``: until the end, with much noise on all
            inputs, of which the trials here are free.

    Raises:
        ValueError: If there is no such network.
    """
    run = load_run(_FOLDER / f"reach-{check_name('network', name, REACHERS)}")
    if not isinstance(run.task, DelayedReach):
        raise ValueError(f"{name} was trained on {run.task.name}, not on a delayed reach.")
    network, batch = run.network.double(), probe(run.task)
    states = states_of(network, batch.inputs)
    with torch.no_grad():
        rates, outputs = network.rates(states), network.outputs(states)
    return Reacher(name, network, run.task, batch, states.numpy(), rates.numpy(), outputs.numpy())


@typechecked
def tampered(reacher: Reacher, how: Tampering) -> tuple[np.ndarray, np.ndarray]:
    """Inputs (T, 8, 3) of trials whose target was tampered with, and the velocity (T, 8, 2) with which they compare.

    Zeroed or swapped for that on the other side from go on, a target is compared with itself; where that on the other
    side was shown for the first 200 ms of the delay, the right one at the end.
    """
    batch = reacher.batch
    check_name("tampering", how, get_args(Tampering))
    go, first, inputs = batch.first_bin("reaction"), batch.first_bin("delay"), batch.inputs.copy()
    channels = reacher.task.input_groups["target"]
    if how == "zeroed at go":
        inputs[go:, :, channels] = 0.0
    elif how == "swapped at go":
        inputs[go:, :, channels] = opposite(batch, channels)[go - 1]
    elif how == "switched before go":
        change = first + round(SWITCH_MS / batch.dt)
        inputs[first:change, :, channels] = opposite(batch, channels)[first:change]
    return inputs, batch.targets


@typechecked
def noise_errors(reacher: Reacher, sd: float = 0.5, repeats: int = 32) -> dict[str, float]:
    """Miss relative to the distance of the target, with noise on the target's channels.

    Args:
        reacher: The network.
        sd: Standard deviation of the noise; in each bin of 10 ms where it is white, of the whole trial where frozen.
        repeats: Trials for each target.

    Returns:
        The error by kind, white or frozen, and period, before or after go.
    """
    cells = [(kind, period) for kind in KINDS for period in PERIODS]
    return {
        f"{kind}, {period}": noisy_error(reacher.task, reacher.network, kind, period, sd, repeats)
        for kind, period in cells
    }
