"""Kinematics of reaches, which the motor tasks share: what a hand does on its way, and what drives it."""

from collections.abc import Sequence

import numpy as np

from ..names import check_name
from ..responses import Span, during, mean_during

TARGET_INPUTS = ("held", "extinguished_at_go")
OUTPUTS = ("velocity", "position+velocity", "emg")
MEAN_SPEED = 8 / 15
"""Distance of a reach of peak speed 1 that lasts 1."""


def targets_at(angles: np.ndarray | Sequence[float], radius: float) -> np.ndarray:
    """Positions (n, 2) at angles (rad) and one distance from the centre."""
    return radius * np.stack([np.cos(angles), np.sin(angles)], axis=-1)


def progress(movement: Span, n_bins: int) -> np.ndarray:
    """Fraction s of the movement's time that has passed in the middle of each bin, (T, B) in [0, 1]."""
    start, stop = movement
    time = np.arange(n_bins, dtype=np.float32)[:, None] + np.float32(0.5)
    return np.clip((time - start.astype(np.float32)) / (stop - start).astype(np.float32), 0, 1)


def speed(s: np.ndarray) -> np.ndarray:
    """Minimum-jerk speed 16 s^2 (1 - s)^2, with peak 1."""
    return (4 * s * (1 - s)) ** 2


def travelled(s: np.ndarray) -> np.ndarray:
    """Fraction of the way behind the hand, 10 s^3 - 15 s^4 + 6 s^5: the integral of the speed, with end 1."""
    return s**3 * (10 - 15 * s + 6 * s**2)


def output_names(output: str, n_muscles: int) -> tuple[str, ...]:
    """Names of the outputs of a reach."""
    check_name("output", output, OUTPUTS)
    if output == "emg":
        return tuple(f"muscle {number}" for number in range(1, n_muscles + 1))
    velocity = ("velocity x", "velocity y")
    return velocity if output == "velocity" else ("position x", "position y", *velocity)


def reach(output: str, s: np.ndarray, way: np.ndarray, n_muscles: int) -> np.ndarray:
    """What is put out (T, B, n_out) at each progress s (T, B) of a reach from the centre along ``way`` (B, 2)."""
    way = way.astype(np.float32)
    velocity = speed(s)[..., None] * way
    if output == "velocity":
        return velocity
    position = travelled(s)[..., None] * way
    if output == "position+velocity":
        return np.concatenate([position, velocity], axis=-1)
    acceleration = (np.float32(6 * 3**0.5) * s * (1 - s) * (1 - 2 * s))[..., None] * way
    return muscles(acceleration, velocity, position, n_muscles)


def muscles(acceleration: np.ndarray, velocity: np.ndarray, position: np.ndarray, n: int) -> np.ndarray:
    """Muscle-like activity (T, B, n): m = tanh([u . (1.2 a + 0.3 v + 0.3 p)]+^2), u fixed directions of pull.

    Muscles that pull along the way burst early and those that pull against it late, to brake: a made-up map with
    the look of an EMG, not a model of muscles.
    """
    jitter = np.random.default_rng(0).uniform(-0.5, 0.5, n)
    angle = 2 * np.pi * (np.arange(n) + jitter) / n
    pull = np.stack([np.cos(angle), np.sin(angle)]).astype(np.float32)
    drive = (1.2 * acceleration + 0.3 * velocity + 0.3 * position) @ pull
    return np.tanh(np.maximum(drive, 0) ** 2)


def emg_power(ways: np.ndarray, n_muscles: int) -> np.ndarray:
    """Mean over the movement of m_i . m_j, for the reaches along each pair of ways (n, 2), (n, n)."""
    s = ((np.arange(1000) + 0.5) / 1000)[:, None].repeat(len(ways), axis=1).astype(np.float32)
    activity = reach("emg", s, ways, n_muscles).astype(np.float64)
    return np.einsum("tik,tjk->ij", activity, activity) / len(s)


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
