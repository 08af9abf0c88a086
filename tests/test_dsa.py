"""Dynamical similarity analysis through its package: what is handed over, what comes back, what is said without it."""

import sys

import numpy as np
import pytest

from cogdyn.agents.dynamics import dynamical_distance


def turning(hertz, units=10, bins=100, conditions=8, seed=0, decay=0.99):
    """A damped rotation in a plane of its own, in bins of 10 ms."""
    rng = np.random.default_rng(seed)
    plane = np.linalg.qr(rng.normal(size=(units, 2)))[0].T
    start = rng.normal(size=conditions) + 1j * rng.normal(size=conditions)
    z = start * (decay * np.exp(2j * np.pi * hertz * 0.01)) ** np.arange(bins)[:, None]
    return np.stack([z.real, z.imag], axis=-1) @ plane


def driven(hertz, inputs, units=6, seed=0):
    """A rotation that inputs (T, C, 2) push around."""
    angle = 2 * np.pi * hertz * 0.01
    matrix = 0.95 * np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    x = np.zeros(inputs.shape)
    for t in range(len(x) - 1):
        x[t + 1] = x[t] @ matrix + inputs[t]
    return x @ np.linalg.qr(np.random.default_rng(seed).normal(size=(units, 2)))[0].T


def test_the_distance_is_that_of_eigenvalues():
    pytest.importorskip("DSA")
    first = turning(2.0)
    assert dynamical_distance(first, first, 3, 2) == pytest.approx(0, abs=1e-9)
    again = turning(2.0, units=7, bins=80, conditions=5, seed=1)
    assert dynamical_distance(first, again, 3, 2) == pytest.approx(0, abs=1e-6)
    apart = 0.99 * abs(np.exp(2j * np.pi * 0.02) - np.exp(2j * np.pi * 0.04))
    assert dynamical_distance(first, turning(4.0, seed=2), 3, 2) == pytest.approx(apart**2, rel=1e-3)


def test_driven_systems_are_compared_beside_their_inputs():
    pytest.importorskip("DSA")
    u, v = np.random.default_rng(0).normal(size=(2, 100, 8, 2))
    same = dynamical_distance(driven(2, u), driven(2, v, seed=1), 3, 2, inputs_a=u, inputs_b=v)
    other = dynamical_distance(driven(2, u), driven(6, v, seed=1), 3, 2, inputs_a=u, inputs_b=v)
    assert same == pytest.approx(0, abs=1e-6)
    assert other == pytest.approx((0.95 * abs(np.exp(2j * np.pi * 0.02) - np.exp(2j * np.pi * 0.06))) ** 2, rel=1e-3)


def test_trials_may_be_of_unequal_length():
    pytest.importorskip("DSA")
    first, second = turning(2.0), turning(4.0, seed=2)
    trials = [[rates[: 60 + 5 * c, c] for c in range(8)] for rates in (first, second)]
    apart = 0.99 * abs(np.exp(2j * np.pi * 0.02) - np.exp(2j * np.pi * 0.04))
    assert dynamical_distance(*trials, 3, 2) == pytest.approx(apart**2, rel=1e-3)
    assert dynamical_distance(trials[0], first.astype(np.float32), 3, 2) == pytest.approx(0, abs=1e-6)
    whole = [[*rates.swapaxes(0, 1)] for rates in (first, second)]
    assert dynamical_distance(*whole, 3, 2) == dynamical_distance(first, second, 3, 2)


def test_a_shift_of_all_rates_counts_unless_they_are_centred():
    pytest.importorskip("DSA")
    rates = turning(2.0)
    assert dynamical_distance(rates, rates + 5, 3, 2) > 1e-3
    assert dynamical_distance(rates, rates + 5, 3, 2, centred=True) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    ("rates", "arguments", "words"),
    [
        (turning(2.0, bins=5), {}, "12 time bins or more"),
        (turning(2.0), {"n_delays": 0}, "1 or more"),
        (turning(2.0), {"n_delays": 1, "rank": 11}, "ask for less"),
        (turning(2.0), {"inputs_a": np.ones((100, 8, 1))}, "go together"),
        (np.full((100, 8, 3), np.nan), {}, "NaN"),
        (turning(2.0, bins=12, conditions=1), {}, r"12 bins leave 2 steps .* allowed: 1 to 2"),
        (turning(2.0, bins=13, conditions=2), {"rank": 5}, r"make 8 states, fewer than the 100 entries"),
        ([np.ones((30, 3)), np.ones((30, 4))], {}, "of the same units"),
        ([np.ones((30, 3)), np.ones((11, 3))], {}, "of 12 bins or more each"),
        ([np.ones((30, 3)), np.full((20, 3), np.nan)], {}, "after each other, takes finite rates"),
        (
            [turning(2.0)[:, 0]] * 2,
            {"inputs_a": np.ones((100, 2, 1)), "inputs_b": np.ones((100, 2, 1))},
            "not with lists",
        ),
        (turning(2.0, bins=20), {"inputs_a": np.ones((20, 8, 1)), "inputs_b": np.ones((20, 8, 1))}, "21 time bins"),
    ],
)
def test_what_does_not_fit_is_refused(rates, arguments, words):
    with pytest.raises(ValueError, match=words):
        dynamical_distance(rates, rates, **arguments)


def test_without_the_package_one_message_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "DSA", None)
    with pytest.raises(ModuleNotFoundError) as caught:
        dynamical_distance(turning(2.0), turning(2.0))
    assert str(caught.value) == (
        "dynamical similarity analysis needs dsa-metric (DSA is missing): pip install 'cogdyn[similarity]'"
    )
