"""Stopping as a race: the task lets one race, and the stop-signal reaction time of a simulated race is recovered."""

import numpy as np
import pytest

from cogdyn.agents.dynamics import inhibition_function, stop_signal_reaction_time
from cogdyn.envs import TrialEnv, make_task
from cogdyn.envs.contract.observers import check_ideal


def race(n=20_000, ssrt=220.0, omissions=0.0, seed=0):
    """Reaction times, delays and signals of one whose stop process takes a constant time, followed by a staircase."""
    rng = np.random.default_rng(seed)
    go = rng.normal(400, 60, n) + rng.exponential(90, n)
    go[rng.random(n) < omissions] = np.nan
    stop, delay, ssd = rng.random(n) < 0.25, np.empty(n), 250.0
    for trial in range(n):
        delay[trial] = ssd
        if stop[trial]:
            escapes = go[trial] < ssd + ssrt
            go[trial] = go[trial] if escapes else np.nan
            ssd = max(ssd - 50, 0) if escapes else ssd + 50
    return go, delay, stop


@pytest.mark.parametrize("ssrt", [150.0, 220.0, 300.0])
def test_the_stop_signal_reaction_time_of_a_race_is_recovered(ssrt):
    go, delay, stop = race(ssrt=ssrt)
    assert np.isnan(go[stop]).mean() == pytest.approx(0.5, abs=0.03)  # what the staircase is for
    assert stop_signal_reaction_time(go, delay, stop) == pytest.approx(ssrt, abs=12)
    single = (arrays.astype(np.float32) for arrays in (go, delay))
    assert stop_signal_reaction_time(*single, stop) == pytest.approx(ssrt, abs=12)
    # With one delay for all nothing is averaged, and the method is exact but for the sample.
    one = np.full(len(go), 250.0)
    times = np.random.default_rng(1).permutation(go[~stop])[: stop.sum()]
    go[stop] = np.where(times < 250 + ssrt, times, np.nan)
    assert stop_signal_reaction_time(go, one, stop, strict=False) == pytest.approx(ssrt, abs=4)


def test_omissions_are_replaced_by_the_slowest_response():
    """One in ten go responses is left out; those left out of the distribution too would make the estimate too short."""
    go, delay, stop = race(omissions=0.1)
    kept = stop | ~np.isnan(go)
    estimates = [
        stop_signal_reaction_time(x[0], x[1], x[2]) for x in ((go, delay, stop), (go[kept], delay[kept], stop[kept]))
    ]
    assert estimates[0] == pytest.approx(220, abs=8)
    assert estimates[1] < estimates[0] - 10


def test_a_small_race_by_hand():
    """Two of four escape, so the median of the five go trials, 400, counts; the mean delay is 200."""
    rt = [300, 500, np.nan, 400, 350, 250, 300, np.nan, np.nan]
    delay = [np.nan] * 5 + [300, 200, 200, 100]
    stop = [0] * 5 + [1] * 4
    assert stop_signal_reaction_time(np.array(rt), np.array(delay), np.array(stop)) == pytest.approx(400 - 200)
    delays, withheld = inhibition_function(np.array(rt), np.array(delay), np.array(stop))
    np.testing.assert_array_equal(delays, [100, 200, 300])
    np.testing.assert_allclose(withheld, [1, 0.5, 0])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda rt, delay, stop: (rt[1:], delay, stop), r"must be \(B,\) each"),
        (lambda rt, delay, stop: (rt, delay, stop & False), "with a stop signal and trials without"),
        (lambda rt, delay, stop: (-rt, delay, stop), "not negative, or NaN"),
        (lambda rt, delay, stop: (rt, np.where(stop, np.nan, delay), stop), "delays must be finite"),
        (lambda rt, delay, stop: (np.where(stop, rt, np.nan), delay, stop), "no go trial has a response"),
        (lambda rt, delay, stop: (np.where(stop, np.nan, rt), delay, stop), "escaped in 0%"),
        (lambda rt, delay, stop: (rt, delay, stop * 2), "True or False"),
        (lambda rt, delay, stop: (np.where(stop, rt + 900, rt), delay, stop), "in a race the slow ones are stopped"),
        (lambda rt, delay, stop: (np.where(stop & (np.arange(2000) % 8 > 0), np.nan, rt), delay, stop), "not reliable"),
    ],
)
def test_what_is_no_race_is_refused(change, words):
    with pytest.raises(ValueError, match=words):
        stop_signal_reaction_time(*change(*race(2000)))


def racer(task, rng, ssrt, seen):
    """Plays segments: a response after a drawn time, unless the stop process, begun by the signal, ends before it."""

    def policy(segment):
        n = segment.batch_size
        rt = np.clip(rng.normal(300, 60, n), 0, task.response_ms - task.dt) // task.dt * task.dt
        stopped = segment.conditions["stop"] & (segment.conditions["ssd"] + ssrt <= rt)
        outputs = task.hold(segment)
        bins, (start, _) = (rt / task.dt).astype(int), segment.periods["response"]
        for trial in np.flatnonzero(~stopped):
            outputs[start[trial] + bins[trial], trial] = np.eye(3)[segment.conditions["side"][trial]]
        seen.append((task.reaction_times(outputs, segment)[0], segment.conditions["ssd"], segment.conditions["stop"]))
        np.testing.assert_array_equal(seen[-1][0], np.where(stopped, np.nan, rt))
        return outputs

    return policy


def test_a_racer_stops_the_less_often_the_later_the_signal():
    task, seen = make_task("StopSignal"), []
    batch = task.sample(4000, seed=1)
    outputs = racer(task, np.random.default_rng(2), 120.0, seen)(batch)
    delays, withheld = inhibition_function(*seen[0])
    np.testing.assert_array_equal(delays, task.ssd_ms)
    assert withheld[0] > 0.8
    assert withheld[-1] < 0.05
    assert (np.diff(withheld) < 0).all()
    expected = np.where(batch.conditions["stop"], np.isnan(seen[0][0]), True)
    np.testing.assert_array_equal(task.score(outputs, batch), expected)


def test_the_staircase_follows_the_racer_and_tells_its_stop_signal_reaction_time():
    task, seen = make_task("StopSignalStaircase", n_trials=60, noise=0.0), []
    batch = task.sample(100, seed=1, policy=racer(task, np.random.default_rng(2), 120.0, seen))
    ssd, stop = (np.array([batch.conditions[f"{name} {k}"] for k in range(1, 61)]) for name in ("ssd", "stop"))
    withheld = np.isnan([times for times, _, _ in seen])
    steps = np.where(withheld[:-1], 40, -40) * stop[:-1]
    np.testing.assert_array_equal(ssd[1:], np.clip(ssd[:-1] + steps, 0, 480))
    later = slice(20, None)
    assert withheld[later][stop[later]].mean() == pytest.approx(0.5, abs=0.05)
    arrays = (np.concatenate([trial[i] for trial in seen[20:]]) for i in range(3))
    # Time goes in bins of 20 ms, and responses and signals are known to the bin.
    assert stop_signal_reaction_time(*arrays) == pytest.approx(120, abs=20)


def test_a_fast_response_is_a_response_and_one_before_the_signal_is_an_error():
    for seed in range(8):
        env = TrialEnv("StopSignal", noise=0.0, ssd_ms=(200,), fixation_ms=200)
        _, info = env.reset(seed=seed)
        shown = info["condition"]
        for _ in range(10 + 4):  # 80 ms after the arrow
            _, reward, over, _, info = env.step(0)
        assert not over
        _, reward, over, _, info = env.step(int(shown["side"]))
        assert over
        assert reward == (0.0 if shown["stop"] else 1.0)


def test_who_waits_for_the_signal_drives_the_delay_up_as_the_ideal_observer_does():
    task = make_task("StopSignalStaircase", n_trials=60)

    def wait(segment):
        last = segment.periods["response"][1][0] - 1
        outputs = task.hold(segment)
        outputs[last] = np.eye(3)[segment.targets[last]]
        return outputs

    ssd = task.sample(20, seed=0, policy=wait).conditions["ssd 60"]
    assert ssd.max() == 480
    assert (ssd > 300).all()
    task = make_task("StopSignalStaircase", n_trials=4)
    batch = task.sample(20, seed=0, policy=task.ideal_policy())
    times = np.array(task.reaction_times(task.ideal(batch), batch))
    assert set(times[~np.isnan(times)]) == {580}
    stop = np.array([batch.conditions[f"stop {k}"] for k in range(1, 5)])
    np.testing.assert_array_equal(np.isnan(times), stop)


def test_the_staircase_is_weighed_in_noise_too():
    """Whether a signal came, and so how late the next one is, is then a matter of belief."""
    task = make_task("StopSignalStaircase", n_trials=5, noise=0.6)
    check_ideal(task)
    assert 0.75 < task.ceiling < 0.97


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("StopSignal", {"ssd_ms": (600,)}, "ssd_ms"),
        ("StopSignal", {"ssd_ms": ()}, "ssd_ms"),
        ("StopSignal", {"reaction_ms": 600}, "reaction_ms"),
        ("StopSignal", {"p_stop": 0}, "p_stop"),
        ("StopSignalStaircase", {"longest_ssd_ms": 600}, "longest_ssd_ms"),
        ("StopSignalStaircase", {"first_ssd_ms": 500}, "first_ssd_ms"),
        ("StopSignalStaircase", {"step_ms": 0}, "step_ms"),
        ("StopSignalStaircase", {"step_ms": 50}, "step_ms is 50 ms, not a multiple of dt"),
    ],
)
def test_races_without_sense_are_refused(name, arguments, message):
    with pytest.raises(ValueError, match=message):
        make_task(name, **arguments)
