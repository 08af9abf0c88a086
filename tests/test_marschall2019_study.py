"""The study of local plasticity: what its runs are, what is measured, what the report says."""

import numpy as np
import pytest

from cogdyn.agents import train
from cogdyn.agents.network.ensemble import ensemble_of, stacked
from cogdyn.agents.rules import BPTT
from cogdyn.lessons.studies import load_study
from cogdyn.lessons.studies.marschall2019 import learners
from cogdyn.lessons.studies.marschall2019.learners import COMPARED, LEARNERS, SETTINGS, measure, network_of
from cogdyn.lessons.studies.marschall2019.levels import levels
from cogdyn.lessons.studies.marschall2019.measures import BATCH, MOMENTS, foresight, learn, updates_by
from cogdyn.lessons.studies.marschall2019.tuning import FIRST_SEED, RATES, best_rate
from cogdyn.lessons.studies.runner import plan

STUDY, TUNING = load_study("marschall2019"), load_study("marschall2019-tuning")
TINY = {"updates": 2, "first_seed": 3, "networks": 2, "lr": 1e-2}


def test_the_tuning_searches_alike_for_all_rules_and_on_other_networks():
    jobs = plan(TUNING, quick=False).values()
    rates = {}
    for job in jobs:
        rates.setdefault((job["setting"], job["learner"]), []).append(job["lr"])
    assert set(rates) == {(s, n) for s in SETTINGS for n, learner in LEARNERS.items() if learner.of is None}
    assert {tuple(found) for found in rates.values()} == {RATES}
    reported = {job["first_seed"] + s for job in plan(STUDY, quick=False).values() for s in range(job["networks"])}
    assert not reported & {FIRST_SEED + s for s in range(3)}


def test_ten_networks_of_every_learner_in_every_setting_at_the_rate_that_was_found():
    jobs = list(plan(STUDY, quick=False).values())
    assert len(jobs) == len(SETTINGS) * len(LEARNERS)
    assert {job["networks"] for job in jobs} == {10}
    for job in jobs:
        assert job["lr"] == best_rate(job["setting"], LEARNERS[job["learner"]].of or job["learner"])


def test_the_controls_of_the_specification_are_there():
    assert {"readout only", "BPTT", "RFLO", "RFLO, random feedback"} <= set(LEARNERS)
    controls = {"J = 0", "J frozen", "J random at first", "J zero at first", "exact J", "alternating"}
    assert {f"compartments, {name}" for name in controls} <= set(LEARNERS)


@pytest.mark.parametrize("learner", LEARNERS)
def test_every_learner_learns_and_tells_what_became_of_each_network(learner, monkeypatch):
    monkeypatch.setattr(learners, "COMPARED", ("BPTT",))
    rows = measure(TINY | {"setting": "add 5, 7, leaky", "learner": learner})
    assert [row["network"] for row in rows] == [0, 1]
    for row in rows:
        assert not row["diverged"]
        assert 0.4 < row["loss"] < 2
        assert row["alignment"] is None if learner == "readout only" else -1 <= row["alignment"] <= 1
        assert (row["foresight"] is not None) == (learner == "DNI" or "compartments" in learner)
    if learner == "BPTT":
        assert rows[0]["alignment"] == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("learner", ["BPTT", "UORO", "compartments"])
def test_networks_learn_as_they_would_in_any_training(learner):
    setting = SETTINGS["add 4, 6"]
    task, network = setting.make(), network_of(setting, 5)
    ensemble = ensemble_of(network, 2)
    course = learn(task, ensemble, LEARNERS[learner].rule(0.01, task), 4, seed=5)
    runs = train(task, network, LEARNERS[learner].rule(0.01, task), 4, BATCH, 5, "cpu", ensemble=2)
    expected = stacked([run.network for run in runs]).state_dict()
    for name, value in ensemble.state_dict().items():
        np.testing.assert_array_equal(value, expected[name], err_msg=name)
    assert course.losses.shape == (len(MOMENTS), 2)
    assert not course.diverged.any()
    assert (course.losses[0] != course.losses[-1]).all()
    np.testing.assert_array_equal(course.losses[0], course.losses[1])  # 1 / 32 of 4 updates is none


def test_a_network_that_leaves_the_finite_numbers_has_no_loss():
    rows = measure(TINY | {"setting": "add 4, 6", "learner": "RFLO", "lr": 3e38, "networks": 1})
    assert rows[0]["diverged"]
    assert rows[0]["loss"] is None
    assert rows[0]["loss_0"] > 0.6


def test_every_rule_is_compared_with_those_that_learn_nothing_for_themselves():
    assert set(COMPARED) <= set(LEARNERS)
    (row,) = measure(TINY | {"setting": "add 4, 6", "learner": "RFLO", "networks": 1})
    assert row["with RFLO"] == pytest.approx(1, abs=1e-5)
    assert row["with SnAp-1"] > 0.9 > abs(row["with RFLO, random feedback"])
    assert {f"with {name}" for name in COMPARED} - set(row) == {"with BPTT"}  # which is the alignment


def test_dendrites_foresee_more_than_nothing_once_they_have_learned():
    setting = SETTINGS["add 4, 6, hard"]
    task, ensemble = setting.make(), ensemble_of(network_of(setting, 3), 2)
    rule = LEARNERS["DNI"].rule(1e-4, task)
    batch = task.sample(30, seed=1)
    learn(task, ensemble, rule, 1, seed=3)
    first = foresight(rule, ensemble, batch)
    learn(task, ensemble, rule, 40, seed=3)
    assert min(foresight(rule, ensemble, batch)) > max(0.4, *first)


def test_losses_are_told_from_the_start_to_the_end():
    assert [updates_by(moment, 300) for moment in MOMENTS] == [0, 9, 19, 38, 75, 150, 225, 300]


@pytest.mark.parametrize("setting", SETTINGS)
def test_every_setting_fits_its_network(setting):
    task, network = SETTINGS[setting].make(), network_of(SETTINGS[setting], 0)
    assert np.isfinite(BPTT().loss(network, task.sample(2, seed=0)).item())
    assert network.alpha[0].item() == pytest.approx(SETTINGS[setting].alpha)


def test_the_levels_follow_from_the_labels():
    # Entropies of 0.5 + 0.5 a - 0.25 b by hand.
    def h(*p):
        return float(np.mean([-sum(q * np.log(q) for q in (v, 1 - v) if q > 0) for v in p]))

    expected = {"nothing": h(0.625), "the first": h(0.375, 0.875), "both": h(0.5, 0.25, 1.0, 0.75)}
    for setting in ("add 4, 6", "add 5, 7, leaky", "add 4, 6, hard"):
        assert levels(setting) == pytest.approx(expected, abs=1e-6)


def test_who_knows_but_the_mean_of_mimic_misses_its_variance():
    batch = SETTINGS["mimic"].make().sample(100, seed=5)
    variance = batch.targets.var(axis=(0, 1)).mean()
    assert levels("mimic") == {"nothing": pytest.approx(variance, rel=0.05)}
