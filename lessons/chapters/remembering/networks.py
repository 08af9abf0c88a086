"""The trained networks of "A network that remembers", shipped so that what it says of them holds anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ....agents.network.rate_rnn import RateRNN
from ....agents.rules import BPTT
from ....agents.training.loop import train
from ....agents.training.run import Run, load_run
from ....envs.registry import make_task
from ....envs.typechecked import typechecked

N_NETWORKS = 3
_FOLDER = Path(__file__).with_name("trained")


def write_memory_networks(folder: Path = _FOLDER, seeds: Sequence[int] = range(1, N_NETWORKS + 1)) -> None:
    """Train the networks of some seeds, by default of all, and write them as runs; takes one to two minutes.

    ``python -c "from cogdyn.lessons.chapters.remembering import networks; networks.write_memory_networks()"`` makes
    what travels with the package: the networks of seeds 1 to 3, trained as the lesson trains its own. Elsewhere
    rounding differs.
    """
    task = make_task("DelayMatchSample")
    for seed in seeds:
        network = RateRNN(task.n_inputs, 100, task.n_outputs, dt=20, tau=100, dale=0.8, noise=0.05, seed=seed)
        run = train(task, network, BPTT(lr=2e-3), steps=1000, seed=seed, stop_at=0.98)
        # Without the optimizer's memory: nobody resumes these.
        Run(run.network, task, run.config, run.metrics).save(folder / f"memory-{seed}")


@typechecked
def memory_network(number: int, folder: Path = _FOLDER) -> RateRNN:
    """A network that learned delayed match-to-sample with delays of 400 to 800 ms.

    Args:
        number: Its number, which is its seed.
        folder: Where :func:`write_memory_networks` wrote it; by default, what travels with the package.

    Raises:
        ValueError: If there is no network of this number, 1 to 3.
    """
    if number not in range(1, N_NETWORKS + 1):
        raise ValueError(f"number is {number!r}; allowed: 1 to {N_NETWORKS}.")
    return load_run(folder / f"memory-{number}").network
