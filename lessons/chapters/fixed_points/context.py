"""A decision that depends on the context: the line along which a network integrates, and what it reads its input with.

The question, the line attractor and the selection vector are from Mante, Sussillo, Shenoy & Newsome 2013, Nature,
doi:10.1038/nature12742; the networks are ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from ....agents.dynamics import FixedPoints, LineAttractor, fixed_points, line_attractor_score, sample_candidates
from ....agents.dynamics import selection_vector as selection_vectors
from ....agents.dynamics.line_attractor import slowest_mode
from ....agents.network.rate_rnn import RateRNN
from ....agents.network.recording import states_in_trials, step_at
from ....agents.rules import BPTT
from ....agents.training.loop import train
from ....agents.training.run import Run, load_run
from ....envs.durations import Uniform
from ....envs.errors import ArgumentError
from ....envs.names import check_name
from ....envs.registry import make_task
from ....envs.tasks.context_decisions import MODALITIES, ContextDecisionMaking
from ....envs.typechecked import typechecked

N_NETWORKS = 4
_FOLDER = Path(__file__).with_name("trained")


@dataclass(frozen=True)
class ContextLine:
    """Where a network stands still, or nearly so, while both kinds of evidence balance, in one context.

    Attributes:
        context: The modality that counts.
        inputs: u: the fixation light, the context, and as much evidence for either side, (n_in,).
        paths: Mean states over the first 600 ms of the stimulus, after trials by side of motion and of colour: both
            left, motion left and colour right, the other way round, both right, (T, 4, N).
        choice: Difference of the mean states at the end of the stimulus, left less right, of length one, (N,).
        slow_points: Fixed and slow points, K of them.
        line: How much these are like a line attractor; ``line.order`` are the points from one end to the other.
    """

    context: str
    inputs: np.ndarray
    paths: np.ndarray
    choice: np.ndarray
    slow_points: FixedPoints
    line: LineAttractor


@dataclass(frozen=True)
class Selection:
    """What is left of evidence in one context, at each of P points along a line.

    Attributes:
        vectors: Selection vectors of length one: what is read of a push; positive is towards left, (P, N).
        pushes: By modality, how evidence for left of strength one pushes the state within a bin, (N,).
        cosines: By modality, the cosine of the push and the selection vector, (P,).
        along_choice: Cosine of the slowest mode and the direction of the choice, (P,).
    """

    vectors: np.ndarray
    pushes: Mapping[str, np.ndarray]
    cosines: Mapping[str, np.ndarray]
    along_choice: np.ndarray


def context_task() -> ContextDecisionMaking:
    """What the networks of the lesson learned: evidence for 200 to 1,200 ms, then a delay of 100 to 400 ms."""
    task = make_task("ContextDecisionMaking", stimulus_ms=Uniform(200, 1200), delay_ms=Uniform(100, 400))
    assert isinstance(task, ContextDecisionMaking)
    return task


def write_context_networks(folder: Path = _FOLDER) -> None:
    """Train the networks of the lesson and write them as runs; takes some ten seconds, and needs nothing else.

    ``python -c "from cogdyn.lessons.chapters.fixed_points import context; context.write_context_networks()"`` makes
    what travels with the package: the networks of seeds 1 to 4, whatever becomes of them. On another machine rounding
    differs.
    """
    task = context_task()
    first = RateRNN(
        task.n_inputs, 40, task.n_outputs,
        dt=20, tau=100, activation="tanh", leak="voltage", noise=0.1, seed=1,
    )  # fmt: skip
    runs = train(
        task, first, BPTT(lr=3e-3), steps=400, batch_size=32,
        seed=1, evaluate_every=100, n_test=300, ensemble=N_NETWORKS,
    )  # fmt: skip
    for number, run in enumerate(runs, 1):
        # The optimiser's memory is left out: nobody trains on.
        Run(run.network, task, run.config, run.metrics).save(folder / f"context-{number}")


@typechecked
def context_network(number: int) -> RateRNN:
    """One of the networks that travel with the package, in double precision; its leak is on the voltage.

    Raises:
        ValueError: If there is no network of this number, 1 to 4.
    """
    if number not in range(1, N_NETWORKS + 1):
        raise ValueError(f"number is {number!r}; allowed: 1 to {N_NETWORKS}.")
    return load_run(_FOLDER / f"context-{number}").network.double()


def balanced_input(task: ContextDecisionMaking, context: str) -> np.ndarray:
    """What comes in during the stimulus when both sides of either modality are as strong, (n_in,)."""
    u, groups = np.zeros(task.n_inputs), task.input_groups
    u[groups["fixation"]] = 1.0
    u[groups["context"]] = np.eye(2)[MODALITIES.index(context)]
    for modality in MODALITIES:
        u[groups[modality]] = 0.5
    return u


@typechecked
def context_line(
    task: ContextDecisionMaking,
    network: RateRNN,
    context: str,
    slow: float = 1.0,
    n_candidates: int = 300,
    merge_distance: float = 0.2,
) -> ContextLine:
    """Fixed and slow points among the states of trials in one context.

    Args:
        task: The task.
        network: A network in double precision that has learned the task; its noise is left out.
        context: The modality that counts, ``"motion"`` or ``"colour"``.
        slow: Speed below which a state counts as slow (per second).
        n_candidates: Number of states of trials from which to search.
        merge_distance: Distance below which two points are one.

    Raises:
        ValueError: If there is no such context.
    """
    check_name("context", context, MODALITIES)
    if not slow > 0:
        raise ArgumentError(f"slow is {slow}; a speed is above 0.")
    batch = task.sample(256, seed=99)
    states = states_in_trials(network, batch)
    mine = np.flatnonzero(batch.conditions["context"] == MODALITIES.index(context))
    start, stop = (edges[mine] for edges in batch.periods["stimulus"])
    during = [states[a:b, trial] for a, b, trial in zip(start, stop, mine, strict=True)]
    sides = np.stack([batch.conditions[f"{modality}_side"][mine] for modality in MODALITIES], axis=1)
    relevant = sides[:, MODALITIES.index(context)]
    ends = np.stack([path[-1] for path in during])
    choice = ends[relevant == 1].mean(axis=0) - ends[relevant == 2].mean(axis=0)
    first = round(600 / task.dt)
    long = np.array([len(path) >= first for path in during])
    paths = [
        np.mean([during[k][:first] for k in np.flatnonzero(long & (sides == pair).all(axis=1))], axis=0)
        for pair in ((1, 1), (1, 2), (2, 1), (2, 2))
    ]
    u = balanced_input(task, context)
    points = fixed_points(
        step_at(network, u),
        sample_candidates(np.concatenate(during), n_candidates, seed=0),
        dt=network.dt,
        tolerance=(slow * network.dt / 1000) ** 2 / 2,
        merge_distance=merge_distance,
    )
    line = line_attractor_score(points)
    return ContextLine(context, u, np.stack(paths, axis=1), choice / np.linalg.norm(choice), points, line)


@typechecked
def selection(task: ContextDecisionMaking, network: RateRNN, there: ContextLine) -> Selection:
    r"""Compare what a network reads with how evidence pushes its state.

    A push b moves the state along the line by :math:`l \cdot b`, with l the left eigenvector of the slowest mode; the
    rest is forgotten. Where the leak is on the voltage, evidence pushes the state in the same way at every point and
    in both contexts, :math:`b = \alpha W_{in} \Delta u`, so what differs is l.

    Args:
        task: The task.
        network: The network, in double precision.
        there: Its points in one context.

    Raises:
        ValueError: If the network leaks on the rate, or no point was found.
    """
    if network.leak != "voltage":
        raise ValueError("pushes are the same everywhere for leak='voltage' only.")
    if not len(there.slow_points):
        raise ValueError(f"no fixed or slow point was found: {there.slow_points.summary}")
    order = there.line.order if len(there.line.order) else np.arange(len(there.slow_points))
    vectors = selection_vectors(there.slow_points)[order]
    slowest = slowest_mode(there.slow_points)[order]
    modes = np.real(there.slow_points.right_eigenvectors[order, :, slowest])
    # A left eigenvector and its right one agree in sign, as their product is positive.
    left = np.real(there.slow_points.left_eigenvectors[order, slowest])
    towards_left = np.sign(modes @ there.choice)
    signs = np.sign((vectors * left).sum(axis=1)) * towards_left
    vectors = signs[:, None] * vectors
    pushes = {modality: _push(task, network, modality) for modality in MODALITIES}
    return Selection(
        vectors=vectors,
        pushes=pushes,
        cosines={modality: vectors @ push / np.linalg.norm(push) for modality, push in pushes.items()},
        along_choice=np.abs(modes @ there.choice),
    )


def _push(task: ContextDecisionMaking, network: RateRNN, modality: str) -> np.ndarray:
    """How evidence of strength one for left moves the state within a bin, (N,)."""
    with torch.no_grad():
        weights = network.input_weights[:, task.input_groups[modality]]
        return (network.alpha * (weights @ weights.new_tensor([0.5, -0.5]))).numpy()


@typechecked
def pulse_left(
    task: ContextDecisionMaking, network: RateRNN, there: ContextLine, modality: str, ms: float = 1000
) -> np.ndarray:
    """How far a pulse of evidence has moved the state, by the time since the pulse.

    From the middle of the line the network is followed twice, once with a pulse of 100 ms and strength 0.5 for left,
    once without.

    Args:
        task: The task.
        network: The network, in double precision.
        there: Its points in one context.
        modality: What the pulse is of.
        ms: How long to follow (ms).

    Returns:
        The distance of both states as a fraction of that at the end of the pulse, (ms / dt + 1,).
    """
    order = there.line.order if len(there.line.order) else np.arange(len(there.slow_points))
    start = there.slow_points.points[order[len(order) // 2]]
    inputs = np.tile(there.inputs, (round((100 + ms) / task.dt), 2, 1))
    width = round(100 / task.dt)
    inputs[:width, 1, task.input_groups[modality]] += [0.25, -0.25]
    h, apart = torch.from_numpy(np.stack([start, start])), []
    with torch.no_grad():
        for u in torch.from_numpy(inputs):
            h = network.step(h, u)
            apart.append(float(torch.linalg.vector_norm(h[0] - h[1])))
    return np.array(apart[width - 1 :]) / apart[width - 1]
