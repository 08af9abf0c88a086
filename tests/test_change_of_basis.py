"""Where units outnumber samples, analyses work in as many coordinates as there are samples: the same numbers."""

import numpy as np
import pytest

from cogdyn.agents.dynamics import (
    alignment_index,
    demixed_components,
    jpca,
    linear_cka,
    orthogonal_subspaces,
    procrustes_distance,
    random_alignments,
    tangling,
    targeted_axes,
)
from cogdyn.agents.dynamics.change_of_basis import leading_axes, own_coordinates
from cogdyn.agents.dynamics.surrogates import surrogates

T, C, N = 7, 5, 60
EXACT = {"rtol": 1e-10, "atol": 1e-10}


def population(seed, units=N, dtype=np.float64):
    rng = np.random.default_rng(seed)
    return (rng.normal(size=(T, C, 12)).cumsum(axis=0) @ rng.normal(size=(12, units)) + 2).astype(dtype)


def embedded(seed, units=N):
    """A small population, and the same one turned into many units."""
    small = population(seed, 12)
    turn = np.linalg.qr(np.random.default_rng(9).normal(size=(units, 12)))[0].T
    return small, small @ turn, turn


def centred(rates):
    samples = rates.reshape(-1, rates.shape[-1])
    return samples - samples.mean(axis=0)


@pytest.mark.parametrize(("shape", "least", "k"), [((5, 30), 1, 5), ((5, 30), 8, 8), ((30, 5), 1, 5), ((5, 6), 8, 6)])
def test_coordinates_are_exact_and_their_basis_is_orthonormal(shape, least, k):
    x = np.random.default_rng(0).normal(size=shape)
    y, q = own_coordinates(x, least)
    assert y.shape == (shape[0], k)
    np.testing.assert_allclose(q @ q.T, np.eye(k), atol=1e-12)
    np.testing.assert_allclose(y @ q, x, atol=1e-12)


def test_leading_axes_are_the_singular_vectors():
    x = centred(population(0))
    expected = np.linalg.svd(x, full_matrices=False)[2][:6]
    found = leading_axes(x, 6)
    np.testing.assert_allclose(np.abs(np.sum(found * expected, axis=1)), 1, **EXACT)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("units", [20, 50], ids=["fewer units than samples", "more"])
def test_cka_and_procrustes_are_their_plain_definitions(units, dtype):
    a, b = population(0, units, dtype), population(1, N, dtype)
    x, y = centred(a.astype(np.float64)), centred(b.astype(np.float64))
    plain = np.sum((y.T @ x) ** 2) / (np.linalg.norm(x.T @ x) * np.linalg.norm(y.T @ y))
    assert linear_cka(a, b) == pytest.approx(plain, rel=1e-10)
    nuclear = np.linalg.svd(x.T @ y, compute_uv=False).sum()
    angle = np.arccos(nuclear / (np.linalg.norm(x) * np.linalg.norm(y)))
    assert procrustes_distance(a, b) == pytest.approx(angle, rel=1e-10)


@pytest.mark.parametrize("null", ["shuffle", "CMPT"])
def test_rotations_are_those_of_the_plain_principal_components(null):
    rates = population(0)
    found = jpca(rates, n_components=4, null=null)
    x = rates - rates.mean(axis=1, keepdims=True)
    axes = np.linalg.eigh(centred(x).T @ centred(x))[1][:, :-5:-1]
    plain = jpca(x @ axes, n_components=4)
    for name in ("r2_skew", "r2_best", "frequency_hz", "r2_plane"):
        np.testing.assert_allclose(getattr(found, name), getattr(plain, name), **EXACT)
    for ours, theirs in zip(found.planes, plain.planes @ axes.T, strict=True):
        np.testing.assert_allclose(ours.T @ ours, theirs.T @ theirs, **EXACT)
    surrogate = next(iter(surrogates(rates, null, 1)))
    if null == "CMPT":
        np.testing.assert_allclose(np.cov(centred(surrogate).T), np.cov(centred(rates).T), rtol=1e-8, atol=1e-8)


def test_what_a_rotation_into_many_units_cannot_change_stays():
    """Other analyses, against those of a population of few units."""
    small, large, turn = embedded(0)
    np.testing.assert_allclose(tangling(large), tangling(small), rtol=1e-8)
    halves = [(part[:3], part[3:]) for part in (small, large)]
    few, many = (alignment_index(*half, 3) for half in halves)
    assert many == pytest.approx(few, rel=1e-10)
    pairs = [orthogonal_subspaces(*half, (2, 3)) for half in halves]
    np.testing.assert_allclose(pairs[1].captured_variance, pairs[0].captured_variance, rtol=1e-6)
    both = np.concatenate([pairs[1].first, pairs[1].second])
    np.testing.assert_allclose(both @ both.T, np.eye(5), atol=1e-10)
    chance = [random_alignments(*half, 3, 500) for half in halves]
    assert chance[1].mean() == pytest.approx(chance[0].mean(), abs=0.03)
    grids = [
        demixed_components(rates[:, :4].reshape(T, 2, 2, -1), ["a", "b"], 2, ridge=0.01) for rates in (small, large)
    ]
    for name, decoders in grids[0].decoders.items():
        signs = np.sign(np.sum(grids[1].decoders[name] * (decoders @ turn), axis=1, keepdims=True))
        np.testing.assert_allclose(signs * grids[1].decoders[name], decoders @ turn, rtol=1e-6, atol=1e-8)


def test_targeted_axes_keep_to_the_samples_own_space():
    rates, x = population(0), {"x": np.array([-2.0, -1, 0, 1, 2])}
    found = targeted_axes(rates, x, n_components=4)
    z = (rates - found.mean) / found.scale
    samples = z.reshape(-1, N)
    axes = np.linalg.svd(samples, full_matrices=False)[2][:4]
    weights = np.einsum("k,tkn->tn", np.linalg.pinv(np.stack([x["x"], np.ones(C)], 1))[0], z) @ axes.T @ axes
    np.testing.assert_allclose(found.strength[0], np.linalg.norm(weights, axis=1), **EXACT)
