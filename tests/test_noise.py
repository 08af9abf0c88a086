"""The noise that canvases are filled with is Gaussian, independent and fixed by its seed."""

import numpy as np
import pytest
from scipy import stats

from cogdyn.envs.noise import BLOCK, fill_with_noise


def noise(shape, std=1.0, seed=0):
    out = np.full(shape, np.nan, np.float32)
    fill_with_noise(out, std, np.random.default_rng(seed))
    return out


def test_it_is_distributed_as_a_normal_is():
    values = noise(4_000_000).astype(np.float64)
    assert stats.kstest(values[::4], "norm").pvalue > 0.01
    n = len(values)
    # Mean, variance, skewness and kurtosis, each within four standard errors.
    assert abs(values.mean()) < 4 / np.sqrt(n)
    assert abs(values.var() - 1) < 4 * np.sqrt(2 / n)
    assert abs(stats.skew(values)) < 4 * np.sqrt(6 / n)
    assert abs(stats.kurtosis(values)) < 4 * np.sqrt(24 / n)
    for sigma in (3, 4, 4.5):
        expected = n * 2 * stats.norm.sf(sigma)
        assert abs((np.abs(values) > sigma).sum() - expected) < 4 * np.sqrt(expected)


@pytest.mark.parametrize("lag", [1, 2, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK])
def test_neither_values_nor_their_squares_depend_on_each_other(lag):
    values = noise(1_000_000).astype(np.float64)
    limit = 4 / np.sqrt(len(values) - lag)
    assert abs(np.corrcoef(values[lag:], values[:-lag])[0, 1]) < limit
    assert abs(np.corrcoef(values[lag:] ** 2, values[:-lag] ** 2)[0, 1]) < limit


@pytest.mark.parametrize("shape", [(1,), (7,), (2 * BLOCK,), (2 * BLOCK + 1,), (50, 3, 5), (4 * BLOCK - 1,)])
def test_every_entry_is_filled_and_the_seed_fixes_it(shape):
    first, again, other = noise(shape, 0.3), noise(shape, 0.3), noise(shape, 0.3, seed=1)
    assert np.isfinite(first).all()
    np.testing.assert_array_equal(first, again)
    assert (first != other).all()
    np.testing.assert_allclose(noise(shape, 0.6), 2 * first, rtol=1e-5)


def test_they_are_the_rounded_normals_of_double_precision():
    """Each block goes on where the last one stopped, and nothing is drawn beyond the end."""
    ours, theirs = np.random.default_rng(3), np.random.default_rng(3)
    out = np.empty(2 * BLOCK + 5, np.float32)
    fill_with_noise(out, 0.3, ours)
    np.testing.assert_array_equal(out, (0.3 * theirs.standard_normal(out.size)).astype(np.float32))
    assert ours.random() == theirs.random()
