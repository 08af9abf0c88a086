"""What is decoded along demixed components, and the ridge, where latents and their windows are known."""

import numpy as np
import pytest

from cogdyn.agents.dynamics import (
    condition_averages,
    cross_validated_ridge,
    demixed_components,
    demixed_decoding,
    marginalisations,
)

T, N = 24, 10
WINDOWS = {"stimulus": slice(8, 16), "decision": slice(14, 20)}


def session(noise=1.0, dtype=np.float64, seed=0):
    """Trials (T, B, N) in unequal numbers that code stimulus and decision in windows of their own, and the factors."""
    rng = np.random.default_rng(seed)
    cells = [(s, d) for s in range(3) for d in range(2)]
    factors = np.array([cell for k, cell in enumerate(cells) for _ in range(4 + k)])
    rng.shuffle(factors)
    rates = noise * rng.normal(size=(T, len(factors), N))
    axes = np.linalg.qr(rng.normal(size=(N, 2)))[0].T
    for window, axis, values in zip(WINDOWS.values(), axes, factors.T, strict=True):
        rates[window] += 8 * (values - values.max() / 2)[:, None] * axis
    return rates.astype(dtype), {"stimulus": factors[:, 0], "decision": factors[:, 1]}


def in_window(name):
    bins = np.zeros(T, bool)
    bins[WINDOWS[name]] = True
    return bins


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_latent_is_significant_while_it_codes_its_factor_and_nowhere_else(dtype):
    rates, factors = session(dtype=dtype)
    # A unit of another session: others were recorded in all trials, this one in most.
    few = np.random.default_rng(1).permutation(rates.shape[1])[:4]
    hidden = np.zeros(rates.shape, bool)
    hidden[:, few, 3] = True
    masked = np.ma.array(np.where(hidden, -999, rates), mask=hidden)
    found = demixed_decoding(masked, factors, n_repetitions=5, n_shuffles=19, consecutive=3)
    assert list(found.accuracy) == ["stimulus", "decision", "stimulus x decision"]
    for name, window in WINDOWS.items():
        significant = found.significant[name][0]
        assert significant[window].all()
        # A bin next to the window may be above all shuffles by chance, and makes the row longer by one.
        assert not significant[: window.start - 1].any()
        assert not significant[window.stop + 1 :].any()
        assert found.accuracy[name][0, window].min() > found.shuffled[name].max() + 0.1
        assert found.accuracy[name][0, window].min() > 0.9
        assert (found.p_value[name][0, window] == 1 / 20).all()
        outside = found.accuracy[name][0, ~in_window(name)]
        assert outside.mean() == pytest.approx(found.chance[name], abs=0.1)
        assert found.shuffled[name].mean() == pytest.approx(found.chance[name], abs=0.05)
    assert not found.significant["stimulus x decision"].any()
    assert list(found.chance.values()) == [1 / 3, 1 / 2, 1 / 6]


def test_runs_that_are_too_short_do_not_count():
    rates, factors = session()
    found = demixed_decoding(rates, factors, n_repetitions=2, n_shuffles=5, consecutive=7)
    assert found.significant["stimulus"].sum() >= 8
    assert not found.significant["decision"].any()


def test_the_same_seed_decodes_the_same():
    rates, factors = session()
    first, again, other = (
        demixed_decoding(rates, factors, n_repetitions=2, n_shuffles=2, n_components=2, seed=seed) for seed in (3, 3, 4)
    )
    assert first.accuracy["stimulus"].shape == (2, T)
    assert first.shuffled["stimulus"].shape == (2, 2, T)
    np.testing.assert_array_equal(first.shuffled["stimulus"], again.shuffled["stimulus"])
    assert (first.shuffled["stimulus"] != other.shuffled["stimulus"]).any()


def test_trials_that_are_all_alike_need_no_ridge():
    rates, factors = session(noise=0.0)
    found = cross_validated_ridge(rates, factors, [0.0, 0.1, 1.0], n_repetitions=2)
    assert found.ridge == 0
    assert found.errors[0] == pytest.approx(0, abs=1e-12)
    assert (np.diff(found.errors) > 1e-4).all()


def test_the_ridge_that_is_chosen_is_good_in_trials_that_are_new():
    """Against trials drawn afresh: as good as the best there, and better than hardly any ridge or far too much."""
    clean, factors = session(noise=0.0)
    rates, ridges = session(noise=6.0)[0], np.geomspace(1e-3, 30, 10)
    chosen = cross_validated_ridge(rates, factors, ridges, n_components=1)
    average = condition_averages(rates, factors)
    truth = condition_averages(clean, factors).rates
    rng = np.random.default_rng(1)
    fresh = [truth + 6 * rng.normal(size=truth.shape) for _ in range(20)]
    parts = marginalisations(average.rates, average.factors)

    def error(ridge):
        found = demixed_components(average.rates, average.factors, 1, ridge)
        return sum(
            np.sum((part - (trial - trial.mean(axis=(0, 1, 2))) @ found.decoders[name].T @ found.encoders[name]) ** 2)
            for name, part in parts.items()
            for trial in fresh
        )

    errors = np.array([error(ridge) for ridge in ridges])
    ours = errors[ridges == chosen.ridge][0]
    assert ours < 1.02 * errors.min()
    assert ours < 0.95 * min(errors[0], errors[-1])


def test_what_cannot_be_decoded_is_refused():
    rates, factors = session()
    alone = np.flatnonzero((factors["stimulus"] == 0) & (factors["decision"] == 0))[1:]
    lost = rates.copy()
    lost[5, alone, 2] = np.nan
    for bad, words in [
        ({"rates": lost}, r"unit 2 has 1 whole trials of stimulus 0, decision 0; .* 1 of 60 pairs have fewer"),
        ({"rates": np.where(np.arange(N) == 0, np.inf, rates)}, "hold infinity"),
        ({"factors": {"stimulus": factors["stimulus"][:-1]}}, "expected a value for each of 39 trials"),
        ({"factors": {}}, "name no factor"),
        ({"n_shuffles": 0}, "n_shuffles is 0"),
        ({"n_repetitions": 1.5}, "n_repetitions is 1.5"),
        ({"consecutive": 25}, "1 to the number of bins, 24"),
        ({"ridge": -1.0}, "0 or more"),
    ]:
        with pytest.raises(ValueError, match=words):
            demixed_decoding(**{"rates": rates, "factors": factors} | bad)
    with pytest.raises(ValueError, match="one or more"):
        cross_validated_ridge(rates, factors, [])
