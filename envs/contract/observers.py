"""Promises about scores: the ideal observer, the guesser, the one who does nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..painted_task import PaintedTask
from ..task import Task
from .requirement import margin, require
from .trials import ideal_batch

N_TRIALS = 1000


def check_ideal(task: Task) -> None:
    """The ideal observer scores the ceiling on 1,000 trials."""
    ceiling = task.ceiling
    require(task.chance < ceiling <= 1, f"chance is {task.chance}, ceiling {ceiling}; chance < ceiling <= 1.")
    batch = ideal_batch(task, N_TRIALS, seed=6)
    score = task.score(task.ideal(batch), batch).mean()
    require(
        abs(score - ceiling) <= margin(ceiling, N_TRIALS),
        f"the ideal observer scores {score:.4f} on {N_TRIALS:,} trials, and the ceiling is {ceiling:.4f}; either "
        "ideal misses something that the inputs show, or the noise is irreducible and ceiling must say so.",
    )


def check_ideal_without_noise(task: Task) -> None:
    """Where noise alone keeps the ideal observer from 1, it makes no error without noise."""
    if not isinstance(task, PaintedTask):
        return
    quiet = replace(task, noise=0.0)
    if quiet.ceiling == 1:
        batch = ideal_batch(quiet, 200, seed=7)
        scores = quiet.score(quiet.ideal(batch), batch)
        require((scores == 1).all(), f"without noise the ideal observer fails in {(scores < 1).sum()} of 200 trials.")


def check_ideal_sees_inputs_only(task: Task) -> None:
    """The ideal observer reads neither conditions nor targets nor the mask."""
    batch = ideal_batch(task, 50, seed=8)
    blank = replace(batch, conditions={}, targets=np.zeros_like(batch.targets), mask=np.zeros_like(batch.mask))
    try:
        alike = np.array_equal(task.ideal(blank), task.ideal(batch))
    except KeyError as error:
        raise AssertionError(f"ideal reads the condition {error}, which no observer sees; use inputs alone.") from error
    require(alike, "ideal reads the targets or the mask, which no observer sees; use inputs and periods alone.")


def check_guess(task: Task) -> None:
    """The guesser scores chance on 1,000 trials."""
    batch = task.sample(N_TRIALS, seed=9)
    score = task.score(task.guess(batch, 10), batch).mean()
    require(
        abs(score - task.chance) <= margin(task.chance, N_TRIALS),
        f"the guesser scores {score:.4f} on {N_TRIALS:,} trials, and chance is {task.chance:.4f}.",
    )


def check_hold(task: Task) -> None:
    """Doing nothing earns nothing where a response is due, and full marks where withholding is right."""
    batch = task.sample(200, seed=11)
    scores = task.score(task.hold(batch), batch)
    if task.kind != "choice":
        require(scores.mean() < task.ceiling, "outputs of zero score as much as the ideal observer.")
        return
    stops = [stop - 1 for _, stop in batch.windows(task.response_period)]
    due = np.array([batch.targets[stop, np.arange(200)] > 0 for stop in stops])
    require(due.any(), "no response is ever due.")
    require((scores[due.all(axis=0)] == 0).all(), "fixating earns something in trials in which a response is due.")
    require((scores[~due.any(axis=0)] == 1).all(), "withholding earns less than 1 in trials in which it is right.")


def check_score(task: Task) -> None:
    """Scores lie in [0, 1], are the same in any batch, and outputs that cannot be judged are refused."""
    batch = task.sample(50, seed=12)
    outputs = np.random.default_rng(0).standard_normal((*batch.mask.shape, task.n_outputs))
    scores = task.score(outputs, batch)
    require(scores.shape == (50,), f"scores have shape {scores.shape}; promised: one for each of 50 trials.")
    require(((scores >= 0) & (scores <= 1)).all(), "scores leave [0, 1].")
    alone = batch.trial(7)
    again = task.score(outputs[: len(alone.inputs), 7:8], alone)[0]
    require(abs(again - scores[7]) < 1e-12, "a trial alone is scored in another way than in its batch.")
    unfit = np.full_like(outputs, np.nan)
    for wrong, reason in ((outputs[:-1], "are a bin too short"), (outputs[..., :-1], "lack one"), (unfit, "are NaN")):
        try:
            task.score(wrong, batch)
        except ValueError:
            continue
        require(False, f"score judges outputs that {reason}; pass them through self.checked(outputs, batch) first.")
