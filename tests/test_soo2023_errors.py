"""The two errors in the published tasks: what they change, what a part of a trial earns, what the study measures."""

from dataclasses import replace

import numpy as np
import pytest

from cogdyn.envs import make_task, task_names
from cogdyn.lessons.studies import load_study
from cogdyn.lessons.studies.runner import plan
from cogdyn.lessons.studies.soo2023.arms import network_of
from cogdyn.lessons.studies.soo2023.errors import KINDS, measure, networks_table, scored, strategy
from cogdyn.lessons.studies.soo2023.published import (
    PARTS,
    TASKS,
    authors_score,
    every_trial,
    observer_score,
    observers,
    transfer,
    trial_kinds,
    version_of,
)

STUDY = load_study("soo2023-errors")


def test_the_corrected_version_is_the_task_of_the_registry():
    for name in TASKS:
        ours, task = version_of(name, "corrected", dt=5.0, delay_ms=1000.0), make_task(name, preset="soo2023")
        assert type(ours) is type(task)
        assert replace(ours, delay_ms=task.delay_ms) == task
        assert type(version_of(name, "published")) not in {type(make_task(other)) for other in task_names()}


@pytest.mark.parametrize("name", ["yang19.dnmc", "yang19.dnms"])
def test_published_non_match_has_the_targets_of_match(name):
    """With the same angles only the rule input differs from the match task; corrected, no response agrees."""
    task = version_of(name, "published")
    match = version_of("yang19.dmc", "published") if name == "yang19.dnmc" else dms_like(task)
    batch, theirs, corrected = (each.sample(200, seed=3) for each in (task, match, version_of(name, "corrected")))
    assert batch.targets.tobytes() == theirs.targets.tobytes()
    assert batch.inputs[..., :65].tobytes() == theirs.inputs[..., :65].tobytes()
    assert (batch.inputs[..., 65:] != theirs.inputs[..., 65:]).any(axis=2).all()
    assert (batch.conditions["match"] == corrected.conditions["match"]).all()
    assert (batch.conditions["respond"] != corrected.conditions["respond"]).all()


def dms_like(task):
    return make_task("yang19.dms", preset="soo2023", dt=task.dt, delay_ms=task.delay_ms)


@pytest.mark.parametrize("name", ["yang19.dmc", "yang19.dnmc"])
def test_published_non_matches_go_from_category_1_to_2_alone(name):
    counts = {}
    for version in ("published", "corrected"):
        task = version_of(name, version)
        batch = task.sample(1500, seed=1)
        first, second = (np.degrees(angle) for angle in task.angles(batch.conditions))
        pairs = [f"{1 + (a >= 180)} to {1 + (b >= 180)}" for a, b in zip(first, second, strict=True)]
        assert pairs == trial_kinds(task, batch.conditions).tolist()
        counts[version] = [pairs.count(kind) / 1500 for kind in KINDS]
    np.testing.assert_allclose(counts["published"], [0.25, 0.25, 0.5, 0], atol=0.05)
    np.testing.assert_allclose(counts["corrected"], [0.25, 0.25, 0.25, 0.25], atol=0.05)


def test_what_observers_of_a_part_earn():
    """By hand: the second alone withholds for category 2 (2/3 right) and is right for 1 (a quarter of the trials).

    The first alone withholds for category 1, and for 2 points to the middle of it: 72 of 90 degrees are near enough.
    """
    by_hand = {"nothing": 1 / 2, "first": 3 / 4 * 2 / 3 + 1 / 4 * 72 / 90, "second": 3 / 4, "both": 1}
    for name in TASKS:
        for part, sees in PARTS.items():
            expected = by_hand[part] if name != "yang19.dnms" else 1 if part == "both" else 1 / 2
            assert observer_score(version_of(name, "published"), sees) == pytest.approx(expected, abs=1e-12)
            expected = 1 if part == "both" else 1 / 2
            assert observer_score(version_of(name, "corrected"), sees) == pytest.approx(expected, abs=1e-12)
    assert authors_score(0.75) == pytest.approx(23 / 24)


def test_the_shortcut_earns_what_enumeration_says():
    """One who responds where the second stimulus is of category 1, on sampled trials."""
    for version, expected in (("published", 0.75), ("corrected", 0.5)):
        task = version_of("yang19.dmc", version)
        batch = task.sample(1500, seed=2)
        second = task.angles(batch.conditions)[1]
        score = task.score(task.pointing(batch, second, second < np.pi), batch).mean()
        assert score == pytest.approx(expected, abs=0.05)


def test_what_published_trials_teach_of_the_corrected_task():
    assert transfer("yang19.dmc") == (0.75, 1.0)
    assert transfer("yang19.dnmc") == (0.0, 0.25)
    assert transfer("yang19.dnms") == (0.0, 0.0)
    assert [row["then corrected"] for row in observers()] == [
        "0.75 to 1.00",
        "1.00",
        "0.00 to 0.25",
        *["1.00", "0.00", "1.00"],
    ]


def test_all_trials_are_as_probable_as_in_the_task():
    for name in TASKS:
        for version in ("published", "corrected"):
            task = version_of(name, version)
            grid, drawn = every_trial(task), task.draw(np.random.default_rng(0), 20_000)
            for kind in set(trial_kinds(task, drawn)):
                share = np.mean(trial_kinds(task, grid) == kind)
                assert share == pytest.approx(np.mean(trial_kinds(task, drawn) == kind), abs=0.02)


def test_names_that_make_no_sense_are_refused():
    with pytest.raises(ValueError, match=r"yang19\.dms"):
        version_of("yang19.dms", "published")
    with pytest.raises(ValueError, match="'printed'"):
        version_of("yang19.dmc", "printed")


def test_both_versions_are_trained_alike():
    jobs = list(plan(STUDY, quick=False).values())
    by_version = [
        [{**job, "version": None} for job in jobs if job["version"] == version]
        for version in ("published", "corrected")
    ]
    assert by_version[0] == by_version[1]
    assert {job["task"] for job in jobs} == set(TASKS)
    assert all(job["networks"] >= 5 for job in jobs)


@pytest.mark.parametrize(
    ("responds", "name"),
    [
        (lambda first, second: first == second, "match"),
        (lambda first, second: (first, second) != (1, 2), "all but 1 to 2"),
        (lambda first, second: second == 1, "second in 1"),
        (lambda first, second: first != second, "non-match"),
        (lambda first, second: True, "another"),
    ],
)
def test_a_strategy_is_told_by_where_a_network_responds(responds, name):
    row = {kind: float(responds(int(kind[0]), int(kind[-1]))) for kind in KINDS}
    assert strategy(row) == name
    assert strategy(dict.fromkeys(KINDS)) is None


def test_a_row_tells_how_a_network_does_on_both_versions():
    job = {"task": "yang19.dmc", "version": "published", "arm": "base", "first_seed": 3, "networks": 2}
    rows = measure(job | {"steps": 2, "criterion": 0.95, "lr": 2e-3})
    assert [row["network"] for row in rows] == [0, 1]
    for row in rows:
        assert row["updates"] == 2
        assert not row["solved"]
        assert all(0 <= row[name] <= 1 for name in ("published", "corrected", *KINDS))
    report = STUDY.report([job | {"steps": 2} | row for row in rows])
    assert "0.958" in report.text
    assert len(report.figures) == 1


def test_responses_are_told_by_the_kind_of_trial():
    """A network that always holds fixation scores in the trials where that is right, and responds in none."""
    task = version_of("yang19.dmc", "corrected")
    network = network_of(task, "base", 0)
    for fixation, expected in ((50.0, 0.0), (-50.0, 1.0)):
        network.readout.data.zero_()
        network.readout_bias.data.zero_()
        network.readout_bias.data[0] = fixation
        score, responds = scored(task, network)
        assert set(responds.values()) == {expected}
        assert score == pytest.approx(0.5, abs=0.05) if fixation > 0 else score < 0.5
    _, responds = scored(version_of("yang19.dnms", "corrected"), network)
    assert set(responds.values()) == {None}


def test_the_table_counts_strategies_and_failures_with_the_cap():
    job = {"task": "yang19.dmc", "arm": "base", "version": "published", "steps": 900}
    shortcut = {"1 to 1": 1.0, "2 to 2": 0.0, "1 to 2": 0.0, "2 to 1": 0.9}
    rows = [
        job | shortcut | {"solved": solved, "updates": updates, "published": 0.75, "corrected": 0.5}
        for solved, updates in ((False, 300), (True, 100), (False, 900))
    ]
    (line,) = networks_table(rows)
    assert line["responds to"] == "second in 1: 3"
    assert (line["solved"], line["updates"], line["on published"], line["2 to 1"]) == (1, 900.0, "0.75", "0.90")
