"""Kinematics of reaches, which the motor tasks share: what a hand does on its way, and what drives it."""

from collections.abc import Sequence

import numpy as np

from ..names import check_name
from ..observers.remembered_stimuli import posterior
from ..painted_task import PaintedTask
from ..responses import Span, during, mean_during

TARGET_INPUTS = ("held", "extinguished_at_go")
OUTPUTS = ("velocity", "position+velocity", "emg")
MEAN_SPEED = 8 / 15
"""Distance of a reach of peak speed 1 that lasts 1."""


def targets_at(angles: np.ndarray | Sequence[float], radius: float) -> np.ndarray:
    """Positions (n, 2) at angles (rad) and one distance from the centre."""
    return radius * np.stack([np.cos(angles), np.sin(angles)], axis=-1)


def progress(movement: Span, n_bins: int, first: int = 0) -> np.ndarray:
    """Fraction s of the movement's time that has passed in the middle of each bin from ``first`` on, (T, B)."""
    start, stop = movement
    s = np.arange(first, n_bins, dtype=np.float32)[:, None] + np.float32(0.5) - start.astype(np.float32)
    s /= (stop - start).astype(np.float32)
    return np.clip(s, 0, 1, out=s)


def speed(s: np.ndarray) -> np.ndarray:
    """Minimum-jerk speed 16 s^2 (1 - s)^2, with peak 1."""
    v = 1 - s
    v *= s
    v *= 4
    return np.square(v, out=v)


def travelled(s: np.ndarray) -> np.ndarray:
    """Fraction of the way behind the hand, 10 s^3 - 15 s^4 + 6 s^5: the integral of the speed, with end 1."""
    x = 6 * s
    x -= 15
    x *= s
    x += 10
    for _ in range(3):
        x *= s
    return x


def output_names(output: str, n_muscles: int) -> tuple[str, ...]:
    """Names of the outputs of a reach."""
    check_name("output", output, OUTPUTS)
    if output == "emg":
        return tuple(f"muscle {number}" for number in range(1, n_muscles + 1))
    velocity = ("velocity x", "velocity y")
    return velocity if output == "velocity" else ("position x", "position y", *velocity)


def reach(output: str, s: np.ndarray, way: np.ndarray, n_muscles: int, out: np.ndarray | None = None) -> np.ndarray:
    """What is put out (T, B, n_out) at each progress s (T, B) of a reach from the centre along ``way`` (B, 2).

    Args:
        output: What it is, see :func:`output_names`.
        s: Progress of the movement.
        way: From the centre to the target.
        n_muscles: Number of outputs of ``emg``.
        out: Array to write to, where there is one.
    """
    way = way.astype(np.float32)
    if output == "emg":
        acceleration = np.float32(6 * 3**0.5) * s * (1 - s) * (1 - 2 * s)
        drive = np.float32(1.2) * acceleration + np.float32(0.3) * (speed(s) + travelled(s))
        return muscles(drive, way, n_muscles, out)
    if out is None:
        out = np.empty((*s.shape, 2 if output == "velocity" else 4), np.float32)
    np.multiply(speed(s)[..., None], way, out=out[..., -2:])
    if output == "position+velocity":
        np.multiply(travelled(s)[..., None], way, out=out[..., :2])
    return out


def muscles(drive: np.ndarray, way: np.ndarray, n: int, out: np.ndarray | None = None) -> np.ndarray:
    """Muscle-like activity (T, B, n): m = tanh([u . (1.2 a + 0.3 v + 0.3 p)]+^2), u fixed directions of pull.

    Muscles that pull along the way burst early and those that pull against it late, to brake: a made-up map with
    the look of an EMG, not a model of muscles.

    Args:
        drive: 1.2 a + 0.3 v + 0.3 p in units of the way, (T, B).
        way: From the centre to the target, (B, 2).
        n: Number of muscles.
        out: Array to write to, where there is one.
    """
    jitter = np.random.default_rng(0).uniform(-0.5, 0.5, n)
    angle = 2 * np.pi * (np.arange(n) + jitter) / n
    pull = way[:, :1] * np.cos(angle) + way[:, 1:] * np.sin(angle)
    activity = np.multiply(drive[..., None], pull.astype(np.float32), out=out)
    np.maximum(activity, 0, out=activity)
    np.square(activity, out=activity)
    return np.tanh(activity, out=activity, dtype=np.float64, casting="same_kind")


def emg_power(ways: np.ndarray, n_muscles: int) -> np.ndarray:
    """Mean over the movement of m_i . m_j, for the reaches along each pair of ways (n, 2), (n, n)."""
    s = ((np.arange(1000) + 0.5) / 1000)[:, None].repeat(len(ways), axis=1).astype(np.float32)
    activity = reach("emg", s, ways, n_muscles).astype(np.float64)
    return np.einsum("tik,tjk->ij", activity, activity) / len(s)


def nearby(positions: np.ndarray, tolerance: float) -> np.ndarray:
    """Whether each of some targets (K, 2) may be reached for in place of each other, (K, K) bool."""
    return np.linalg.norm(positions[:, None] - positions, axis=-1) <= tolerance


def aim(
    task: PaintedTask, observation: np.ndarray, bins: np.ndarray, codes: np.ndarray, acceptable: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The target to reach for so as to be right most probably, (B,), and that probability, (B,).

    Args:
        task: The task.
        observation: Mean input of the target's channels, (B, k).
        bins: Number of bins in which it was seen, (B,).
        codes: What is shown of each target, (K, k).
        acceptable: Whether each target is accepted in place of each other, (K, K).
    """
    log = observation @ codes.T - (codes**2).sum(axis=1) / 2
    p = posterior(log * (bins / max(task.noise_std, 1e-3) ** 2)[:, None]) @ acceptable
    return p.argmax(axis=1), p.max(axis=1)


def settled(movement: Span, dt: float) -> Span:
    """The last bin of a movement and the 100 ms after it, when the hand should have arrived."""
    return movement[1] - 1, movement[1] + round(100 / dt)


def endpoint_error(error: np.ndarray, go: np.ndarray, movement: Span, dt: float, integrate: bool) -> np.ndarray:
    """Vector (B, 2) from where a hand should be 100 ms after its movement to where it is.

    Args:
        error: Velocity, or position, minus what it should be, (T, B, 2).
        go: First bin from which velocity counts, (B,).
        movement: The movement.
        dt: Bin width (ms).
        integrate: Whether the error is one of velocity, to be summed since go, and not one of position.
    """
    arrival = settled(movement, dt)
    if not integrate:
        return mean_during(error, arrival)
    bins = (movement[1] - movement[0])[:, None]
    return np.einsum("tb,tbk->bk", during(len(error), (go, arrival[1])), error) / (bins * MEAN_SPEED)
