"""Assignment 8: its networks have the clusters that they are built with, and its judges know theirs from others."""

import numpy as np
import pytest
from homework import hand_in, homework, shut_off

from cogdyn.lessons.grading import check, example
from cogdyn.lessons.grading.exercises.clusters_inputs import profiles, steps, variances
from cogdyn.lessons.grading.exercises.clusters_reference import (
    cluster,
    lesions,
    number_of_clusters,
    shares,
    silhouettes,
    step,
    task_variance,
)
from cogdyn.lessons.grading.grade import grade
from cogdyn.lessons.grading.inside.multitask_networks import GROUPS, TASKS, USED, drawn_case, run, scores


def arguments(case):
    """What exercise 5 is asked with."""
    return {name: value for name, value in case.items() if name != "start"}


def spread(points, n):
    """The first point, and others as far as can be from those before."""
    chosen = [0]
    for _ in range(n - 1):
        chosen.append(np.linalg.norm(points[:, None] - points[chosen], axis=2).min(axis=1).argmax())
    return points[chosen]


@pytest.mark.parametrize("seed", range(6))
def test_a_network_does_its_tasks_with_the_clusters_it_is_built_with(seed):
    case = drawn_case(np.random.default_rng(seed))
    rates, outputs = run(case["network"], case["inputs"])
    intact = scores(outputs, case["targets"], case["answer"])
    assert intact.min() > 0.75
    assert rates.min() >= 0
    kept, found, _ = shares(task_variance(rates, case["start"]), 0.001, 0, 1)
    np.testing.assert_array_equal(kept, np.flatnonzero(case["labels"] >= 0))
    best, _ = number_of_clusters(found, spread(found, 7))
    assert best == GROUPS
    labels, _ = cluster(found, spread(found, best))
    assert len(set(zip(labels, case["labels"][kept], strict=True))) == GROUPS


@pytest.mark.parametrize("seed", range(6))
def test_the_tasks_that_use_a_cluster_fall_without_it_and_no_others(seed):
    case = drawn_case(np.random.default_rng(seed))
    answers = lesions(**arguments(case))
    intact = scores(run(case["network"], case["inputs"])[1], case["targets"], case["answer"])
    assert np.abs(answers["scores"] - intact / 2).min() > 0.2  # no task is near the border
    assert sorted(map(tuple, answers["fallen"].T.tolist())) != sorted(map(tuple, answers["fallen"].tolist()))
    assert {tuple(row) for row in answers["fallen"]} == {tuple(row) for row in USED.T}


@pytest.mark.parametrize("seed", range(6))
def test_a_composed_rule_works_where_all_that_is_not_shared_cancels(seed):
    case = drawn_case(np.random.default_rng(seed))
    features = np.array(TASKS)
    composed = lesions(**arguments(case))["composed"]
    right = []
    for (task, a, b, c), score in zip(case["compositions"], composed, strict=True):
        works = (features[a] - features[b] + features[c] == features[task]).all()
        right.append(works)
        assert (score > 0.6) == works
    assert sum(right) == 3
    assert np.abs(composed).max() < 30


def test_a_silent_unit_reaches_nobody():
    case = drawn_case(np.random.default_rng(7))
    network, labels = case["network"], case["labels"]
    quiet = labels == 2
    r, rates = np.zeros((*case["inputs"].shape[1:-1], len(labels))), []
    for u in case["inputs"]:
        a = (r * ~quiet) @ network["W"].T + u @ network["W_in"].T + network["b"]
        r = (1 - network["alpha"]) * r + network["alpha"] * np.maximum(a, 0)
        rates.append(r * ~quiet)
    by_rates = scores(np.array(rates) @ network["W_out"].T, case["targets"], case["answer"])
    np.testing.assert_allclose(lesions(**arguments(case))["scores"][2], by_rates, atol=1e-12)


def test_silhouettes_follow_from_their_definition():
    for case in profiles(np.random.default_rng(8)):
        for k in (3, 7):
            labels, _ = cluster(case["points"], case["starts"][:k])
            for p, value in enumerate(silhouettes(case["points"], labels)):
                apart = np.linalg.norm(case["points"] - case["points"][p], axis=1)
                others = [q for q in range(len(labels)) if q != p]
                means = {c: np.mean([apart[q] for q in others if labels[q] == c]) for c in set(labels[others])}
                a, b = means.pop(labels[p], None), min(means[c] for c in means if c != labels[p])
                assert value == pytest.approx(0 if a is None else (b - a) / max(a, b))


def test_k_means_ends_where_no_point_is_nearer_to_another_centre():
    for case in profiles(np.random.default_rng(9)):
        labels, centres = cluster(case["points"], case["starts"][:4])
        apart = np.linalg.norm(case["points"][:, None] - centres, axis=2)
        np.testing.assert_array_equal(labels, apart.argmin(axis=1))
        for c in range(4):
            np.testing.assert_allclose(centres[c], case["points"][labels == c].mean(axis=0))


def test_inputs_hold_what_a_slip_could_miss():
    for seed in range(5):
        rng = np.random.default_rng(seed)
        for case in variances(rng):
            kept, _, fractional = shares(**case)
            assert len(kept) == len(case["variance"]) - 2
            assert 1 <= (fractional == 0).sum() <= 3
            assert np.abs(fractional).max() <= 1
        empty = [len(np.unique(step(**case)[0])) < len(case["centres"]) for case in steps(rng)]
        assert empty == [False, True, False]
        numbers = [number_of_clusters(**case)[0] for case in profiles(rng)]
        assert sorted(numbers) == [3, 4, 5]


def test_fractional_variance_is_1_where_one_task_alone_is_done():
    variance = np.array([[1.0, 0.0], [0.0, 2.0], [3.0, 1.0], [0.0, 0.0]])
    kept, found, fractional = shares(variance, 0.1, 0, 1)
    np.testing.assert_array_equal(kept, [0, 1, 2])
    np.testing.assert_allclose(found, [[1, 0], [0, 1], [1, 1 / 3]])
    np.testing.assert_allclose(fractional, [1, -1, 0.5])


def test_lists_and_whole_numbers_are_answers_too():
    def by_lists(points, starts):
        best, found = number_of_clusters(points, starts)
        return [float(best), list(found)]

    def with_numbers(**case):
        return {name: values.astype(float).tolist() for name, values in lesions(**case).items()}

    assert check("clusters/count", by_lists).passed
    assert check("clusters/lesions", with_numbers).passed


def test_an_example_is_what_the_exercise_is_asked_with_and_follows_from_the_seed():
    first, again, other = (example("clusters/lesions", seed) for seed in (1, 1, 2))
    assert np.array_equal(first["network"]["W"], again["network"]["W"])
    assert not np.array_equal(first["inputs"], other["inputs"])
    asked = {}
    check("clusters/lesions", lambda **case: asked.update(case))
    assert set(asked) == set(arguments(first))


@shut_off
def test_what_the_library_has_ready_made_earns_nothing(tmp_path):
    late = (
        "def number_of_clusters(**given):\n"
        "    from cogdyn.lessons.grading.exercises.clusters_reference import number_of_clusters as found\n"
        "    return found(**given)"
    )
    scipy = (
        "def step(points, centres):\n    from scipy.cluster.vq import vq\n    return vq(points, centres)[0], centres"
    )
    hand_in(tmp_path / "in" / "x.ipynb", homework(8, solved=True, step=scipy, count=late))
    hand_in(tmp_path / "in" / "y.ipynb", homework(8, solved=True))
    hand_in(tmp_path / "in" / "z.ipynb", homework(8))
    _, (line, honest, untouched) = grade(tmp_path / "in", tmp_path / "grades.csv")
    assert [mark.earned for mark in line.marks] == [2, 2, 0, 0, 3]
    assert "scipy is no part of this assignment" in line.marks[2].judgement.reason
    assert "ModuleNotFoundError" in line.marks[3].judgement.reason
    assert (honest.points, honest.remarks) == (12, ())
    assert [mark.judgement.reason for mark in untouched.marks] == ["not implemented yet."] * 5
