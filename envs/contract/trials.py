"""Promises about painted batches: bytes, shapes, names, periods, mask, noise."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice, pairwise

import numpy as np

from ..painted_task import PaintedTask
from ..task import Task
from ..trial import TrialBatch
from .requirement import require


def arrays(batch: TrialBatch) -> list[np.ndarray]:
    """Every array of a batch."""
    spans = [bins for span in batch.periods.values() for bins in span]
    return [batch.inputs, batch.targets, batch.mask, *batch.conditions.values(), *spans]


def same(a: TrialBatch, b: TrialBatch) -> bool:
    """Whether two batches are the same to the byte."""
    pairs = zip(arrays(a), arrays(b), strict=True)
    return all(x.shape == y.shape and x.tobytes() == y.tobytes() for x, y in pairs)


def first_segment(task: Task, n: int, seed: int) -> TrialBatch:
    """The first segment of n sessions; of an open-loop task, n trials."""
    rng = np.random.default_rng(seed)
    return task.lay_out(task.draw(rng, n), rng)


def ideal_batch(task: Task, n: int, seed: int) -> TrialBatch:
    """Trials for the ideal observer; sessions are those in which it chose itself."""
    return task.sample(n, seed, task.ideal_policy())


def check_seeds(task: Task) -> None:
    """The same seed gives the same bytes, another seed others, and a generator continues."""
    first, again, other = (task.sample(32, seed) for seed in (3, 3, 4))
    advice = "draw everything from the generators that draw, complete and paint (canvas.rng) are given"
    require(same(first, again), f"two batches of the same seed differ; {advice}.")
    require(not same(first, other), f"seeds 3 and 4 give the same batch; {advice}.")
    rng = np.random.default_rng(3)
    taken, following = task.sample(32, rng), task.sample(32, rng)
    require(same(first, taken), "a generator seeded with 3 gives another batch than seed=3.")
    require(not same(taken, following), "a generator gives the same batch twice.")


def check_streams(task: Task) -> None:
    """The streams of training and test share no batch, and start anywhere."""
    train, test = (list(islice(task.stream(32, 0, split), 3)) for split in ("train", "test"))
    both = [*train, *test]
    require(not any(same(a, b) for i, a in enumerate(both) for b in both[:i]), "two batches of the streams are equal.")
    require(same(next(task.stream(32, 0, start=2)), train[2]), "batch 2 is another one when the stream starts with it.")


def check_arrays(task: Task) -> None:
    """Shapes and types are as promised, and every number is finite."""
    batch, n = task.sample(16, seed=0), 16
    n_bins = len(batch.inputs)
    kinds = {
        "choice": ((n_bins, n), np.int64),
        "continuous": ((n_bins, n, task.n_outputs), np.float32),
        "probability": ((n_bins, n, task.n_outputs), np.float32),
    }
    expected = {"inputs": ((n_bins, n, task.n_inputs), np.float32), "mask": ((n_bins, n), np.float32)}
    for name, (shape, kind) in (expected | {"targets": kinds[task.kind]}).items():
        array = getattr(batch, name)
        require(
            array.shape == shape and array.dtype == kind,
            f"{name} are {array.dtype} of shape {array.shape}; promised: {np.dtype(kind)} of shape {shape}.",
        )
    require(all(np.isfinite(array).all() for array in arrays(batch)), "the batch holds NaN or infinity.")
    low, high = {"choice": (0, task.n_outputs - 1), "continuous": (-1, 1), "probability": (0, 1)}[task.kind]
    require(
        batch.targets.min() >= low and batch.targets.max() <= high,
        f"targets lie between {batch.targets.min()} and {batch.targets.max()}; allowed: {low} to {high}.",
    )
    if task.kind == "probability":
        total = batch.targets.sum(axis=-1)[batch.mask > 0]
        require(np.abs(total - 1).max() < 1e-5, "target probabilities do not add up to 1.")
    require(batch.dt == task.dt and batch.kind == task.kind, "dt or kind of the batch are not those of the task.")
    for name, values in batch.conditions.items():
        require(
            values.shape == (n,) and values.dtype.kind in "bif",
            f"condition {name!r} is {values.dtype} of shape {values.shape}; promised: a number or bool per trial.",
        )


def check_names(task: Task) -> None:
    """Every channel, output, contrast and preset has a name, and the task says what it is and where it is from."""
    batch = first_segment(task, 2, seed=0)
    require(len(set(task.input_names)) == task.n_inputs, f"input names repeat: {task.input_names}.")
    require(len(set(task.output_names)) == task.n_outputs, f"output names repeat: {task.output_names}.")
    require(batch.inputs.shape[2] == task.n_inputs, "there are more or fewer inputs than names for them.")
    strange = set(task.contrasts) - set(batch.conditions)
    require(not strange, f"contrasts name {sorted(strange)}, which are no conditions: {sorted(batch.conditions)}.")
    require(task.family and type(task).__doc__, "say what it is: a docstring and a family.")
    links = ("doi:10.", "arXiv:", "https://")
    require(any(link in task.source for link in links), f"source is {task.source!r}; it needs a DOI or a link.")


def check_periods(task: Task) -> None:
    """The periods follow each other and fill the trial, and there is time to respond."""
    batch = task.sample(32, seed=1)
    spans = list(batch.periods.items())
    require((spans[0][1][0] == 0).all(), f"the first period, {spans[0][0]!r}, does not begin with the trial.")
    for (name, (_, stop)), (following, (start, _)) in pairwise(spans):
        require((stop == start).all(), f"{following!r} does not begin where {name!r} ends.")
    require(all((start <= stop).all() for _, (start, stop) in spans), "a period ends before it begins.")
    require(batch.lengths.max() == len(batch.inputs), "the batch is longer than its longest trial.")
    for start, stop in batch.windows(task.response_period):
        require((stop > start).all(), f"a response period ({task.response_period!r}) is empty in some trials.")


def check_mask(task: Task) -> None:
    """Nothing counts after the end of a trial nor in grace intervals, and something does in every trial."""
    batch = first_segment(task, 32, seed=2)
    time = np.arange(len(batch.inputs))[:, None]
    padding = time >= batch.lengths
    require((batch.mask >= 0).all(), "the mask has negative weights.")
    require((batch.mask[padding] == 0).all(), "bins after the end of a trial have weight.")
    require((batch.inputs[padding] == 0).all(), "inputs after the end of a trial are not 0.")
    require((batch.mask.sum(axis=0) > 0).all(), "in some trials no bin has weight: there is nothing to learn.")
    if isinstance(task, PaintedTask):
        grace = round(task.grace_ms / task.dt)
        for name, (start, stop) in list(batch.periods.items())[1:]:
            within = (time >= start) & (time < np.minimum(start + grace, stop))
            require((batch.mask[within] == 0).all(), f"the grace interval at the onset of {name!r} has weight.")


def check_noise(task: Task) -> None:
    """The noise has the promised size over 100 ms, whatever dt is."""
    if not isinstance(task, PaintedTask):
        return
    for dt in (task.dt, task.dt / 2):
        noisy, quiet = (first_segment(replace(task, dt=dt, noise=noise), 200, seed=5) for noise in (0.1, 0.0))
        require(noisy.inputs.shape == quiet.inputs.shape, "without noise the same seed gives trials of other lengths.")
        if noisy.lengths.min() * dt < 100:
            return
        bins = max(round(100 / dt), 1)
        noise = (noisy.inputs - quiet.inputs)[: noisy.lengths.min() // bins * bins]
        windows = noise.reshape(-1, bins, *noise.shape[1:]).mean(axis=1)
        std, size = windows.std(), windows.size
        require(
            abs(std / (0.1 * np.sqrt(100 / dt / bins)) - 1) <= 4 / np.sqrt(2 * size),
            f"noise=0.1 gives a standard deviation of {std:.4f} over 100 ms at dt={dt:g}; "
            "leave the observation noise to the canvas.",
        )
