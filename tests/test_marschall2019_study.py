"""The study of local plasticity: what its runs are, what is measured, what the report says."""

import numpy as np
import pytest

from cogdyn.agents.rules import BPTT
from cogdyn.lessons.studies import load_study
from cogdyn.lessons.studies.marschall2019 import levels
from cogdyn.lessons.studies.marschall2019_learners import LEARNERS, SETTINGS, measure, network_of
from cogdyn.lessons.studies.marschall2019_tuning import FIRST_SEED, RATES, best_rate
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
def test_every_learner_learns_and_tells_what_became_of_each_network(learner):
    rows = measure(TINY | {"setting": "add 5, 7, leaky", "learner": learner})
    assert [row["network"] for row in rows] == [0, 1]
    for row in rows:
        assert not row["diverged"]
        assert 0.4 < row["loss"] < 2
        assert row["alignment"] is None if learner == "readout only" else -1 <= row["alignment"] <= 1
    if learner == "BPTT":
        assert rows[0]["alignment"] == pytest.approx(1, abs=1e-3)


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
    assert levels("mimic") == {}


def test_the_report_puts_learners_beside_the_readout_alone_and_counts_what_diverged():
    rows = [
        {"setting": "add 4, 6", "learner": name, "network": s, "loss": loss + 0.001 * s, "diverged": False}
        | {"alignment": 0.5, "cpu_seconds": 1.0}
        for name, loss in (("readout only", 0.5), ("RFLO", 0.47))
        for s in range(10)
    ]
    rows[-1] |= {"loss": None, "diverged": True}
    report = STUDY.report(rows)
    only, rflo = (line for line in report.text.splitlines() if line.startswith("add 4, 6  "))
    assert only.split()[4:8] == ["only", "10", "0", "0.5045"]
    assert rflo.split()[4:7] == ["10", "1", "0.4745"]
    assert float(rflo.split()[10]) < 0.01
    assert set(report.figures) == {"losses", "alignment"}
