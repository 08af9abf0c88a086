"""What the timing tasks promise beyond the contract: accepted moments, closed forms of the ceilings, brute force."""

from itertools import combinations, product
from math import sqrt

import numpy as np
import pytest
from scipy.stats import norm

from cogdyn.envs import Choice, PerBatch, Uniform, make_task

PRODUCTION = ("ReadySetGo", "OneTwoThreeGo", "DurationReproduction", "MotorTiming")


def only(name, interval, **arguments):
    """A task that asks for a single interval (MotorTiming: for that one and a far longer one)."""
    own = {"short_ms": interval, "long_ms": 10 * interval} if name == "MotorTiming" else {"interval_ms": interval}
    return make_task(name, **own, **arguments)


@pytest.mark.parametrize("name", PRODUCTION)
@pytest.mark.parametrize(
    ("interval", "tolerance", "dt"), [(500, 0.2, 20), (100, 0.29, 1), (100, 0.15, 1), (350, 0.1, 50)]
)
def test_a_response_counts_up_to_the_tolerance_and_these_bins_have_no_weight(name, interval, tolerance, dt):
    task = only(name, interval, tolerance=tolerance, dt=dt, noise=0.0, pulse_ms=dt)
    batch = task.sample(8, seed=0)
    trial = batch.conditions["production"].argmin()
    start, stop = (int(bins[trial]) for bins in batch.periods["production"])
    answer = batch.conditions["effector"][trial] if name == "MotorTiming" else 1
    assert batch.conditions["production"][trial] == interval
    accepted = []
    for bin_ in range(start, stop):
        outputs = task.hold(batch)
        outputs[bin_:, :, answer] = 2
        accepted.append(task.score(outputs, batch)[trial])
        early, other = outputs.copy(), outputs.copy()
        early[start:, :, answer] = 2
        assert task.score(early, batch)[trial] == 0
        if task.n_outputs == 3:
            other[bin_, :, 3 - answer] = 3
            assert task.score(other, batch)[trial] == 0
    late = np.arange(stop - start) * dt - interval
    np.testing.assert_array_equal(accepted, abs(late) <= round(tolerance * interval * 1000) / 1000)
    np.testing.assert_array_equal(batch.mask[start:stop, trial] == 0, accepted)
    np.testing.assert_array_equal(batch.targets[start:stop, trial], np.where(late >= 0, answer, 0))
    assert batch.mask[start:stop, trial][late > 0].sum() * dt == 200 - dt


@pytest.mark.parametrize("name", PRODUCTION[:3])
def test_intervals_may_be_far_apart(name):
    task = make_task(name, interval_ms=Uniform(200, 2000, step=200))
    batch = task.sample(300, seed=1)
    assert task.ceiling == 1
    assert (task.score(task.ideal(batch), batch) == 1).all()


def test_two_rhythms_are_told_apart_by_the_pulses_in_which_they_differ():
    # A pulse of 100 ms, the noise of 100 ms: each that is there under one of two intervals only adds 1 to d' squared.
    noise = 0.6
    for name, intervals, n_pulses in (
        ("ReadySetGo", (300, 900), 2),
        ("OneTwoThreeGo", (300, 900), 4),
        ("OneTwoThreeGo", (300, 600), 2),
    ):
        task = make_task(name, interval_ms=Choice(intervals), noise=noise)
        assert task.ceiling == pytest.approx(norm.cdf(sqrt(n_pulses) / (2 * noise)), abs=0.004)
        batch = task.sample(3000, seed=2)
        assert task.score(task.ideal(batch), batch).mean() == pytest.approx(task.ceiling, abs=0.03)


def test_the_go_signal_tells_what_the_delay_allows():
    # 400 ms after onset the go signal means 300 + 100, after 1000 ms 600 + 400, after 700 ms either.
    task = make_task("DurationReproduction", interval_ms=Choice((300, 600)), delay_ms=Choice((100, 400)), noise=1.0)
    assert task.ceiling == pytest.approx(0.5 + 0.5 * norm.cdf(sqrt(3) / 2), abs=0.003)
    batch = task.sample(3000, seed=3)
    assert task.score(task.ideal(batch), batch).mean() == pytest.approx(task.ceiling, abs=0.025)
    shared = make_task(
        "DurationReproduction", interval_ms=Choice((300, 600)), delay_ms=PerBatch(Choice((100, 400))), noise=1.0
    )
    assert shared.ceiling == task.ceiling


def test_a_duration_is_judged_by_the_bins_in_which_it_differs_from_another():
    intervals, delays = Choice((300, 420)), Choice((100, 220))
    task = make_task("DurationReproduction", interval_ms=intervals, delay_ms=delays, noise=1.0, tolerance=0.1)
    batch = task.sample(1000, seed=8)
    start, due = batch.periods["stimulus"][0], batch.periods["production"][0]
    differs = batch.inputs[start + np.arange(15, 21)[:, None], np.arange(1000), 1].sum(axis=0)
    long = (due - start == 32) | ((due - start == 26) & (differs > 3))  # the go signal rules one out, or the bins tell
    moment = (task.ideal(batch)[..., 1].argmax(axis=0) - due) * task.dt
    np.testing.assert_array_equal(abs(moment - 420) <= 42, long)
    np.testing.assert_array_equal(abs(moment - 300) <= 30, ~long)


@pytest.mark.parametrize(("long", "p_interval"), [(900, norm.cdf(sqrt(2 * 4) / 2 / 1.5)), (600, 1.0)])
def test_interval_and_effector_are_read_from_the_cue(long, p_interval):
    # 500 and 600 ms have accepted moments in common.
    task = make_task("MotorTiming", long_ms=long, cue_ms=400, noise=1.5)
    assert task.ceiling == pytest.approx(p_interval * norm.cdf(sqrt(2 * 4) / 2 / 1.5), abs=0.005)


def test_the_gain_stretches_the_interval():
    task = make_task("ReadySetGo", gain=1.5, dt=20, interval_ms=Choice((420, 500)), noise=0.0)
    batch = task.sample(20, seed=4)
    # 630 and 750 ms, which end within a bin.
    long = batch.conditions["interval"] == 500
    assert set(batch.conditions["production"][long]) <= {740, 760}
    assert set(batch.conditions["production"][~long]) <= {620, 640}
    assert (task.score(task.ideal(batch), batch) == 1).all()


# Comparing


@pytest.mark.parametrize(
    ("delay", "delays"), [(100, {5}), (Choice((100, 200)), {5, 10}), (Uniform(0, 300), set(range(16)))], ids=str
)
def test_the_longer_stimulus_is_found_by_bayes_rule_on_all_bins(delay, delays):
    task = make_task("IntervalDiscrimination", intervals_ms=(100, 200, 400), gap_ms=100, delay_ms=delay, noise=1.0)
    batch = task.sample(1000, seed=6)
    (ours,) = task.choices(task.ideal(batch), batch)
    start, due = batch.periods["stimulus 1"][0], batch.periods["decision"][0]
    best = []
    for trial in range(1000):
        seen = batch.inputs[start[trial] : due[trial], trial, 1:].astype(float)
        weight = np.zeros(3)
        for pair, red_first, long_first in product(combinations((5, 10, 20), 2), (0, 1), (0, 1)):
            first, second = pair[::-1] if long_first else pair
            shown = np.zeros((60, 2))
            shown[:first, 1 - red_first] = 1
            shown[first + 5 : first + 5 + second, red_first] = 1
            if len(seen) - first - second - 5 in delays:
                fit = (seen * shown[: len(seen)]).sum() - 0.5 * shown.sum()
                weight[1 if red_first == long_first else 2] += np.exp(fit / task.noise_std**2)
        best.append(weight.argmax())
    assert np.mean(ours == best) > 0.997
    assert task.ceiling == pytest.approx(task.score(task.ideal(batch), batch).mean(), abs=0.05)
    assert 0.6 < task.ceiling < 0.95


def test_every_pair_of_durations_comes_in_every_order():
    batch = make_task("IntervalDiscrimination", noise=0.0).sample(6000, seed=7)
    first, second, longer = (batch.conditions[name] for name in ("first_ms", "second_ms", "longer"))
    kinds, counts = np.unique(np.stack([first, second, longer]), axis=1, return_counts=True)
    assert kinds.shape[1] == 4 * 3 * 2
    assert (abs(counts - 250) < 4 * sqrt(250)).all()
    np.testing.assert_array_equal(longer, 1 + batch.inputs[..., 1:].sum(axis=0).argmax(axis=1))


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("ReadySetGo", {"gain": 0.01}, "gain"),
        ("ReadySetGo", {"pulse_ms": 0}, "pulse_ms"),
        ("ReadySetGo", {"gain": 0.1, "go_ms": 40}, "pulse_ms"),
        ("OneTwoThreeGo", {"go_ms": 20}, "go_ms"),
        ("OneTwoThreeGo", {"interval_ms": Uniform(100, 600)}, "interval_ms"),
        ("MotorTiming", {"short_ms": 900}, "short_ms"),
        ("MotorTiming", {"pulse_ms": 2000}, "pulse_ms"),
        ("MotorTiming", {"cue_ms": 0}, "cue_ms"),
        ("DurationReproduction", {"interval_ms": Uniform(0, 400)}, "interval_ms"),
        ("DurationReproduction", {"tolerance": float("nan")}, "tolerance"),
        ("IntervalDiscrimination", {"intervals_ms": (200,)}, "intervals_ms"),
        ("IntervalDiscrimination", {"intervals_ms": (200, 200)}, "intervals_ms"),
    ],
)
def test_settings_without_sense_are_refused_by_name(name, arguments, message):
    with pytest.raises(ValueError, match=message):
        make_task(name, **arguments)
