"""Producing an interval: what the tasks share whose answer is a moment.

The interval to be produced is the condition ``production`` (ms); it begins with the period of that name, which lasts
some time longer. The response is the first bin in which another output than the first is the largest.
"""

import numpy as np

from ..canvas import Canvas
from ..durations import Duration, in_bins, pmf
from ..painted_task import PaintedTask
from ..responses import respond
from ..trial import TrialBatch
from .ideal_observer import N_DRAWS, Hypotheses, course, precision_of_a_bin


def check_production(task: PaintedTask, tolerance: float, go_ms: float) -> None:
    """Refuse a tolerance that is no fraction, and a time after it that is off the grid."""
    if not 0 < tolerance < 1:
        raise ValueError(f"tolerance is {tolerance!r}; allowed: in (0, 1).")
    in_bins(go_ms, task.dt, "go_ms")


def check_pulse(task: PaintedTask, interval_ms: Duration, pulse_ms: float) -> None:
    """Refuse pulses that would overlap."""
    if pmf(interval_ms, task.dt, "interval_ms")[0].min() <= in_bins(pulse_ms, task.dt, "pulse_ms"):
        raise ValueError("interval_ms must be longer than pulse_ms, else two pulses would overlap.")


def latest(production: np.ndarray, tolerance: float, dt: float) -> np.ndarray:
    """The last accepted moment (ms)."""
    return np.floor((1 + tolerance) * production / dt) * dt


def accepted(moment: np.ndarray, production: np.ndarray, tolerance: float) -> np.ndarray:
    """Whether a moment (ms) lies within the tolerance, a fraction of the interval to be produced."""
    return np.abs(moment - production) <= tolerance * production


def pulse(canvas: Canvas, group: str, period: str, pulse_ms: float) -> None:
    """Show a pulse at the onset of a period."""
    since = canvas.since(canvas.span(period)[0])
    canvas.add_course(group, ((since >= 0) & (since < pulse_ms))[..., None])


def paint_production(canvas: Canvas, production: np.ndarray, tolerance: float, answer: np.ndarray | int = 1) -> None:
    """Set the answer from the moment on at which the interval has passed, no weight where both answers are right."""
    late = canvas.since(canvas.span("production")[0]) - production
    inside = canvas.during("production")
    np.copyto(canvas.targets, answer, where=inside & (late >= 0))
    canvas.mask[inside & (np.abs(late) <= tolerance * production)] = 0.0


def score_first(outputs: np.ndarray, batch: TrialBatch, tolerance: float, answer: np.ndarray | int = 1) -> np.ndarray:
    """1 where the first response of the production is the answer and comes at an accepted moment, (B,)."""
    classes = outputs.argmax(axis=-1)
    responds = (classes > 0) & batch.during("production")
    first = responds.argmax(axis=0)
    produced = (first - batch.periods["production"][0]) * batch.dt
    right = classes[first, np.arange(batch.batch_size)] == answer
    hit = accepted(produced, batch.conditions["production"], tolerance)
    return (responds.any(axis=0) & right & hit).astype(float)


def coincidence(production: np.ndarray, p: np.ndarray, tolerance: float) -> float:
    """Probability that one of two intervals (ms), drawn independently, is accepted for the other.

    A guess later than the trial's end is a miss, as every moment outside the tolerance is.
    """
    return float(p @ accepted(production[:, None], production, tolerance) @ p)


def best_moment(
    posterior: np.ndarray, onset: np.ndarray | float, production: np.ndarray, tolerance: float, dt: float
) -> np.ndarray:
    """The moment (ms) most likely to be accepted, (B,), given the probability (B, K) of each interval.

    Under hypothesis k the interval ``production`` (K,) begins at ``onset`` (K,) or always at the same moment. Among
    moments that are as good as equal the answer is the one nearest to the interval's end.
    """
    end = onset + production
    moments = np.arange(end.min(), end.max() + dt / 2, dt)[:, None]
    miss = np.abs(moments - end) / np.maximum(production, dt)
    value = accepted(moments - onset, production, tolerance) - 1e-6 * miss
    return moments[(posterior @ value.T).argmax(axis=1), 0]


def seen_in_all(onset: np.ndarray, production: np.ndarray, tolerance: float, go_ms: float, dt: float) -> int:
    """Number of bins that even the shortest trial shows from the beginning of the measurement on."""
    return int(np.round((onset + latest(production, tolerance, dt) + go_ms).min() / dt))


def perceived(task: PaintedTask, batch: TrialBatch, group: str, start: np.ndarray, shown: Hypotheses) -> np.ndarray:
    """Probability of each interval that may be shown, (B, K), from a group seen since the bin at which it begins.

    Only what all trials show is looked at, as the end of a trial tells how long its interval was. Where pulses stand
    out from the noise that is all there is to know; in strong noise it is a bound that one may exceed a little who goes
    on looking in the longer trials.
    """
    return shown.posterior(*course(task, batch, group, start, shown.means.shape[1]))


def respond_at(
    task: PaintedTask, batch: TrialBatch, moment: np.ndarray, choice: np.ndarray | int = 1, since: str = "production"
) -> np.ndarray:
    """Outputs (T, B, n_out) of one who responds at a moment (ms) since a period's onset, and not before production."""
    due = batch.periods["production"][0]
    go = np.maximum(batch.periods[since][0] + np.round(moment / batch.dt), due)
    return respond(task.hold(batch), np.broadcast_to(choice, batch.batch_size), (go, batch.lengths))


def expected_hits(
    task: PaintedTask, shown: Hypotheses, onset: np.ndarray | float, production: np.ndarray, tolerance: float
) -> float:
    """How often the best moment is accepted, in 100,000 simulated trials of a fixed seed."""
    reduced = shown.reduced()
    precision = np.full(reduced.means.shape[1], precision_of_a_bin(task))
    truth, seen = reduced.simulate(np.random.default_rng(0), N_DRAWS, precision)
    moments = best_moment(reduced.posterior(seen, precision), onset, production, tolerance, task.dt)
    return float(
        np.mean(accepted(moments - np.broadcast_to(onset, production.shape)[truth], production[truth], tolerance))
    )


def pulses_at(onsets: np.ndarray, width: int, n_bins: int) -> np.ndarray:
    """Pulses of a width that begin at the given bins (K,), as time courses (K, n_bins)."""
    late = np.arange(n_bins) - onsets[:, None]
    return ((late >= 0) & (late < width)).astype(float)
