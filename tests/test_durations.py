import numpy as np
import pytest
from scipy.stats import chisquare, randint

from cogdyn.envs import Choice, PerBatch, TruncatedExponential, Uniform, make_task
from cogdyn.envs.durations import draw_bins, in_bins, pmf

RANDOM = [
    Uniform(100, 400),
    Uniform(100, 400, step=60),
    Choice((200, 0, 500)),
    Choice((200, 500), p=(0.2, 0.8)),
    TruncatedExponential(mean=150, low=100, high=600),
]


@pytest.mark.parametrize(("ms", "dt", "bins"), [(0, 20, 0), (200, 20, 10), (0.3, 0.1, 3), (1e6, 0.1, 10**7)])
def test_a_multiple_of_dt_becomes_bins(ms, dt, bins):
    assert in_bins(ms, dt, "delay_ms") == bins


@pytest.mark.parametrize(
    ("ms", "message"),
    [
        (-20, "delay_ms is -20 ms; a duration must be finite and not negative"),
        (float("nan"), "delay_ms is nan ms; a duration must be finite and not negative"),
        (float("inf"), "delay_ms is inf ms; a duration must be finite and not negative"),
        (30, "delay_ms is 30 ms, not a multiple of dt = 20 ms; the nearest are 20 and 40"),
        (9, "delay_ms is 9 ms, not a multiple of dt = 20 ms; the nearest are 0 and 20"),
    ],
)
def test_other_durations_are_refused(ms, message):
    with pytest.raises(ValueError, match=message):
        in_bins(ms, 20, "delay_ms")


@pytest.mark.parametrize(
    ("duration", "message"),
    [
        (Uniform(400, 100), "low <= high"),
        (Uniform(100, 400, step=0), "step of at least dt"),
        (Uniform(110, 400), "delay_ms: low is 110 ms, not a multiple"),
        (Uniform(100, 410), "delay_ms: high is 410 ms, not a multiple"),
        (Choice(()), "needs values"),
        (Choice((100, 200), p=(1.0,)), "as many probabilities"),
        (Choice((100, 200), p=(0.5, 0.6)), "add up to 1"),
        (Choice((100, 200), p=(-0.5, 1.5)), "probabilities"),
        (Choice((100, 210)), "delay_ms: value is 210 ms, not a multiple"),
        (TruncatedExponential(0, 100, 200), "mean must be positive"),
        (TruncatedExponential(100, 200, 100), "low <= high"),
        ("long", "allowed: a number \\(ms\\), Uniform\\(low, high\\), Choice"),
        (None, "allowed: a number"),
        (True, "allowed: a number"),
    ],
)
def test_distributions_that_make_no_sense_are_refused(duration, message):
    with pytest.raises(ValueError, match=message):
        pmf(duration, 20, "delay_ms")
    with pytest.raises(ValueError, match=message):
        make_task("DelayMatchSample", delay_ms=duration)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (lambda: 300, "(delay_ms|duration) is the function <lambda>; allowed: a number"),
        (lambda conditions: 300, "(delay_ms|duration) is the function <lambda>; allowed: a number"),
        (Uniform, r"(delay_ms|duration) is the class Uniform; give it arguments, as in Uniform\(200, 400\)"),
        (randint(10, 20), "(delay_ms|duration) is an? .*; allowed: a number"),
        ({200, 400}, "(delay_ms|duration) is {200, 400}; allowed: a number"),
    ],
    ids=["no argument", "an argument", "a class", "scipy", "a set"],
)
def test_what_is_no_duration_is_refused_where_it_is_given(value, message):
    """Also what other packages take: functions, and distributions of SciPy."""
    for name, argument in (("DelayMatchSample", "delay_ms"), ("yang19.multitask", "delay_ms")):
        with pytest.raises(ValueError, match=message):
            make_task(name, **{argument: value})
        with pytest.raises(ValueError, match=message):
            make_task(name, **{argument: PerBatch(value)})


def test_all_durations_off_the_grid_are_named_at_once():
    with pytest.raises(ValueError, match=r"^grace_ms is 100 ms, .* sample_ms is 300 ms, .* decision_ms is 300 ms, not"):
        make_task("DelayMatchSample", dt=40)
    with pytest.raises(ValueError, match=r"^grace_ms is 20 ms, .* look_ms is 60 ms, not a multiple of dt = 100 ms"):
        make_task("Reaching1D", dt=100)


def test_a_fixed_duration_draws_nothing():
    rng = np.random.default_rng(0)
    assert (draw_bins(200, 20, "delay_ms", rng, 5) == 10).all()
    assert rng.random() == np.random.default_rng(0).random()


@pytest.mark.parametrize("duration", RANDOM, ids=repr)
def test_a_probability_mass_lies_on_the_grid(duration):
    bins, p = pmf(duration, 20, "delay_ms")
    assert bins.dtype.kind == "i"
    assert p.sum() == pytest.approx(1)
    assert len(set(bins)) == len(bins) == len(p)


@pytest.mark.parametrize("duration", RANDOM, ids=repr)
def test_draws_follow_their_probability_mass(duration):
    bins, p = pmf(duration, 20, "delay_ms")
    drawn = draw_bins(duration, 20, "delay_ms", np.random.default_rng(1), 20_000)
    assert set(drawn) == set(bins)
    counts = [(drawn == value).sum() for value in bins]
    assert chisquare(counts, p * len(drawn)).pvalue > 1e-3


def test_the_chi_square_would_notice():
    drawn = draw_bins(Uniform(100, 400), 20, "delay_ms", np.random.default_rng(1), 20_000)
    bins, p = pmf(TruncatedExponential(2000, 100, 400), 20, "delay_ms")
    assert chisquare([(drawn == value).sum() for value in bins], p * len(drawn)).pvalue < 1e-3


def test_uniform_takes_steps():
    bins, p = pmf(Uniform(100, 400, step=100), 20, "delay_ms")
    np.testing.assert_array_equal(bins, [5, 10, 15, 20])
    np.testing.assert_array_equal(p, [0.25] * 4)


def test_truncated_exponential_has_a_flat_hazard():
    bins, p = pmf(TruncatedExponential(mean=200, low=100, high=4000), 20, "delay_ms")
    survival = 1 - np.cumsum(p)[:-1]
    hazard = p[1:] / survival
    # Far from the end, where all that is left must end.
    np.testing.assert_allclose(hazard[:-60], 1 - np.exp(-20 / 200), rtol=0.01)
    assert bins[0] == 5
    assert bins[-1] == 200


@pytest.mark.parametrize("duration", RANDOM, ids=repr)
def test_trials_of_a_task_have_durations_from_the_distribution(duration):
    task = make_task("DelayMatchSample", delay_ms=duration)
    start, stop = task.sample(500, seed=0).periods["delay"]
    assert set(stop - start) <= set(pmf(duration, task.dt, "delay_ms")[0])
    assert len(set(stop - start)) > 1
