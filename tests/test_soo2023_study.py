"""The study of bridges through time: what its runs are, what is measured, what the report says."""

import numpy as np
import pytest
import torch

from cogdyn.agents import evaluate, train
from cogdyn.agents.measures.error_left import error_left
from cogdyn.lessons.studies import load_study
from cogdyn.lessons.studies.runner import plan
from cogdyn.lessons.studies.soo2023 import transmission
from cogdyn.lessons.studies.soo2023.arms import (
    ARMS,
    COARSE_DT,
    CRITERION,
    DT,
    KINDS,
    LR,
    STARTS,
    cell_of,
    network_of,
    of_kind,
    task_of,
)
from cogdyn.lessons.studies.soo2023.gated import CELLS, Gated
from cogdyn.lessons.studies.soo2023.study import SWEPT, measure
from cogdyn.lessons.studies.soo2023.tuning import FIRST_SEED, RATES, best_arms, best_rates

STUDY, TUNING = load_study("soo2023"), load_study("soo2023-tuning")
TINY = {"task": "yang19.dlygo", "delay_ms": 200.0, "dt": DT, "networks": 2, "steps": 3}
TINY |= {"criterion": CRITERION, "lr": LR}


def test_the_tuning_searches_alike_for_all_arms_and_on_other_networks():
    jobs = plan(TUNING, quick=False).values()
    rates = {arm: sorted(job["lr"] for job in jobs if job["arm"] == arm) for arm in ARMS}
    assert len({tuple(found) for found in rates.values()}) == 1
    reported = {job["first_seed"] + s for job in plan(STUDY, quick=False).values() for s in range(job["networks"])}
    assert not reported & {FIRST_SEED + s for s in range(5)}


def test_the_main_tasks_get_twenty_networks_in_every_arm_and_all_others_ten():
    networks = {}
    for job in plan(STUDY, quick=False).values():
        if job["task"] != "RuleReversal":
            where = cell_of(job), job["arm"]
            networks[where] = networks.get(where, 0) + job["networks"]
    main = {("yang19.dlygo", 1000.0, DT), ("yang19.dms", 1000.0, DT)}
    for (cell, arm), n in networks.items():
        assert n == (3 if arm in CELLS else 20 if cell in main else 10)
    everywhere = {arm for arm in ARMS if arm not in STARTS} | set(best_arms(1, STARTS))
    assert len(everywhere) == 10
    delays = {("yang19.dlygo", delay, COARSE_DT) for delay in (500.0, 1000.0, 2000.0, 4000.0)}
    for where in {cell for cell, _ in networks}:
        arms = {arm for cell, arm in networks if cell == where}
        assert ({*best_arms(1, STARTS), *SWEPT} if where in delays else everywhere) <= arms
    assert delays < {cell for cell, _ in networks}
    others = {of_kind(arm, kind) for arm in best_arms(3) for kind in KINDS}
    assert {arm for _, arm in networks} == {*ARMS, *others, *CELLS}


def test_every_arm_runs_at_the_rate_that_the_tuning_found_for_it():
    rates = best_rates()
    assert set(rates) == set(ARMS)
    assert set(rates.values()) <= set(RATES)
    for job in plan(STUDY, quick=False).values():
        if job["arm"] not in CELLS:
            # Another kind of network, and a bridge across trials, stand after the last comma.
            arm = job["arm"].rsplit(", ", 1)[0] if job["arm"] not in ARMS else job["arm"]
            assert job["lr"] == rates[arm]


@pytest.mark.parametrize("arm", [*ARMS, "slow mode, tanh", "SCTT, Dale", "slow mode, Dale", *CELLS])
def test_every_arm_trains_and_tells_what_became_of_each_network(arm):
    rows = measure(TINY | {"arm": arm, "first_seed": 3})
    assert [row["network"] for row in rows] == [0, 1]
    assert all(row["updates"] == 3 and not row["solved"] and 0 <= row["score"] <= 1 for row in rows)


def test_coarse_bins_last_fifty_milliseconds_whatever_the_bins():
    assert [ARMS["CD"].rule(100, LR, dt).config["schedule"] for dt in (5.0, DT, COARSE_DT)] == [[10, 1], [5, 1], [2, 1]]


def test_a_row_is_what_a_network_trained_alone_would_give():
    rows = measure(TINY | {"arm": "slow mode", "first_seed": 3, "lr": 1e-3})
    task = task_of("yang19.dlygo", 200.0)
    network = network_of(task, "slow mode", 4)
    train(task, network, ARMS["slow mode"].rule(3, 1e-3, DT), 3, 20, seed=3, device="cpu")
    assert evaluate(task, network, 200, 3).score == pytest.approx(rows[1]["score"], abs=0.01)


def test_the_network_is_that_of_the_authors():
    task = task_of("yang19.dlygo", 1000.0)
    network = network_of(task, "base", 0)
    assert (network.n_inputs, network.n_units, network.n_outputs, network.dt) == (85, 50, 33, 10.0)
    assert network.input_weights.any(1).nonzero().flatten().tolist() == list(range(20))
    assert network.readout_weights.any(0).nonzero().flatten().tolist() == list(range(20, 40))
    assert 0.1 < torch.linalg.eigvals(network.recurrent_weights.detach()).abs().max() < 0.2
    outputs = network(torch.zeros(5, 2, 85)).outputs
    assert ((outputs > 0) & (outputs < 1)).all()


def test_gated_networks_are_drawn_from_their_seed_and_learn():
    task = task_of("yang19.go", 0.0)
    one, same, other = (Gated("GRU", task.n_inputs, 50, task.n_outputs, DT, seed) for seed in (1, 1, 2))
    for a, b, c in zip(one.parameters(), same.parameters(), other.parameters(), strict=True):
        assert torch.equal(a, b)
        assert not torch.equal(a, c)
        assert a.abs().max() <= 50**-0.5
    job = {"task": "yang19.go", "delay_ms": 0.0, "dt": DT, "networks": 1, "first_seed": 0, "lr": 1e-2, "arm": "GRU"}
    (before,), (after,) = (measure(job | {"steps": steps}) for steps in (1, 60))
    assert after["score"] > before["score"]


def test_transmission_is_measured_before_and_while_networks_learn(monkeypatch):
    monkeypatch.setattr(transmission, "UPDATES", (0, 10))
    job = {"task": "yang19.dlygo", "delay_ms": 200.0, "steps": 10, "networks": 2, "first_seed": 3, "lr": LR}
    rows = transmission.measure(job | {"arm": "slow mode"})
    assert [(row["updates"], row["network"]) for row in rows] == [(0, 0), (0, 1), (10, 0), (10, 1)]
    assert all(row["left"] > 0.1 and 0 <= row["score"] <= 1 for row in rows)
    base = transmission.measure(job | {"arm": "base", "steps": 1})
    assert all(one["left"] < 0.2 * other["left"] for one, other in zip(base, rows[:2], strict=True))
    # Networks that are trained at once are those that are trained alone.
    task = task_of("yang19.dlygo", 200.0)
    alone = network_of(task, "slow mode", 4)
    before = float(error_left(task, alone, [200.0])[0, 0])
    train(task, alone, ARMS["slow mode"].rule(20, LR, DT), 10, 20, seed=3, device="cpu", n_test=10)
    after = float(error_left(task, alone, [200.0])[0, 0])
    assert (rows[1]["left"], rows[3]["left"]) == pytest.approx((before, after), rel=1e-3)
    assert abs(after - before) > 0.01 * before
    report = load_study("soo2023-transmission").report([row | {"arm": "slow mode"} for row in rows])
    assert "at 10" in report.text
    assert len(report.figures) == 1


def test_transmission_is_measured_in_every_arm_those_of_the_lesson_first():
    jobs = list(plan(load_study("soo2023-transmission"), quick=False).values())
    assert sorted(job["arm"] for job in jobs) == sorted(ARMS)
    assert {job["arm"] for job in jobs[:4]} == {"base", "SCTT", "DASC", "slow mode"}
    rates = best_rates()
    assert all(job["lr"] == rates[job["arm"]] for job in jobs)


def test_the_report_counts_failures_with_the_cap():
    rng = np.random.default_rng(0)
    rows = [
        {**TINY, "steps": 4000, "arm": arm, "network": s, "solved": s < solved, "score": 0.9, "cpu_seconds": 1.0}
        | {"updates": int(rng.integers(1, 10)) * 100 if s < solved else 4000}
        for arm, solved in (("base", 1), ("SCTT", 9))
        for s in range(10)
    ]
    report = STUDY.report(rows)
    base, sctt = (line.split() for line in report.text.splitlines() if line.startswith("yang19"))
    assert base[4:6] == ["10", "1"]
    assert sctt[4:6] == ["10", "9"]
    assert base[9] == "4000"
    # Fisher's exact test of 1 and 9 of 10.
    assert float(sctt[-2]) == pytest.approx(0.001093, rel=1e-2)
    (figure,) = report.figures.values()
    lines = figure.axes[0].get_lines()
    assert [line.get_ydata()[-1] for line in lines] == [0.1, 0.9]


def test_the_tuning_names_the_rate_with_which_most_learn_and_of_those_the_fastest():
    rows = [
        {"arm": "base", "lr": lr, "steps": 100, "solved": s < solved, "updates": updates}
        for lr, solved, updates in ((5e-4, 3, 50), (1e-3, 4, 60), (2e-3, 4, 40), (5e-3, 0, 100))
        for s in range(5)
    ]
    assert TUNING.report(rows).text.splitlines()[-1].split()[-1] == "0.002"
