"""What every task promises; there is no list of exceptions."""

import dataclasses
import json
import math
from dataclasses import replace
from itertools import islice, pairwise

import numpy as np
import pytest

from cogdyn.envs import TrialBatch, Uniform, make_task, task_names
from cogdyn.envs.registry import task_config, task_from_config
from cogdyn.envs.trial import join_segments

N_TRIALS = 4000


@pytest.fixture(params=task_names())
def task(request):
    return make_task(request.param)


def acting_ideally(task):
    """A policy for closed-loop tasks: the ideal observer of the session so far."""
    past = []

    def policy(segment):
        past.append(segment)
        return task.ideal(join_segments(past))[-len(segment.inputs) :]

    return policy


def ideal_batch(task, n, seed):
    return task.sample(n, seed, acting_ideally(task)) if task.n_segments > 1 else task.sample(n, seed)


def first_segment(task, n, seed):
    rng = np.random.default_rng(seed)
    return task.lay_out(task.draw(rng, n), rng)


def arrays(batch: TrialBatch) -> list[np.ndarray]:
    spans = [bins for span in batch.periods.values() for bins in span]
    return [batch.inputs, batch.targets, batch.mask, *batch.conditions.values(), *spans]


def same(a: TrialBatch, b: TrialBatch) -> bool:
    return all(np.array_equal(x, y) for x, y in zip(arrays(a), arrays(b), strict=True))


def four_sigma(p, n):
    return 4 * np.sqrt(p * (1 - p) / n) + 1e-12


def test_same_seed_same_bytes(task):
    first, again, other = task.sample(8, seed=3), task.sample(8, seed=3), task.sample(8, seed=4)
    assert all(x.tobytes() == y.tobytes() for x, y in zip(arrays(first), arrays(again), strict=True))
    assert first.inputs.shape != other.inputs.shape or (first.inputs != other.inputs).any()


def test_seed_may_be_a_generator_which_goes_on(task):
    rng = np.random.default_rng(3)
    first, second = task.sample(8, rng), task.sample(8, rng)
    assert same(first, task.sample(8, seed=3))
    assert not same(first, second) if first.inputs.shape == second.inputs.shape else True


def test_arrays_are_as_promised(task):
    batch = task.sample(16, seed=0)
    n_bins = len(batch.inputs)
    assert batch.inputs.shape == (n_bins, 16, task.n_inputs)
    assert batch.inputs.dtype == np.float32
    assert batch.mask.shape == (n_bins, 16)
    assert batch.mask.dtype == np.float32
    if task.kind == "choice":
        assert batch.targets.shape == (n_bins, 16)
        assert batch.targets.dtype == np.int64
        assert batch.targets.min() >= 0
        assert batch.targets.max() < task.n_outputs
    else:
        assert batch.targets.shape == (n_bins, 16, task.n_outputs)
        assert batch.targets.dtype == np.float32
        # The action space of the environment ends at 1.
        assert np.abs(batch.targets).max() <= 1
    assert all(np.isfinite(array).all() for array in arrays(batch))
    assert batch.dt == task.dt
    assert batch.batch_size == 16
    for values in batch.conditions.values():
        assert values.shape == (16,)
        assert values.dtype.kind in "bif"


def test_every_channel_has_a_name_of_its_own(task):
    assert len(set(task.input_names)) == task.n_inputs == task.sample(1, seed=0).inputs.shape[2]
    assert len(set(task.output_names)) == task.n_outputs == task.hold(task.sample(1, seed=0)).shape[2]
    columns = [i for group in task.input_groups.values() for i in range(group.start, group.stop)]
    assert columns == list(range(task.n_inputs))


def test_periods_follow_each_other_and_fill_the_trial(task):
    batch = task.sample(32, seed=1)
    spans = list(batch.periods.values())
    assert (spans[0][0] == 0).all()
    for (_, stop), (start, _) in pairwise(spans):
        np.testing.assert_array_equal(stop, start)
    assert all((start <= stop).all() and start.shape == stop.shape == (32,) for start, stop in spans)
    np.testing.assert_array_equal(spans[-1][1], batch.lengths)
    assert batch.lengths.max() == len(batch.inputs)
    assert all((stop > start).all() for start, stop in batch.windows(task.response_period))


def test_no_weight_in_padding_and_grace(task):
    batch = first_segment(task, 32, seed=2)
    time, grace = np.arange(len(batch.inputs))[:, None], round(task.grace_ms / task.dt)
    assert (batch.mask >= 0).all()
    padding = time >= batch.lengths
    assert (batch.mask[padding] == 0).all()
    assert (batch.inputs[padding] == 0).all()
    for start, stop in list(batch.periods.values())[1:]:
        assert (batch.mask[(time >= start) & (time < np.minimum(start + grace, stop))] == 0).all()
    assert (batch.mask.sum(axis=0) > 0).all()


def test_train_and_test_streams_share_no_batch_and_restart_anywhere(task):
    train, test = (list(islice(task.stream(4, 0, split), 4)) for split in ("train", "test"))
    everything = [*train, *test]
    assert len({batch.inputs.tobytes() for batch in everything}) == len(everything)
    assert same(next(task.stream(4, 0, start=2)), train[2])
    assert not any(same(a, b) for a, b in zip(train, islice(task.stream(4, 1), 4), strict=True))


@pytest.mark.parametrize("dt", [10, 20])
def test_noise_does_not_depend_on_dt(task, dt):
    noisy, quiet = (first_segment(make_task(task.name, dt=dt, noise=s), 400, seed=5) for s in (0.1, 0.0))
    noise = (noisy.inputs - quiet.inputs)[: noisy.lengths.min()]
    bins = round(100 / dt)
    windows = noise[: len(noise) // bins * bins].reshape(-1, bins, *noise.shape[1:]).mean(axis=1)
    assert windows.std() == pytest.approx(0.1, rel=4 / np.sqrt(2 * windows.size))


def test_ideal_observer_scores_the_ceiling(task):
    batch = ideal_batch(task, N_TRIALS if task.n_segments == 1 else 500, seed=6)
    scores = task.score(task.ideal(batch), batch)
    assert abs(scores.mean() - task.ceiling) <= four_sigma(task.ceiling, len(scores))
    assert task.chance < task.ceiling <= 1


def test_ideal_observer_makes_no_error_without_noise(task):
    task = make_task(task.name, noise=0.0)
    if task.n_segments == 1:
        assert task.ceiling == 1
    batch = ideal_batch(task, 200, seed=7)
    if task.ceiling == 1:
        assert (task.score(task.ideal(batch), batch) == 1).all()


def test_ideal_observer_reads_neither_conditions_nor_targets(task):
    batch = ideal_batch(task, 50, seed=8)
    blank = replace(batch, conditions={}, targets=np.zeros_like(batch.targets), mask=np.zeros_like(batch.mask))
    np.testing.assert_array_equal(task.ideal(blank), task.ideal(batch))


def test_guesser_scores_chance(task):
    batch = task.sample(N_TRIALS if task.n_segments == 1 else 500, seed=9)
    scores = task.score(task.guess(batch, 10), batch)
    assert abs(scores.mean() - task.chance) <= four_sigma(task.chance, len(scores))


def test_fixating_earns_nothing_where_a_response_is_due(task):
    batch = task.sample(50, seed=11)
    scores = task.score(task.hold(batch), batch)
    due = np.ones(50, bool)
    if task.kind == "choice":
        due = np.all(
            [batch.targets[stop - 1, np.arange(50)] for _, stop in batch.windows(task.response_period)], axis=0
        )
    assert due.any()
    assert (scores[due] == 0).all()


def test_scores_are_between_0_and_1(task):
    batch = task.sample(50, seed=12)
    outputs = np.random.default_rng(0).standard_normal(task.hold(batch).shape)
    scores = task.score(outputs, batch)
    assert scores.shape == (50,)
    assert ((scores >= 0) & (scores <= 1)).all()
    # A trial is scored alike alone and in a batch.
    alone = batch.trial(7)
    assert task.score(outputs[: len(alone.inputs), 7:8], alone)[0] == scores[7]


def test_score_refuses_outputs_it_cannot_judge(task):
    batch = task.sample(3, seed=13)
    outputs = task.hold(batch)
    for wrong in (outputs[:-1], outputs[:, :2], outputs[..., :-1], outputs[..., 0]):
        with pytest.raises(ValueError, match=r"expects \(T, B, n_out\) = "):
            task.score(wrong, batch)
    for value in (np.nan, np.inf):
        outputs[-1, 0, 0] = value
        with pytest.raises(ValueError, match="NaN or infinity"):
            task.score(outputs, batch)


def test_a_task_survives_the_way_through_json(task):
    again = task_from_config(json.loads(json.dumps(task_config(task))))
    assert again == task
    assert same(again.sample(4, seed=0), task.sample(4, seed=0))
    other = replace(task, dt=10, noise=0.2)
    assert task_from_config(json.loads(json.dumps(task_config(other)))) == other != task


def test_a_task_says_what_it_is(task):
    assert set(task.factors) <= set(first_segment(task, 2, seed=0).conditions)
    assert task.family
    assert "doi:10." in task.source
    assert type(task).__doc__
    for name in (field.name for field in dataclasses.fields(task)):
        assert f"{name}:" in type(task).__doc__ + type(task).__mro__[1].__doc__


def test_the_mask_is_exact_to_the_bin():
    task = make_task("DelayMatchSample", delay_ms=200, grace_ms=100, response_weight=3.0)
    mask = task.sample(3, seed=0).mask
    bins = {"fixation": 10, "sample": 15, "delay": 10, "test": 15, "decision": 15}
    expected = []
    for name, n in bins.items():
        weight = 3.0 if name == "decision" else 1.0
        grace = 0 if name == "fixation" else 5
        expected += [0.0] * grace + [weight] * (n - grace)
    np.testing.assert_array_equal(mask, np.tile(np.array(expected)[:, None], 3))


def test_the_mask_is_exact_to_the_bin_where_durations_differ():
    task = make_task("DelayMatchSample", delay_ms=Uniform(100, 400), grace_ms=60)
    batch = task.sample(50, seed=0)
    assert len(set(batch.lengths)) > 5
    for trial in range(50):
        one = batch.trial(trial)
        for start, stop in list(one.periods.values())[1:]:
            assert (one.mask[start[0] : start[0] + 3] == 0).all()
            assert (one.mask[start[0] + 3 : stop[0]] > 0).all()
        assert (batch.mask[batch.lengths[trial] :, trial] == 0).all()


def test_a_reach_is_judged_by_where_it_ends():
    task = make_task("DelayedReach", tolerance=0.25)
    batch = task.sample(20, seed=0)
    ideal = task.ideal(batch)
    for gain, score in ((0.8, 1), (1.2, 1), (0.7, 0), (1.3, 0)):
        assert (task.score(gain * ideal, batch) == score).all(), gain


@pytest.mark.parametrize("noise", [0.5, 1.0])
def test_matching_two_noisy_stimuli_is_as_good_as_theory_says(noise):
    """Two stimuli: each is told with error p = Phi(-d / 2s), and the match is right unless exactly one was mistaken."""
    task = make_task("DelayMatchSample", noise=noise)
    templates = task.ring.bump(np.array([0.0, np.pi]))
    d = np.linalg.norm(templates[0] - templates[1])
    s = noise * np.sqrt(100 / 300)
    p = 0.5 * math.erfc(d / (2 * s) / math.sqrt(2))
    expected = 1 - 2 * p * (1 - p)
    assert expected < 0.999
    assert task.ceiling == pytest.approx(expected, abs=4 * math.sqrt(expected * (1 - expected) / 100_000))
    batch = task.sample(20_000, seed=1)
    error = 4 * math.sqrt(expected * (1 - expected) / 20_000)
    assert task.score(task.ideal(batch), batch).mean() == pytest.approx(expected, abs=error)
