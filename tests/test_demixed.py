"""Demixed components and targeted axes of populations that were mixed on purpose."""

import numpy as np
import pytest
from scipy.optimize import minimize

from cogdyn.agents.dynamics import demixed_components, marginalisations, targeted_axes

T, S, D, N = 20, 4, 3, 12
NAMES = ["time", "stimulus", "decision", "stimulus x decision"]


@pytest.fixture
def parts():
    """Courses of one component per marginalisation, orthogonal by construction, (T, S, D) each."""
    t = np.linspace(0, 1, T)[:, None, None]
    s, d = np.array([-3, -1, 1, 3])[:, None], np.array([-1, 0, 1])
    return {
        "time": np.broadcast_to(np.sin(6 * t) - np.sin(6 * t).mean(), (T, S, D)),
        "stimulus": np.broadcast_to(s * t, (T, S, D)),
        "decision": np.broadcast_to(2 * d * t**2, (T, S, D)),
        "stimulus x decision": 0.5 * s * d * t,
    }


def mixed(parts, directions):
    return sum(part[..., None] * direction for part, direction in zip(parts.values(), directions, strict=True)) + 4


def oblique(seed=0):
    return np.random.default_rng(seed).normal(size=(4, N))


def test_marginalisations_are_orthogonal_and_sum_to_the_rates():
    rates = np.random.default_rng(0).normal(size=(T, S, D, 5)) + 3
    found = marginalisations(rates, ["stimulus", "decision"])
    assert list(found) == NAMES
    np.testing.assert_allclose(sum(found.values()), rates - rates.mean(axis=(0, 1, 2)), atol=1e-12)
    for first in NAMES:
        for second in NAMES:
            if first != second:
                assert np.sum(found[first] * found[second]) == pytest.approx(0, abs=1e-9)


def test_marginalisations_find_what_was_put_together(parts):
    directions = oblique()
    found = marginalisations(mixed(parts, directions), ["stimulus", "decision"])
    for name, direction in zip(NAMES, directions, strict=True):
        np.testing.assert_allclose(found[name], parts[name][..., None] * direction, atol=1e-12)


def test_one_factor_and_three():
    rates = np.random.default_rng(0).normal(size=(5, 2, 3, 2, 4))
    assert list(marginalisations(rates[:, :, 0, 0], ["a"])) == ["time", "a"]
    found = marginalisations(rates, ["a", "b", "c"])
    assert list(found) == ["time", "a", "b", "c", "a x b", "a x c", "b x c", "a x b x c"]
    np.testing.assert_allclose(sum(found.values()), rates - rates.mean(axis=(0, 1, 2, 3)), atol=1e-12)


def test_oblique_directions_are_demixed_by_their_duals(parts):
    """Each decoder sees its own component alone; encoders are the directions along which components were added."""
    directions = oblique()
    found = demixed_components(mixed(parts, directions), ["stimulus", "decision"], 1, ridge=0)
    for name, direction in zip(NAMES, directions, strict=True):
        assert abs(found.encoders[name][0] @ direction) / np.linalg.norm(direction) == pytest.approx(1, abs=1e-9)
        gains = found.decoders[name][0] @ directions.T
        np.testing.assert_allclose(gains[[n != name for n in NAMES]], 0, atol=1e-7)
        assert found.purity[name][0] == pytest.approx(1, abs=1e-9)
        course = found.project(mixed(parts, directions), name)[..., 0]
        np.testing.assert_allclose(np.abs(course), np.abs(parts[name]) * np.linalg.norm(direction), atol=1e-6)
    powers = [np.sum(parts[n] ** 2) * np.sum(v**2) for n, v in zip(NAMES, directions, strict=True)]
    np.testing.assert_allclose(list(found.marginal_variance.values()), np.array(powers) / np.sum(powers), rtol=1e-9)
    assert sum(found.marginal_variance.values()) == pytest.approx(1)


def test_orthogonal_directions_explain_their_marginal_variance(parts):
    basis = np.linalg.qr(oblique().T)[0].T
    found = demixed_components(mixed(parts, basis), ["stimulus", "decision"], 2, ridge=0)
    for name in NAMES:
        np.testing.assert_allclose(found.variance_fraction[name], [found.marginal_variance[name], 0], atol=1e-9)
        assert np.isnan(found.purity[name][1])


def test_no_other_decoder_and_encoder_lose_less():
    """The closed form against BFGS from random starts, ridge included."""
    rng = np.random.default_rng(0)
    rates = rng.normal(size=(6, 3, 2, 4)).cumsum(axis=0)
    ridge = 0.3
    found = demixed_components(rates, ["a", "b"], 1, ridge=ridge)
    part = marginalisations(rates, ["a", "b"])["a"].reshape(-1, 4).T
    x = (rates - rates.mean(axis=(0, 1, 2))).reshape(-1, 4).T

    def loss(values):
        product = np.outer(values[:4], values[4:])
        return np.sum((part - product @ x) ** 2) + ridge**2 * np.sum(x**2) * np.sum(product**2)

    best = min(minimize(loss, rng.normal(size=8), method="BFGS").fun for _ in range(5))
    ours = loss(np.concatenate([found.encoders["a"][0], found.decoders["a"][0]]))
    assert ours == pytest.approx(best, rel=1e-6)


@pytest.mark.parametrize(
    ("rates", "factors", "arguments", "words"),
    [
        (np.zeros((5, 2, 3)), ["a", "b"], {}, r"expected \(T, a, b, N\)"),
        (np.zeros((5, 2, 3)), ["time"], {}, "names of their own"),
        (np.zeros((5, 1, 3)), ["a"], {}, "2 or more of each"),
        (np.full((5, 2, 3), np.nan), ["a"], {}, "NaN"),
        (np.ones((5, 2, 3)), ["a"], {}, "all units are constant"),
        (np.random.default_rng(0).normal(size=(5, 2, 3)), ["a"], {"n_components": 4}, "allow 1 to 3"),
        (np.random.default_rng(0).normal(size=(5, 2, 3)), ["a"], {"ridge": -1}, "0 or more"),
    ],
)
def test_what_cannot_be_demixed_is_refused(rates, factors, arguments, words):
    with pytest.raises(ValueError, match=words):
        demixed_components(rates, factors, **arguments)


def test_an_unknown_marginalisation_is_refused(parts):
    found = demixed_components(mixed(parts, oblique()), ["stimulus", "decision"])
    with pytest.raises(ValueError, match="known are time, stimulus"):
        found.project(mixed(parts, oblique()), "choice")


# Targeted axes


def coded(directions, courses, trials=80, units=N, noise=0.0, seed=0):
    """Rates (T, B, N) of variables that are written along directions (V, N) with time courses (T, V); all variables."""
    rng = np.random.default_rng(seed)
    values = rng.choice([-1.0, 1.0], size=(trials, len(directions)))
    values[: 2 ** len(directions)] = np.array(np.meshgrid(*[[-1, 1]] * len(directions))).reshape(len(directions), -1).T
    rates = np.einsum("tv,kv,vn->tkn", courses, values, directions)
    return rates + noise * rng.normal(size=rates.shape), {f"v{i}": v for i, v in enumerate(values.T)}


def test_axes_are_the_directions_in_units_of_each_unit_and_their_peaks():
    t = np.arange(T)
    courses = np.stack([np.exp(-((t - 6) ** 2) / 8), np.exp(-((t - 13) ** 2) / 8)], axis=1)
    directions = oblique()[:2]
    rates, variables = coded(directions, courses)
    found = targeted_axes(rates + 5, variables)
    assert found.names == ("v0", "v1")
    np.testing.assert_array_equal(found.peak, [6, 13])
    scaled = directions / rates.std(axis=(0, 1))
    scaled /= np.linalg.norm(scaled, axis=1, keepdims=True)
    np.testing.assert_allclose(np.sum(found.raw * scaled, axis=1), 1, atol=1e-9)
    np.testing.assert_allclose(found.axes @ found.axes.T, np.eye(2), atol=1e-12)
    np.testing.assert_allclose(found.axes[0], found.raw[0], atol=1e-12)
    assert found.axes[1] @ found.raw[1] > 0
    along = found.project(rates + 5)[6, :, 0]
    assert (np.sign(along) == variables["v0"]).all()


def test_the_second_axis_does_not_see_the_first_variable():
    courses = np.ones((T, 2))
    rates, variables = coded(oblique()[:2], courses)
    found = targeted_axes(rates, variables)
    only_first = np.einsum("k,n->kn", variables["v0"], oblique()[0])
    seen = (only_first / found.scale) @ found.axes.T
    assert np.abs(seen[:, 0]).min() > 0.1
    np.testing.assert_allclose(seen[:, 1], 0, atol=1e-9)


def test_denoising_keeps_to_the_leading_components():
    rates, variables = coded(oblique()[:2], np.ones((T, 2)), units=N, noise=2.0)
    truth = oblique()[:2] / rates.std(axis=(0, 1))
    truth /= np.linalg.norm(truth, axis=1, keepdims=True)
    rough, clean = (targeted_axes(rates, variables, n) for n in (N, 2))
    assert (np.sum(clean.raw * truth, axis=1) > np.sum(rough.raw * truth, axis=1)).all()


def test_constant_units_have_no_part():
    rates, variables = coded(oblique()[:2], np.ones((T, 2)))
    rates[..., 4] = 2
    found = targeted_axes(rates, variables)
    np.testing.assert_allclose(found.axes[:, 4], 0, atol=1e-12)
    assert np.isfinite(found.project(rates)).all()


def test_variables_must_be_told_apart():
    rates, variables = coded(oblique()[:2], np.ones((T, 2)))
    v = variables["v0"]
    for bad, words in [
        ({"a": v, "b": 2 * v}, "sum of others"),
        ({"a": np.ones(80)}, "constant"),
        ({"a": v[:5]}, "expected 80 finite values"),
        ({"a": v * np.nan}, "finite"),
        ({}, "needs a variable"),
    ]:
        with pytest.raises(ValueError, match=words):
            targeted_axes(rates, bad)
    one_line = np.einsum("k,n->kn", v + 3 * variables["v1"], oblique()[0])[None].repeat(T, axis=0)
    with pytest.raises(ValueError, match="not independent"):
        targeted_axes(one_line, variables)
