"""What the page and the lesson say was found in the study of bridges, held against its tables."""

import pytest

from cogdyn.envs import make_task
from cogdyn.lessons import study_results
from cogdyn.lessons.studies import load_study
from cogdyn.lessons.studies.soo2023_default import CONTROLS, DELAYS_MS, TASKS, default_table
from cogdyn.lessons.training_command import usual_init

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
        assert usual_init(make_task(task)) == ("slow_mode" if better else "gaussian")
    assert {usual_init(make_task(task)) for task in TASKS} == {"slow_mode"}
