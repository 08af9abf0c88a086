"""Assignment 8: the clusters of a network with many tasks, and what lesions and composed rules show of them."""

from __future__ import annotations

from functools import partial

import numpy as np

from ..judging import Exercise, Slip, compares
from . import Work
from .clusters_inputs import rates, variances
from .clusters_lesions import LESIONS
from .clusters_of_points import NUMBER, STEP, instead
from .clusters_reference import shares, task_variance

VARIANCE = compares(
    rates,
    task_variance,
    (
        Slip(
            "the variance is taken over time.",
            "Over the conditions, bin by bin; then the mean over the bins.",
            lambda rates, start: rates[start:].var(axis=0).mean(axis=1).T,
        ),
        Slip(
            "the variance is taken over bins and conditions together.",
            "A unit that follows the cue alone would seem to do something: over the conditions, bin by bin.",
            lambda rates, start: rates[start:].var(axis=(0, 2)).T,
        ),
        Slip(
            "the mean over time comes first.",
            "A unit may prefer one condition early and another late: first the variance, then the mean.",
            lambda rates, start: rates[start:].mean(axis=0).var(axis=1).T,
        ),
        Slip(
            "fixation counts as well.",
            "From the bin start on: rates[start:].",
            lambda rates, start: task_variance(rates, 0),
        ),
        Slip(
            "the bins before start count, and no others.",
            "From the bin start on: rates[start:].",
            lambda rates, start: task_variance(rates[:start], 0),
        ),
        Slip(
            "these are standard deviations.",
            "Variances, and their mean over the bins.",
            lambda rates, start: rates[start:].std(axis=2).mean(axis=0).T,
        ),
        Slip(
            "the variance is divided by the number of conditions less one.",
            "These are all conditions there are: np.var as it is.",
            lambda rates, start: rates[start:].var(axis=2, ddof=1).mean(axis=0).T,
        ),
        Slip(
            "time is summed.",
            "The mean over the bins.",
            lambda rates, start: rates[start:].var(axis=2).sum(axis=0).T,
        ),
        Slip(
            "these are mean squares.",
            "Take off the mean over the conditions: a variance.",
            lambda rates, start: (rates[start:] ** 2).mean(axis=(0, 2)).T,
        ),
        Slip(
            "units and tasks have changed places.",
            "A row for each unit, a column for each task.",
            lambda rates, start: task_variance(rates, start).T,
        ),
    ),
    "so much of each unit depends on the condition, in each task.",
    shape_hint="A row for each unit and a column for each task, (N, K).",
)

SHARES = compares(
    variances,
    shares,
    (
        Slip(
            "units are dropped by their largest variance.",
            "By the sum over all tasks.",
            partial(shares, of=np.max),
        ),
        Slip("units are dropped by their mean variance.", "By the sum over all tasks.", partial(shares, of=np.mean)),
        Slip(
            "nothing is dropped.",
            "What is divided by a tiny maximum looks like a profile, and is noise.",
            partial(shares, of=lambda v, axis: np.full(len(v), np.inf)),
        ),
        Slip(
            "kept are truth values.",
            "np.flatnonzero makes indices of them.",
            lambda **g: instead({0: g["variance"].sum(axis=1) > g["smallest"]}, shares(**g)),
        ),
        Slip(
            "the profiles add up to 1.",
            "Divide by the largest variance of the unit, not by the sum.",
            partial(shares, divide=lambda v: v.sum(axis=1, keepdims=True)),
        ),
        Slip(
            "the profiles have length 1.",
            "Divide by the largest variance of the unit.",
            partial(shares, divide=lambda v: np.linalg.norm(v, axis=1, keepdims=True)),
        ),
        Slip(
            "the profiles are divided by the largest variance in each task.",
            "Of each unit: axis=1, keepdims=True.",
            partial(shares, divide=lambda v: v.max(axis=0)),
        ),
        Slip(
            "the profiles are divided by the largest variance of all units.",
            "Of each unit: axis=1, keepdims=True.",
            partial(shares, divide=lambda v: np.array(v.max())),
        ),
        Slip(
            "the fractional variance has the wrong sign.",
            "The first task less the second.",
            lambda **g: instead({2: -shares(**g)[2]}, shares(**g)),
        ),
        Slip(
            "the fractional variance is divided by the larger of the two.",
            "By their sum.",
            partial(shares, by=np.maximum),
        ),
        Slip(
            "the fractional variance is the share of the first task.",
            "The difference of the two, divided by their sum: from -1 to 1.",
            lambda **g: instead({2: (shares(**g)[2] + 1) / 2}, shares(**g)),
        ),
        Slip(
            "the fractional variance compares two tiny numbers.",
            "It is 0 where both variances together are smallest or less.",
            partial(shares, floor=False),
        ),
        Slip(
            "the fractional variance is a plain difference.",
            "Divide by the sum of the two.",
            partial(shares, by=lambda a, b: np.ones_like(a)),
        ),
    ),
    "profiles of what does something.",
    ("kept", "the profiles", "the fractional variance"),
    "M units are kept: indices (M,), profiles (M, K) and fractional variances (M,).",
)

WORK = Work(
    exercises=(
        Exercise("clusters/variance", "task variance", 2, "task_variance", VARIANCE),
        Exercise("clusters/shares", "profiles", 2, "shares", SHARES),
        Exercise("clusters/step", "a step of k-means", 2, "step", STEP),
        Exercise("clusters/count", "how many clusters", 3, "number_of_clusters", NUMBER, builds_on=("clusters/step",)),
        Exercise("clusters/lesions", "lesions and composed rules", 3, "lesions", LESIONS),
    ),
    imports=("numpy",),
    hidden=("torch", "scipy", "sklearn", "cogdyn.agents"),
)
