"""Reversals of a rule in the study of bridges, and what the study says of its claims."""

import numpy as np
import pytest
import torch

from cogdyn.lessons.studies import load_study
from cogdyn.lessons.studies.runner import plan
from cogdyn.lessons.studies.soo2023.arms import ARMS, cell_of
from cogdyn.lessons.studies.soo2023.claims import CONTRASTS, claims
from cogdyn.lessons.studies.soo2023.reversal import (
    REVERSAL_ARMS,
    after_feedback,
    reversal_network,
    reversal_table,
    reversal_task,
)
from cogdyn.lessons.studies.soo2023.study import measure
from cogdyn.lessons.studies.soo2023.tuning import best_rates

STUDY = load_study("soo2023")
TINY = {"task": "RuleReversal", "delay_ms": 0.0, "dt": 20.0, "first_seed": 3, "networks": 1, "steps": 2}
TINY |= {"criterion": 0.95}


def test_reversals_take_each_arm_in_turn():
    jobs = list(plan(STUDY, quick=False).values())
    found = [job for job in jobs if job["task"] == "RuleReversal"]
    assert len(found) == 6 * len(REVERSAL_ARMS)
    assert {job["arm"] for job in found[: len(REVERSAL_ARMS)]} == set(REVERSAL_ARMS)
    rates = best_rates()
    assert all(job["lr"] == rates[job["arm"].removesuffix(", across trials")] for job in found)
    assert all(job["networks"] == 1 for job in found)


def test_the_network_is_that_of_the_authors():
    task = reversal_task()
    network = reversal_network(task, "base", 0)
    assert (network.n_inputs, network.n_units, network.n_outputs, network.dt) == (4, 50, 3, 20.0)
    assert network.input_weights.any(1).all()
    assert network.readout_weights.any(0).all()
    assert 0.1 < torch.linalg.eigvals(network.recurrent_weights.detach()).abs().max() < 0.2


def test_responses_alone_are_taught():
    batch = reversal_task().sample(4, seed=0)
    responding = batch.mask * batch.during("response")
    assert responding.sum() > 0.98 * batch.mask.sum()
    start, _ = batch.windows("response")[0]
    assert not batch.mask[start[0] : start[0] + 5].any()  # the first 100 ms of a response
    assert batch.mask[start[0] + 5].all()


def test_bridges_across_trials_are_on_in_two_arms():
    task = reversal_task()
    batch = task.sample(4, seed=0)
    for name in ("SCTT", "DASC"):
        within, across = (arm.rule(100, 2e-3, 20.0) for arm in (ARMS[name], REVERSAL_ARMS[f"{name}, across trials"]))
        assert across.config == within.config | {"across_trials": True}
        network = reversal_network(task, "base", 0)
        found = [rule.gradient(network, batch)["recurrent"] for rule in (within, across)]
        assert torch.linalg.vector_norm(found[1] - found[0]) > 1e-3 * torch.linalg.vector_norm(found[0])


def test_after_feedback_leaves_out_the_first_trial():
    task = reversal_task()
    batch = task.sample(2000, seed=1)
    copies = task.respond(batch, *(batch.conditions[f"stimulus {k}"] for k in range(1, 6)))
    assert task.score(copies, batch).mean() == pytest.approx(0.6, abs=0.02)
    assert after_feedback(task, copies, batch) == pytest.approx(0.5, abs=0.02)
    targets = [batch.targets[stop - 1, np.arange(2000)] for _, stop in batch.windows("response")]
    assert after_feedback(task, task.respond(batch, *targets), batch) == 1
    first_wrong = [3 - targets[0], *targets[1:]]
    assert after_feedback(task, task.respond(batch, *first_wrong), batch) == 1


@pytest.mark.parametrize("arm", ["base", "slow mode", "SCTT, across trials", "DASC, across trials"])
def test_an_arm_trains_and_tells_what_became_of_its_network(arm):
    (row,) = measure(TINY | {"arm": arm, "lr": 2e-3})
    assert row["updates"] == 2
    assert not row["solved"]
    assert 0 <= row["after_feedback"] <= 1
    assert row["best_score"] == pytest.approx(row["score"], abs=1e-6)


def test_a_network_that_diverges_is_a_failure_and_no_missing_row():
    (row,) = measure(TINY | {"arm": "base", "lr": 1e30, "steps": 3})
    assert (row["solved"], row["updates"], row["score"], row["after_feedback"]) == (False, 3, 0, 0)


def test_the_report_has_a_part_for_reversals():
    rows = [
        TINY
        | {"arm": arm, "network": 0, "solved": solved, "updates": updates, "steps": 4000, "cpu_seconds": 1.0}
        | {"score": 0.6 + 0.3 * solved, "after_feedback": 0.5 + 0.4 * solved}
        for arm, solved, updates in (("base", False, 4000), ("base", False, 4000), ("SCTT, across trials", True, 900))
    ]
    base, across = reversal_table(rows)
    assert (base["networks"], base["solved"], base["updates"], base["after feedback"]) == (2, 0, 4000.0, "0.500")
    assert (across["updates"], across["all trials"]) == (900.0, "0.900")
    report = STUDY.report(rows)
    assert "always copies has 0.6" in report.text
    assert "RuleReversal" in report.text
    assert len(report.figures["learned"].axes) == 1


# Claims


def rows_of(task, delay, arm, updates, steps=4000):
    shared = {"task": task, "delay_ms": delay, "dt": 10.0, "arm": arm, "steps": steps}
    return [shared | {"solved": n < steps, "updates": n} for n in updates]


def test_a_claim_is_judged_only_when_all_its_networks_are_trained():
    fast, slow = np.arange(500, 2500, 100), np.full(20, 4000)
    dlygo = rows_of("yang19.dlygo", 1000.0, "SCTT", fast) + rows_of("yang19.dlygo", 1000.0, "base", slow)
    dms = rows_of("yang19.dms", 1000.0, "SCTT", fast) + rows_of("yang19.dms", 1000.0, "base", slow)
    for table, word in (
        ([], "not judged"),
        (dlygo, "not judged"),
        (dlygo + dms[:-1], "not judged"),
        (dlygo + dms, "pass"),
    ):
        found = {verdict.name: verdict for verdict in claims(table)}
        assert found["SCTT"].word == word
        assert found["DASC"].word == "not judged"
    assert "20 of 20 learned it, 0 of 20 of base" in found["SCTT"].numbers
    assert "updates 1450 and 4000" in found["SCTT"].numbers


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        (np.full(20, 4000), np.arange(500, 2500, 100)),  # the other way round
        (np.full(20, 4000), np.full(20, 4000)),  # nobody learns
        (np.arange(500, 2500, 100), np.arange(510, 2510, 100)),  # by chance
    ],
)
def test_a_claim_fails_where_the_numbers_do_not_bear_it_out_in_every_task(mine, theirs):
    table = rows_of("yang19.dlygo", 1000.0, "SCTT", np.arange(500, 2500, 100))
    table += rows_of("yang19.dlygo", 1000.0, "base", np.full(20, 4000))
    table += rows_of("yang19.dms", 1000.0, "SCTT", mine) + rows_of("yang19.dms", 1000.0, "base", theirs)
    assert {verdict.name: verdict.word for verdict in claims(table)}["SCTT"] == "FAIL"


def test_contrasts_name_arms_that_the_study_trains():
    asked = {(*cell_of(job), job["arm"]) for job in plan(STUDY, quick=False).values()}
    for contrast in CONTRASTS:
        assert {(*cell, arm) for cell in contrast.cells for arm in (contrast.arm, contrast.against)} <= asked
    assert len({contrast.name for contrast in CONTRASTS}) == len(CONTRASTS)
    assert set(REVERSAL_ARMS) - set(ARMS) == {"SCTT, across trials", "DASC, across trials"}
