"""The study of starts: what is planned, what a setting is, what is measured, and how expectations are judged."""

import numpy as np
import pytest
import torch

from cogdyn.agents import RateRNN
from cogdyn.agents.rules import BPTT
from cogdyn.lessons.studies import load_study
from cogdyn.lessons.studies.runner import plan
from cogdyn.lessons.studies.soo2023.arms import ARMS, CRITERION, DT, LR, cell_of, network_of, task_of
from cogdyn.lessons.studies.soo2023.start import BIAS, FACTORIAL, MAIN, PLAIN, with_bias, without_bias
from cogdyn.lessons.studies.soo2023.start_claims import CONTRASTS, LEARN, holm, start_claims
from cogdyn.lessons.studies.soo2023.start_report import MIXTURES, by_setting, factorial_table, start_table, with_earlier
from cogdyn.lessons.studies.soo2023.start_tuning import FIRST_SEED, RATES, TUNED, job_of, rate_of, tuned_rates
from cogdyn.lessons.studies.soo2023.starts import (
    COSTS,
    INPUT,
    KINDS,
    START_ARMS,
    measure_starts,
    setting_of,
    setting_words,
    start_network,
    start_rule,
)
from cogdyn.lessons.studies.soo2023.timescales import autocorrelation_ms

STUDY, TUNING = load_study("soo2023-start"), load_study("soo2023-start-tuning")
PLAN = list(plan(STUDY, quick=False).values())
TINY = {"task": "yang19.dlygo", "delay_ms": 250.0, "dt": 25.0, "networks": 2, "steps": 2, "first_seed": 3, "lr": LR}
TINY |= {"criterion": CRITERION}
EVERY = [
    *(
        with_bias(arm)
        for arm in ("base", "gaussian", "gain 1, small readout", "CD", "gain 1 + SCTT", "slow mode + DASC")
    ),
    *(("slow mode", True, INPUT, cost, "relu") for cost in COSTS),
    *(("slow mode", False, 1.0, "none", kind) for kind in KINDS),
]


def test_the_main_tasks_get_twenty_networks_of_every_setting_and_all_others_ten():
    networks = {}
    for job in PLAN:
        where = cell_of(job), setting_of(job)
        networks[where] = networks.get(where, 0) + job["networks"]
    assert all(n == (20 if cell in MAIN else 10) for (cell, _), n in networks.items())
    assert {setting for cell, setting in networks if cell == MAIN[0]} >= {*map(with_bias, START_ARMS)}
    assert all({setting for cell, setting in networks if cell == one} >= {*MIXTURES} for one in FACTORIAL)


def test_tuning_searches_alike_for_all_settings_on_two_tasks_and_on_other_networks():
    jobs = plan(TUNING, quick=False).values()
    searched = {setting: [] for setting in TUNED}
    for job in jobs:
        searched[setting_of(job)].append((job["task"], job["lr"]))
    assert len({tuple(sorted(found)) for found in searched.values()}) == 1
    assert {job["first_seed"] for job in jobs} == {FIRST_SEED}
    assert max(job["first_seed"] + job["networks"] for job in PLAN) < FIRST_SEED


def test_every_setting_runs_at_the_rate_that_was_found_for_it():
    rates = tuned_rates()
    assert {*rates} == {*TUNED}
    assert {*rates.values()} <= {*RATES}
    assert all(job["lr"] == rates[setting_of(job)] for job in PLAN if setting_of(job) in rates)
    mine = {PLAIN: 1e-3}
    assert rate_of((*PLAIN[:4], "tanh"), mine) == rate_of(("slow mode", False, INPUT, "rates", "relu"), mine) == 1e-3
    assert rate_of(BIAS, mine) == LR


@pytest.mark.parametrize("setting", EVERY, ids=setting_words)
def test_every_setting_trains_and_tells_how_slow_its_networks_are(setting):
    rows = measure_starts(TINY | job_of(setting))
    assert [row["network"] for row in rows] == [0, 1]
    assert all(row["updates"] == 2 and not row["solved"] and 0 <= row["score"] <= 1 for row in rows)
    if setting[4] == "no noise" or setting[0].startswith("slow"):
        assert all((row["autocorrelation_ms"] is None) == (setting[4] == "no noise") for row in rows)


@pytest.mark.parametrize("arm", [arm for arm in ARMS if arm in START_ARMS])
def test_without_bias_and_cost_a_network_is_that_of_the_study_of_bridges(arm):
    task = task_of("yang19.dlygo", 200.0)
    ours, theirs = start_network(task, without_bias(arm), 1), network_of(task, arm, 1)
    assert all(torch.equal(a, b) for a, b in zip(ours.state_dict().values(), theirs.state_dict().values(), strict=True))
    assert start_rule(without_bias(arm), 100, LR, DT).config == ARMS[arm].rule(100, LR, DT).config


def test_units_that_read_and_are_read_keep_their_share_and_input_weights_their_size():
    task = task_of("yang19.dlygo", 200.0)
    for kind, n in (("25 units", 25), ("200 units", 200)):
        network = start_network(task, ("slow mode", True, INPUT, "none", kind), 0)
        assert network.input_weights.any(1).sum() == network.readout_weights.any(0).sum() == 0.4 * n
        assert network.input_weights[: int(0.4 * n)].detach().std() == pytest.approx(1, rel=0.1)


def test_the_authors_costs_are_sizes_of_rates_and_weights():
    rule = start_rule(("SCTT", False, 1.0, "authors", "relu"), 100, LR, DT)
    assert (rule.rate_penalty, rule.weight_penalty, rule.penalty) == (1e-5, 1e-5, "absolute")
    assert isinstance(start_rule(("slow mode", True, INPUT, "rates", "relu"), 100, LR, DT), BPTT)


@pytest.mark.parametrize("dt", [5.0, 10.0, 25.0])
def test_the_echo_of_a_leaky_unit_lasts_for_its_time_constant(dt):
    arguments = {"dt": dt, "tau": 200.0, "leak": "rate", "noise": 0.1, "gain": 0.0, "activation": "tanh"}
    network = RateRNN(2, 30, 2, **arguments)
    exact = -dt / np.log(1 - dt / 200)
    assert autocorrelation_ms(network) == pytest.approx(exact, rel=0.06)


def test_silent_networks_and_those_that_run_away_have_no_echo():
    assert autocorrelation_ms(RateRNN(2, 10, 2, dt=10.0, noise=0.0)) is None
    loud = RateRNN(2, 10, 2, dt=10.0, noise=0.1, leak="rate", init="identity", gain=4.0, self_connections=True)
    assert autocorrelation_ms(loud) is None
    held = RateRNN(2, 10, 2, dt=10.0, noise=0.1, leak="rate", init="identity", gain=1.0, self_connections=True)
    with torch.no_grad():
        held.bias.fill_(5.0)
    assert autocorrelation_ms(held) > 600


# How expectations are judged


def rows_of(cell, setting, updates, cap=4000, time=100.0):
    shared = dict(zip(("task", "delay_ms", "dt"), cell, strict=True)) | job_of(setting) | {"steps": cap}
    return [
        shared
        | {"network": s, "solved": n < cap, "updates": n, "score": 1.0 if n < cap else 0.5, "cpu_seconds": 1.0}
        | {"autocorrelation_ms": time + s}
        for s, n in enumerate(updates)
    ]


def test_holms_correction_of_known_p_values():
    """Computed by hand: 4 x .01, 3 x .02, 2 x .03 (at least the one before), 1 x .5."""
    assert holm([0.5, 0.01, 0.03, 0.02]) == pytest.approx([0.5, 0.04, 0.06, 0.06])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


def verdict_of(name, rows):
    return next(one for one in start_claims(rows) if one.name == name)


def test_a_contrast_holds_if_it_is_faster_in_every_cell_whatever_the_number_of_comparisons():
    fast, slow = [100 + 10 * s for s in range(20)], [2000 + 10 * s for s in range(20)]
    name, second = "bridge, DASC", with_bias("base")

    def judged(first, other):
        rows = [row for cell, n in zip(MAIN, first, strict=True) for row in rows_of(cell, with_bias("DASC"), n)]
        return verdict_of(name, rows + [row for cell in MAIN for row in rows_of(cell, second, other)])

    assert judged([fast, fast], slow).holds is True
    assert judged([fast, slow], slow).holds is False
    assert judged([slow, slow], fast).holds is False
    assert judged([fast, fast[:10]], slow).holds is None
    assert "20 of 20" in judged([fast, fast], slow).numbers
    nothing = verdict_of(name, [])
    assert (nothing.holds, nothing.numbers) == (None, "not trained; not trained")


def test_shares_are_compared_in_all_cells_together():
    rows = [row for cell in FACTORIAL for row in rows_of(cell, BIAS, [100] * 9 + [2000], 2000)]
    name = "slow start and bias"
    rows_without = [row for cell in FACTORIAL for row in rows_of(cell, PLAIN, [100] * 4 + [2000] * 6, 2000)]
    found = verdict_of(name, rows + rows_without)
    assert found.holds is True
    assert "45 of 50 learned it, without 20 of 50" in found.numbers


def test_that_a_setting_learns_asks_for_nine_of_ten_in_every_cell():
    claim = next(one for one in LEARN if one.name == "bins")

    def judged(n):
        cells = [(cell, setting) for cell in claim.cells for setting in claim.settings]
        return verdict_of("bins", [row for i, (c, s) in enumerate(cells) for row in rows_of(c, s, n(i), 2000)])

    assert judged(lambda _: [100] * 9 + [2000]).holds is True
    one_short = judged(lambda i: [100] * 9 + [2000] if i else [100] * 8 + [2000] * 2)
    assert one_short.holds is False
    assert "dlygo slow mode, bias 8 of 10" in one_short.numbers


def test_every_expectation_asks_for_networks_that_are_trained_or_were():
    asked = {(cell_of(job), setting_of(job)) for job in PLAN} | {*by_setting(with_earlier([]))}
    pairs = [(cell, s) for one in CONTRASTS for cell in one.cells for s in (one.first, one.second)]
    pairs += [(cell, s) for one in LEARN for cell in one.cells for s in one.settings]
    assert {*pairs} <= asked
    names = [one.name for one in (*CONTRASTS, *LEARN)]
    assert len({*names}) == len(names)


def test_the_report_tells_learners_and_their_speed():
    cell = FACTORIAL[0]
    rows = rows_of(cell, MIXTURES[1], [300] * 8 + [2000] * 2, 2000) + rows_of(cell, BIAS, [100] * 10, 2000, time=500.0)
    table = {row["setting"]: row for row in start_table(rows)}
    assert (table["slow mode, bias"]["solved"], table["slow mode, bias"]["slow ms"]) == (10, 504.5)
    mixtures = factorial_table(rows)
    assert [row["dlygo"] for row in mixtures].count("-") == len(MIXTURES) - 2
    assert mixtures[1]["dlygo"] == "8 of 10 (300)"
    report = STUDY.report(rows)
    assert "8 of 10 (300)" in report.text
    assert len(report.figures) == 1
