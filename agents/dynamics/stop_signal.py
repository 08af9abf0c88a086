"""Stopping as a race: how long the process takes that cancels a response."""

from __future__ import annotations

import numpy as np

from ...envs.typechecked import typechecked
from .arrays import AnyArray, as_array


@typechecked
def stop_signal_reaction_time(
    reaction_ms: AnyArray, delay_ms: AnyArray, stop: AnyArray, *, strict: bool = True
) -> float:
    r"""Stop-signal reaction time (ms) by the integration method, go omissions replaced.

    .. math:: \mathrm{SSRT} = F_{go}^{-1}\bigl(p(\text{respond} \mid \text{signal})\bigr) - \overline{\mathrm{SSD}}

    with F the distribution of all reaction times of go trials, errors among them, in which an omission has the longest
    reaction time observed: of n go trials the n p-th fastest, p counted in all trials with a stop signal. Delays that
    differ are averaged, which shifts the estimate by some milliseconds.

    Args:
        reaction_ms: Time from the go stimulus to the response, (B,) ms; NaN where there was none.
        delay_ms: Stop-signal delay, (B,) ms; that of go trials does not count, and may be NaN.
        stop: Whether there was a stop signal, (B,) bool.
        strict: Whether to refuse what the method is not made for: fewer than 25 % or more than 75 % of the responses
            escaping, or escaped responses that are slower on average than those of go trials.

    Raises:
        ValueError: If shapes differ, there are no trials of either kind, times are negative, no response or every
            response was stopped, or ``strict`` refuses.

    Source: Verbruggen et al. 2019, "A consensus guide to capturing the ability to inhibit actions and impulsive
    behaviors in the stop-signal task", doi:10.7554/eLife.46323.
    """
    reaction, delay, signal = _checked(reaction_ms, delay_ms, stop)
    go, escaped = reaction[~signal], reaction[signal & ~np.isnan(reaction)]
    p = len(escaped) / signal.sum()
    if np.isnan(go).all():
        raise ValueError("no go trial has a response; there are no reaction times to integrate.")
    if not 0 < p < 1:
        raise ValueError(
            f"responses escaped in {p:.0%} of the stop trials; a reaction time follows only from more "
            "than 0 and less than 100 %."
        )
    if strict and not 0.25 <= p <= 0.75:
        raise ValueError(
            f"responses escaped in {p:.0%} of the stop trials; below 25 and above 75 % the estimate is not reliable. "
            "Change the delays, or estimate all the same with strict=False."
        )
    if strict and escaped.mean() > np.nanmean(go):
        raise ValueError(
            f"escaped responses take {escaped.mean():.0f} ms, those of go trials {np.nanmean(go):.0f} ms; in a race "
            "the slow ones are stopped. Estimate all the same with strict=False."
        )
    times = np.sort(np.where(np.isnan(go), np.nanmax(go), go))
    fastest = times[int(np.ceil(np.round(p * len(times), 9))) - 1]
    return float(fastest - delay[signal].mean())


@typechecked
def inhibition_function(reaction_ms: AnyArray, delay_ms: AnyArray, stop: AnyArray) -> tuple[np.ndarray, np.ndarray]:
    """How often a response is withheld after each stop-signal delay: of a race, the less often the longer the delay.

    Args:
        reaction_ms: Time from the go stimulus to the response, (B,) ms; NaN where there was none.
        delay_ms: Stop-signal delay, (B,) ms; that of go trials does not count, and may be NaN.
        stop: Whether there was a stop signal, (B,) bool.

    Returns:
        The delays that occur (D,), ms, and the proportion of their trials without a response (D,).

    Raises:
        ValueError: If shapes differ, there are no trials of either kind, or times are negative.

    Source: Logan & Cowan 1984, "On the ability to inhibit thought and action", doi:10.1037/0033-295X.91.3.295.
    """
    reaction, delay, signal = _checked(reaction_ms, delay_ms, stop)
    delays, which = np.unique(delay[signal], return_inverse=True)
    return delays, np.bincount(which, np.isnan(reaction[signal])) / np.bincount(which)


def _checked(reaction_ms: AnyArray, delay_ms: AnyArray, stop: AnyArray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    given = {"reaction_ms": reaction_ms, "delay_ms": delay_ms, "stop": stop}
    reaction, delay, signal = (as_array(name, values) for name, values in given.items())
    if reaction.ndim != 1 or delay.shape != reaction.shape or signal.shape != reaction.shape:
        raise ValueError(
            f"reaction_ms {reaction.shape}, delay_ms {delay.shape}, stop {signal.shape} must be (B,) each."
        )
    if not np.isin(signal, (0, 1)).all():
        raise ValueError("stop must be True or False, or 1 or 0, in each trial.")
    signal = signal.astype(bool)
    if signal.all() or not signal.any():
        raise ValueError("there must be trials with a stop signal and trials without.")
    if not (np.isfinite(delay[signal]) & (delay[signal] >= 0)).all():
        raise ValueError("stop-signal delays must be finite and not negative.")
    if not (np.isnan(reaction) | (np.isfinite(reaction) & (reaction >= 0))).all():
        raise ValueError("reaction times must be finite and not negative, or NaN where there was no response.")
    return reaction, delay, signal
