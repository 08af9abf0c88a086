"""What the page and the lesson say was found in the study of bridges, held against its tables."""

from collections import Counter

import numpy as np
import pytest
from scipy.stats import mannwhitneyu

from cogdyn.agents import network_for
from cogdyn.envs import make_task
from cogdyn.lessons import study_results
from cogdyn.lessons.studies import load_study
from cogdyn.lessons.studies.soo2023.arms import ARMS, COARSE_DT, DT, cell_of
from cogdyn.lessons.studies.soo2023.default import CONTROLS, DELAYS_MS, TASKS, default_table
from cogdyn.lessons.studies.soo2023.study import summary_table

STARTS = {
    (row["task"], row["delay"], row["start"]): row
    for row in default_table(study_results(load_study("soo2023-default")))
    if row["Dale's law"] == "yes"
}


@pytest.mark.parametrize("delay", DELAYS_MS)
@pytest.mark.parametrize("task", TASKS)
def test_over_delays_a_slow_start_needs_the_fewest_updates_and_learns_at_least_as_often(task, delay):
    slow, *others = (STARTS[task, delay, start] for start in ("slow mode", "gaussian", "balanced"))
    assert all(slow["updates"] < other["updates"] and slow["solved"] >= other["solved"] for other in others)


def test_without_a_delay_it_does_no_harm_and_movements_it_makes_slower_to_learn():
    """And so the command begins in slow modes where answers are choices."""
    for task, delay in CONTROLS:
        slow, *others = (STARTS[task, delay, start] for start in ("slow mode", "gaussian", "balanced"))
        better = all(slow["updates"] <= other["updates"] for other in others)
        assert better == (task == "PerceptualDecisionMaking")
        assert network_for(make_task(task)).config["init"] == ("slow_mode" if better else "gaussian")
    assert {network_for(make_task(task)).config["init"] for task in TASKS} == {"slow_mode"}


# The study itself

ROWS = study_results(load_study("soo2023"))
FOUND = {
    (row["task"].removeprefix("yang19."), row["delay"], row["bins"], row["arm"]): row for row in summary_table(ROWS)
}
MAIN = ("dlygo", 1000, DT), ("dms", 1000, DT)
SLOW = [arm for arm in ARMS if arm.startswith("slow mode")]


def updates(cell, arm):
    """Updates of each network, with the cap for one that did not learn."""
    task, *where = cell
    rows = [row for row in ROWS if cell_of(row) == (f"yang19.{task}", *where) and row["arm"] == arm]
    return [row["updates"] if row["solved"] else row["steps"] for row in rows]


def alike(cell, first, second):
    """Whether chance alone could make two arms so different."""
    return mannwhitneyu(updates(cell, first), updates(cell, second)).pvalue > 0.05


def arms_of(*cell):
    return {arm: row for (*where, arm), row in FOUND.items() if tuple(where) == cell}


def test_bridges_help_the_authors_start_on_delayed_responses_and_so_does_a_smaller_readout_alone():
    arms = arms_of(*MAIN[0])
    for arm in ("SCTT", "DASC", "CD", "gradient skip", "base, small readout"):
        assert arms[arm]["p updates"] < 0.05
        assert arms[arm]["solved"] > arms["base"]["solved"]
    assert arms["base, small readout"]["solved"] == 20
    assert alike(MAIN[0], "SCTT", "base, small readout")


def test_on_matches_two_of_the_helps_make_a_difference():
    arms = arms_of(*MAIN[1])
    assert arms["base"]["solved"] == 10
    helps = {arm for arm, row in arms.items() if arm != "base" and row["p updates"] < 0.05}
    assert helps == {"gradient skip", "gain 1, small readout"}
    assert all(arms[arm]["updates"] < arms["base"]["updates"] for arm in helps)
    assert all(row["p share"] is None or row["p share"] > 0.05 for row in arms.values())


def test_over_two_seconds_and_more_and_where_evidence_has_to_be_kept_the_start_decides():
    for cell, least, most in (
        (("dlygo", 2000, COARSE_DT), 9, 1),
        (("dlygo", 4000, COARSE_DT), 4, 0),
        (("ctxdlydm1", 1000, COARSE_DT), 8, 0),
    ):
        arms = {arm: row["solved"] for arm, row in arms_of(*cell).items() if arm in ARMS}
        assert min(n for arm, n in arms.items() if arm in SLOW) >= least
        assert max(n for arm, n in arms.items() if arm not in SLOW) <= most


def test_to_a_slow_start_a_bridge_adds_nothing():
    for cell in (*MAIN, ("dlygo", 2000, COARSE_DT), ("dlygo", 4000, COARSE_DT), ("ctxdlydm1", 1000, COARSE_DT)):
        assert alike(cell, "slow mode + DASC", "slow mode")


def test_on_matches_about_half_of_the_slow_starts_never_rise_above_chance():
    never = Counter(row["arm"] for row in ROWS if cell_of(row) == ("yang19.dms", 1000, DT) and row["best_score"] < 0.5)
    assert [never.pop("slow mode"), *sorted(never[arm] for arm in SLOW)] == [9, 0, 11, 12, 12]
    assert all(never[arm] <= 3 for arm in arms_of(*MAIN[1]) if arm not in SLOW)


def test_in_the_main_tasks_the_surest_start_has_strong_synapses_and_a_small_readout():
    both = {arm: sum(arms_of(*cell)[arm]["solved"] for cell in MAIN) for arm in arms_of(*MAIN[1]) if arm in ARMS}
    assert max(both, key=both.__getitem__) == "gain 1, small readout"


def test_with_signs_most_slow_starts_learn_and_with_tanh_none():
    arms = arms_of("dlygo", 1000, COARSE_DT)
    assert all(row["solved"] > 5 for arm, row in arms.items() if arm.endswith(", Dale"))
    tanh = [row for arm, row in arms.items() if arm.endswith(", tanh")]
    assert sum(row["networks"] for row in tanh) == 30
    assert sum(row["solved"] for row in tanh) == 0


def test_all_networks_learn_reversals_and_a_slow_start_is_the_fastest():
    arms = arms_of("RuleReversal", 0, 20)
    assert all(row["solved"] == row["networks"] == 6 for row in arms.values())
    base = arms.pop("base")
    fewer = {arm for arm, row in arms.items() if row["p updates"] < 0.05 and row["updates"] < base["updates"]}
    assert fewer == {"SCTT, across trials", "slow mode"}
    assert arms["slow mode"]["updates"] < 0.25 * base["updates"]


def test_with_coarse_bins_and_half_as_many_updates_bridges_come_nearer_and_not_to_the_criterion():
    arms = arms_of("dlygo", 1000, COARSE_DT)
    assert all(arms[arm]["p updates"] > 0.05 for arm in ("SCTT", "DASC", "gradient skip"))
    assert all(arms[arm]["p updates"] < 0.05 for arm in ("gain 1, small readout", "slow mode"))
    accuracy = {
        arm: [row["score"] for row in ROWS if cell_of(row) == ("yang19.dlygo", 1000, COARSE_DT) and row["arm"] == arm]
        for arm in ("base", "SCTT", "DASC", "gradient skip")
    }
    p = {arm: mannwhitneyu(found, accuracy["base"]).pvalue for arm, found in accuracy.items()}
    assert all(np.mean(accuracy[arm]) > np.mean(accuracy["base"]) for arm in accuracy if arm != "base")
    assert p["SCTT"] < 0.05
    assert p["gradient skip"] < 0.05
    assert 0.05 < p["DASC"] < 0.1


def test_two_bridges_help_where_categories_are_matched_and_where_there_is_no_delay():
    for cell in (("dmc", 1000, COARSE_DT), ("go", 0, COARSE_DT)):
        arms = arms_of(*cell)
        bridges = {arm for arm in ("SCTT", "DASC", "CD", "gradient skip") if arms[arm]["p updates"] < 0.05}
        assert bridges == {"SCTT", "gradient skip"}
        assert all(arms[arm]["updates"] < arms["base"]["updates"] for arm in bridges)
