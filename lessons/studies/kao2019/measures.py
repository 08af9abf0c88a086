"""What the study of two mechanisms behind one reach measures in each trained network."""

from __future__ import annotations

import time
from collections.abc import Mapping

import numpy as np
import torch

from ....agents import RateRNN
from ....agents.dynamics import (
    alignment_index,
    dimensions_for,
    fixed_points,
    jpca,
    motifs,
    p_value,
    participation_ratio,
    random_alignments,
    sample_candidates,
    soft_normalised,
    tangling,
    variance_explained,
    without_cross_condition_mean,
)
from ....agents.dynamics.surrogates import Null
from ....agents.network.recording import states_of
from ....envs.tasks.kinematics import MEAN_SPEED
from ....envs.tasks.reaching import DelayedReach
from ....envs.trial import TrialBatch
from ..study import Job, Row
from .networks import DT, probe, task_of, trained
from .perturbations import (
    KINDS,
    LEVELS,
    PERIODS,
    SWITCHES_MS,
    autonomy,
    error_name,
    noisy_error,
    novel,
    relative_endpoint_error,
    switched,
)

NULLS: Mapping[str, Null] = {"shuffle": "shuffle", "cmpt": "CMPT", "tme": "TME-TNC"}
JPCA_WINDOWS_MS = (150, 250)
"""Ends of the windows for jPCA, from 50 ms before the onset of movement: as published, and as in the pilot."""
ALIGNMENT_DIMS = (2, 4, 6)
N_RANDOM = 1000
N_CANDIDATES = 64


def measure(job: Job) -> list[Row]:
    """Train the networks of a job and measure each."""
    start = time.process_time()
    networks = trained(job)
    training = (time.process_time() - start) / len(networks)
    rows = []
    for s, network in enumerate(networks):
        start = time.process_time()
        row = measures_of(task_of(job), network, job["surrogates"])
        cost = {"training_seconds": training, "measuring_seconds": time.process_time() - start}
        rows.append({"network": s, **row, **cost})
    return rows


def measures_of(task: DelayedReach, network: RateRNN, n_surrogates: int = 200) -> Row:
    """All measures of one network, by name; None where there is none."""
    batch = probe(task)
    states = states_of(network, batch.inputs)
    with torch.no_grad():
        rates, outputs = network.rates(states).numpy(), network.outputs(states).numpy()
    row = {
        "task_r2": variance_explained(outputs, batch.targets),
        "task_r2_about_zero": variance_explained(outputs, batch.targets, about_zero=True),
        "endpoint_error": relative_endpoint_error(outputs, batch),
        **_population(rates, outputs, batch, n_surrogates),
        **_single_units(rates, batch),
        **_standing_still(network, states, batch),
        **_perturbed(task, network),
    }
    return {name: value if value is None or np.isfinite(value) else None for name, value in row.items()}


def windows(batch: TrialBatch) -> tuple[tuple[int, int], tuple[int, int]]:
    """Bins of preparation, from 100 ms after the target to go, and of movement, -50 to 250 ms from its onset."""
    onset = batch.first_bin("movement")
    return (batch.first_bin("delay") + round(100 / DT), batch.first_bin("reaction")), (
        onset - round(50 / DT),
        onset + round(250 / DT),
    )


def _population(rates: np.ndarray, outputs: np.ndarray, batch: TrialBatch, n_surrogates: int) -> Row:
    """Rotations, tangling, subspaces and dimensions of the population."""
    row: Row = {}
    onset, normalised = batch.first_bin("movement"), soft_normalised(rates)
    for end in JPCA_WINDOWS_MS:
        window = normalised[onset - round(50 / DT) : onset + round(end / DT)]
        for name, null in NULLS.items():
            found = jpca(window, DT, 6, null=null, n_surrogates=n_surrogates)
            row |= {f"r2_skew_{end}": found.r2_skew, f"r2_best_{end}": found.r2_best}
            row |= {f"hz_{end}": float(found.frequency_hz[0])}
            row |= {f"p_{name}_{end}": found.p_value, f"null_{name}_{end}": float(np.quantile(found.r2_null, 0.95))}
    reach = slice(batch.first_bin("reaction") - round(100 / DT), batch.first_bin("end") + round(50 / DT))
    # Velocity alone is tangled in every reach: each begins and ends at 0.
    position = np.cumsum(outputs, axis=0) * DT / (MEAN_SPEED * _duration_ms(batch))
    hand = soft_normalised(np.concatenate([position, outputs], axis=-1)[reach], 0.0)
    row["q90_neural"] = float(np.quantile(tangling(normalised[reach], DT), 0.9))
    row["q90_output"] = float(np.quantile(tangling(hand, DT), 0.9))
    preparation, movement = (without_cross_condition_mean(rates[slice(*w)]) for w in windows(batch))
    for d in ALIGNMENT_DIMS:
        index, null = alignment_index(preparation, movement, d), random_alignments(preparation, movement, d, N_RANDOM)
        row |= {f"alignment_{d}": index, f"alignment_null_{d}": float(null.mean())}
        row[f"p_alignment_{d}"] = p_value(-index, -null)
    for name, part in (("preparation", preparation), ("movement", movement)):
        row |= {f"pr_{name}": participation_ratio(part), f"dims_{name}": dimensions_for(0.9, part)}
    return row


def _duration_ms(batch: TrialBatch) -> float:
    return (batch.first_bin("end") - batch.first_bin("movement")) * DT


def _single_units(rates: np.ndarray, batch: TrialBatch) -> Row:
    """Motifs of single units in preparation and from go to the end of the movement: medians over the active ones."""
    units = motifs(rates, windows(batch)[0], (batch.first_bin("reaction"), batch.first_bin("end")), DT)
    active = units.active
    known = units.tuning_correlation[np.isfinite(units.tuning_correlation)]
    return {
        "active_fraction": units.active_fraction,
        "multiphasic_fraction": units.multiphasic_fraction,
        "tuning_correlation": float(np.median(known)) if len(known) else None,
        "preparatory_depth": float(np.median(units.preparatory_depth[active])),
        "movement_depth": float(np.median(units.movement_depth[active])),
        "peak_ms": float(np.median(units.peak_ms[active])),
        "peak_spread_ms": float(np.ptp(np.quantile(units.peak_ms[active], (0.25, 0.75)))),
        "mean_square_rate": float(np.mean(rates**2)),
    }


def _standing_still(network: RateRNN, states: torch.Tensor, batch: TrialBatch) -> Row:
    """Fixed points after go, for the input of the first target, and the leading mode of the one most came to."""
    go = batch.first_bin("reaction")
    u = torch.as_tensor(batch.inputs[-1, 0]).to(network.recurrent)
    candidates = sample_candidates(states[go:].numpy(), N_CANDIDATES, noise=0.1)
    found = fixed_points(lambda x: network.step(x, u.expand(len(x), -1)), candidates, dt=DT, n_modes=0)
    most = int(found.members.argmax()) if len(found) else None
    decays, turns = found.time_constants, found.frequencies
    return {
        "fixed_points": len(found),
        "stable_points": int(found.stable.sum()),
        "arrived": float((found.arrived_at >= 0).mean()),
        # As a rate, 1/s, above 0 where it grows: time constants of either sign have no mean.
        "leading_rate": None if most is None or decays is None else float(-1000 / decays[most, 0]),
        "leading_hz": None if most is None or turns is None else float(abs(turns[most, 0])),
    }


def _perturbed(task: DelayedReach, network: RateRNN) -> Row:
    """Autonomy, generalisation and robustness."""
    row: Row = {f"autonomy_{kind}": autonomy(task, network, kind) for kind in ("zeroed", "swapped")}
    row |= {f"switch_{ms}": switched(task, network, ms) for ms in SWITCHES_MS}
    row |= {f"novel_{what}": novel(task, network, what) for what in ("angle", "radius")}
    cells = [(kind, period, sd) for kind in KINDS for period in PERIODS for sd in LEVELS]
    cells += [("white", "whole trial", sd) for sd in LEVELS]
    return row | {error_name(*cell): noisy_error(task, network, *cell) for cell in cells}
