"""What analyses take for arrays, what they make of masks, and a recording with holes that goes through them."""

import dataclasses

import numpy as np
import pytest
import torch

from cogdyn.agents import dynamics
from cogdyn.agents.dynamics import (
    condition_averages,
    demixed_components,
    jpca,
    linear_cka,
    participation_ratio,
    principal_components,
    tangling,
)
from cogdyn.agents.dynamics.arrays import as_array

RATES = np.random.default_rng(0).normal(size=(12, 8, 6)).cumsum(axis=0)
OTHER = np.random.default_rng(1).normal(size=(12, 8, 5)).cumsum(axis=0)
GRID = np.random.default_rng(2).normal(size=(6, 3, 2, 6)).cumsum(axis=0)
ANGLES = np.arange(8) * np.pi / 4
STRENGTH = np.array([0.1, 0.2, 0.4, 0.8])

# Each analysis of arrays, with arrays that suit it.
ANALYSES = {
    "autonomy_score": (RATES, RATES + 0.1, np.ones((12, 8))),
    "canonical_correlations": (RATES, OTHER),
    "chronometric_fit": (STRENGTH, np.array([700.0, 600.0, 500.0, 450.0]), np.full(4, 5.0)),
    "condition_averages": (RATES, ANGLES > 2),
    "cosine_tuning": (RATES[0], ANGLES),
    "cross_condition_mean": (RATES,),
    "demixed_components": (GRID, ["a", "b"]),
    "dissimilarities": (RATES,),
    "divergence": (RATES,),
    "alignment_index": (RATES[:6], RATES[6:], 2),
    "jpca": (RATES,),
    "linear_cka": (RATES, OTHER),
    "marginalisations": (GRID, ["a", "b"]),
    "motifs": (RATES, (0, 4), (4, 12)),
    "orthogonal_subspaces": (RATES[:6], RATES[6:], (2, 2)),
    "participation_ratio": (RATES,),
    "principal_components": (RATES,),
    "procrustes_distance": (RATES, OTHER),
    "psychometric_fit": (np.arange(4.0), np.array([1, 4, 6, 9]), np.full(4, 10)),
    "random_alignments": (RATES[:6], RATES[6:], 2, 3),
    "representational_similarity": (RATES, OTHER),
    "sample_candidates": (RATES, 4),
    "soft_normalised": (RATES,),
    "tangling": (RATES,),
    "targeted_axes": (RATES, {"x": np.cos(ANGLES), "y": np.sin(ANGLES)}),
    "tensor_maximum_entropy": (RATES,),
    "variance_explained": (RATES, RATES + 0.1),
    "without_cross_condition_mean": (RATES,),
}


class Table:
    """Holds numbers without being an array, as tables of other packages do."""

    def __init__(self, values):
        self.values = values

    def __array__(self, dtype=None, copy=None):
        return self.values.astype(dtype or self.values.dtype)


FORMS = {
    "list": lambda a: a.tolist(),
    "list of arrays": list,
    "tensor with gradient": lambda a: torch.tensor(a, dtype=torch.float64, requires_grad=True),
    "table": Table,
    "unmasked": lambda a: np.ma.array(a, mask=False),
}


def in_form(argument, form):
    if isinstance(argument, dict):
        return {name: in_form(value, form) for name, value in argument.items()}
    return form(argument) if isinstance(argument, np.ndarray) else argument


def numbers(found):
    """All that an analysis returned, as plain arrays."""
    if dataclasses.is_dataclass(found):
        found = {f.name: getattr(found, f.name) for f in dataclasses.fields(found)}
    if isinstance(found, dict):
        return [array for value in found.values() for array in numbers(value)]
    if isinstance(found, (tuple, list)):
        return [array for value in found for array in numbers(value)]
    return [np.asarray(found)] if np.asarray(found).dtype.kind in "fiub" else []


@pytest.mark.parametrize("form", [*FORMS])
@pytest.mark.parametrize("name", [*ANALYSES])
def test_arrays_in_any_form_give_the_same_numbers(name, form):
    analysis, arguments = getattr(dynamics, name), ANALYSES[name]
    expected = numbers(analysis(*arguments))
    found = numbers(analysis(*(in_form(argument, FORMS[form]) for argument in arguments)))
    assert len(found) == len(expected) > 0
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("name", [*ANALYSES])
def test_a_mask_is_what_nan_is(name):
    """Both are left out in the same way, or refused in the same words; what lies under the mask makes no difference."""
    analysis, (first, *rest) = getattr(dynamics, name), ANALYSES[name]
    at = (first.shape[0] - 1,) * (first.ndim > 1) + (slice(None),) * (first.ndim > 2) + (0,)
    outcomes = []
    for hidden in ("NaN", 1e6, -1e6):
        array = np.array(first, dtype=np.float64)
        array[at] = np.nan if hidden == "NaN" else hidden
        mask = np.zeros(array.shape, bool)
        mask[at] = True
        try:
            outcomes.append(numbers(analysis(array if hidden == "NaN" else np.ma.array(array, mask=mask), *rest)))
        except ValueError as error:
            outcomes.append(str(error))
    for outcome in outcomes[1:]:
        if isinstance(outcome, str):
            assert outcome == outcomes[0]
        else:
            for ours, theirs in zip(outcome, outcomes[0], strict=True):
                np.testing.assert_array_equal(ours, theirs)


def test_tables_with_missing_values_become_nan():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"a": pandas.array([1, pandas.NA], dtype="Float64"), "b": [1, 2]})
    np.testing.assert_array_equal(as_array("rates", frame), [[1, 1], [np.nan, 2]])
    labels = pandas.Series(["left", None, "right", "left"])
    found = condition_averages(np.arange(4.0).reshape(1, 4, 1), labels)
    np.testing.assert_array_equal(found.rates[0, :, 0], [1.5, 2])


@pytest.mark.parametrize(
    "bad", [["1", "2"], [[1, 2], [3]], np.ones(2) * 1j, torch.ones(2) * 1j, object(), np.array(["2020"], "M8[D]")]
)
def test_what_holds_no_real_numbers_is_refused_in_one_sentence(bad):
    with pytest.raises(ValueError, match=r"^rates cannot be read as real numbers .* give an array, a tensor"):
        principal_components(bad)


@pytest.mark.parametrize(
    ("hole", "advice"),
    [
        ((slice(None), slice(None), [1, 3]), r"units \[1, 3\] hold .*: leave out units \[1, 3\]"),
        ((slice(None), 2), r"leave out conditions \[2\]"),
        ((slice(9, None), 0), r"cut to rates\[0:9\]"),
        ((slice(0, 2), [0, 5], 1), r"units \[1\] hold .*: cut to rates\[2:12\]"),
        ((range(12), [k % 8 for k in range(12)], 1), "no bin is whole"),
        (..., "no rate is finite"),
    ],
)
def test_the_advice_fits_the_hole(hole, advice):
    rates = RATES.copy()
    rates[hole] = np.nan
    for masked in (rates, np.ma.masked_invalid(rates)):
        with pytest.raises(ValueError, match=advice):
            jpca(masked)
    if "cut" in advice:
        start, stop = map(int, advice.split("[")[-1].rstrip("\\]").split(":"))
        jpca(rates[start:stop])


@pytest.mark.parametrize("infinite", [np.inf, -np.inf])
@pytest.mark.parametrize(
    ("name", "rest"),
    [
        ("principal_components", ()),
        ("participation_ratio", ()),
        ("sample_candidates", (3,)),
        ("condition_averages", (ANGLES,)),
    ],
)
def test_infinity_is_not_left_out_as_what_is_missing_is(name, rest, infinite):
    holed, wrong = RATES.copy(), RATES.copy()
    holed[3, 2, 1], wrong[3, 2, 1] = np.nan, infinite
    getattr(dynamics, name)(holed, *rest)
    with pytest.raises(ValueError, match=r"hold infinity.*is NaN or masked\.$"):
        getattr(dynamics, name)(wrong, *rest)


@pytest.mark.parametrize("weight", [np.nan, -1.0, np.inf])
def test_a_mask_is_a_weight(weight):
    mask = np.ones((12, 8))
    mask[3, 2] = weight
    for measure in (dynamics.variance_explained, dynamics.autonomy_score):
        with pytest.raises(ValueError, match="mask must be finite and 0 or more"):
            measure(RATES, RATES + 0.1, mask)


# From trials to condition averages


def test_averages_are_those_of_each_condition_however_many_trials_it_has():
    stimulus, choice = (
        np.array([0, 0, 0, 1, 1, 1, 2]),
        np.array(["left", "left", "right", "left", "left", "left", "left"]),
    )
    trials = np.random.default_rng(0).normal(size=(5, 7, 3))
    found = condition_averages(trials, {"stimulus": stimulus, "choice": choice})
    assert found.factors == ["stimulus", "choice"]
    assert found.levels["choice"].tolist() == ["left", "right"]
    np.testing.assert_array_equal(found.counts, [[2, 1], [3, 0], [1, 0]])
    assert found.rates.shape == (5, 3, 2, 3)
    np.testing.assert_allclose(found.rates[:, 0, 0], trials[:, :2].mean(axis=1))
    np.testing.assert_allclose(found.rates[:, 0, 1], trials[:, 2])
    assert np.isnan(found.rates[:, 1, 1]).all()
    np.testing.assert_array_equal(found.flat, found.rates[:, [0, 0, 1, 2], [0, 1, 0, 0]])
    np.testing.assert_array_equal(condition_averages(trials, stimulus).rates[:, 2], trials[:, 6])
    with pytest.raises(ValueError, match=r"Of 6 combinations 2 lack some and 2 all"):
        demixed_components(found.rates, found.factors)


def test_trials_without_a_condition_and_rates_without_a_value_are_left_out():
    trials = np.arange(12.0).reshape(2, 6, 1)
    trials[1, 0] = np.nan
    for labels in (np.array([0, 0, 1, 1, np.nan, 1]), np.ma.array([0, 0, 1, 1, 7, 1], mask=[0, 0, 0, 0, 1, 0])):
        found = condition_averages(trials, labels)
        np.testing.assert_array_equal(found.counts, [2, 3])
        np.testing.assert_allclose(found.rates[..., 0], [[0.5, 10 / 3], [7, 28 / 3]])
    for bad, words in [([0] * 5, "each of 6 trials"), ([None] * 6, "no value in any trial"), ({}, "name no factor")]:
        with pytest.raises(ValueError, match=words):
            condition_averages(trials, bad)
    with pytest.raises(ValueError, match="time, trials, units"):
        condition_averages(trials[0], [0] * 6)


def recording(dtype, hole):
    """Trials in unequal numbers of a rotation in 8 conditions, exact but for holes; and its condition averages."""
    rng = np.random.default_rng(0)
    z = np.exp(0.2j * np.arange(20))[:, None] * np.exp(1j * ANGLES)
    scale = np.repeat([1.0, 2.0], 4)
    truth = np.stack([z.real * scale, z.imag * scale], axis=-1) @ np.linalg.qr(rng.normal(size=(9, 2)))[0].T + 3
    condition = np.repeat(np.arange(8), rng.integers(2, 6, size=8))
    trials = truth[:, condition].astype(dtype)
    lost = rng.random(trials.shape) < 0.4
    lost[:, np.r_[True, np.diff(condition) > 0]] = False  # the first trial of each condition is whole
    order = rng.permutation(len(condition))
    trials, lost, condition = trials[:, order], lost[:, order], condition[order]
    if hole == "NaN":
        return np.where(lost, np.nan, trials).astype(dtype), condition, truth
    return np.ma.array(np.where(lost, -999, trials).astype(dtype), mask=lost), condition, truth


@pytest.mark.parametrize("hole", ["NaN", "mask"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_recording_with_holes_and_unequal_trials_goes_through_every_analysis(dtype, hole):
    trials, condition, truth = recording(dtype, hole)
    tolerance = {"rtol": 1e-9, "atol": 1e-9} if dtype == np.float64 else {"rtol": 1e-4, "atol": 1e-4}
    averages = condition_averages(trials, condition)
    assert len(set(averages.counts.tolist())) > 1
    rates = averages.flat
    np.testing.assert_allclose(rates, truth, **tolerance)
    rotations = jpca(rates, dt=10, n_components=2)
    np.testing.assert_allclose([rotations.r2_skew, rotations.frequency_hz[0]], [1, 0.2 / (2 * np.pi * 0.01)], rtol=1e-4)
    np.testing.assert_allclose(tangling(rates), tangling(truth), **tolerance | {"atol": 1})
    assert linear_cka(rates, truth) == pytest.approx(1, abs=1e-6)
    assert participation_ratio(rates) == pytest.approx(2, rel=1e-4)
    grid = condition_averages(trials, {"size": condition // 4, "angle": condition % 4})
    found = demixed_components(grid.rates, grid.factors, 2)
    expected = demixed_components(truth.reshape(20, 2, 4, 9), grid.factors, 2)
    for name, share in expected.marginal_variance.items():
        assert found.marginal_variance[name] == pytest.approx(share, abs=1e-5)
        np.testing.assert_allclose(found.variance_fraction[name], expected.variance_fraction[name], atol=1e-3)
