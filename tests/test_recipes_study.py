"""The study of what to train with: it trains as the command does, and chooses by its rule."""

import pytest

from cogdyn.agents import network_for
from cogdyn.envs import make_task
from cogdyn.lessons.studies import load_study
from cogdyn.lessons.studies.recipes.study import (
    EARLIER,
    STEPS,
    WAYS,
    chosen_way,
    goal_of,
    measure,
    recipe_table,
    task_of,
    tasks_of,
    worse_on,
)
from cogdyn.lessons.studies.runner import plan

STUDY = load_study("recipes")
PLAN = list(plan(STUDY, quick=False).values())
TINY = {"delay_ms": 0.0, "preset": None, "networks": 2, "steps": 2, "first_seed": 3}
BIAS, *_ = (way for way in WAYS if way.startswith("slow"))


def test_every_task_of_decisions_and_memory_is_asked_for_in_every_way():
    asked = {}
    for job in PLAN:
        asked.setdefault(job["way"], {}).setdefault(job["task"], []).append(job["networks"])
    for way in WAYS:
        assert all(sum(asked[way][task]) >= 10 for task in tasks_of("working memory"))
        assert all(sum(asked[way][task]) >= 5 for task in tasks_of("decisions"))
    assert sum(job["networks"] for job in PLAN if job["preset"]) == 20
    assert {task_of(job).dt for job in PLAN if job["preset"]} == {5.0}


CHOICES_AND_MOVEMENTS = [(way, task) for way in WAYS for task in ("DelayMatchSample", "DelayedReach")]


@pytest.mark.parametrize(("way", "task"), [*CHOICES_AND_MOVEMENTS, (BIAS, "yang19.dms")])
def test_every_way_trains(way, task):
    rows = measure(TINY | {"task": task, "way": way})
    assert [row["network"] for row in rows] == [0, 1]
    assert all(row["updates"] == 2 and 0 <= row["score"] <= 1 for row in rows)


def test_the_goal_is_that_of_the_command():
    """96 % of the way from chance, 1/2, to a ceiling of 1."""
    assert goal_of(make_task("DelayMatchSample")) == pytest.approx(0.98)
    assert network_for(make_task("DelayMatchSample"), **WAYS["gaussian"][0]).config["init"] == "gaussian"


def rows_of(way, updates, task="DelayMatchSample"):
    shared = TINY | {"task": task, "way": way, "cpu_seconds": 1.0}
    return [
        shared | {"network": s, "updates": n, "solved": n < STEPS, "score": 1.0 if n < STEPS else 0.5}
        for s, n in enumerate(updates)
    ]


FAST, SLOW = [100 + s for s in range(10)], [500 + s for s in range(10)]


def test_a_way_that_is_worse_somewhere_is_not_chosen():
    earlier = rows_of(EARLIER, SLOW) + rows_of(EARLIER, SLOW, "NBack")
    better = rows_of(BIAS, FAST) + rows_of(BIAS, FAST, "NBack")
    mixed = rows_of(BIAS, FAST) + rows_of(BIAS, [n + 200 for n in SLOW], "NBack")
    assert chosen_way(earlier + better) == BIAS
    assert worse_on(earlier + mixed, BIAS) == ["NBack"]
    assert chosen_way(earlier + mixed) == EARLIER
    alike = rows_of(BIAS, [n + 1 for n in SLOW]) + rows_of(BIAS, SLOW, "NBack")
    assert worse_on(earlier + alike, BIAS) == []


def test_of_ways_that_are_fit_the_one_with_most_networks_is_chosen():
    rows = rows_of(EARLIER, [*FAST[:8], STEPS, STEPS]) + rows_of(BIAS, [*FAST[:9], STEPS]) + rows_of("gaussian", SLOW)
    assert worse_on(rows, BIAS) == []
    assert chosen_way([row for row in rows if row["way"] != "gaussian"]) == BIAS
    (first, second, third) = recipe_table(rows)
    assert (first["solved"], second["solved"], third["updates"]) == (8, 9, 504.5)
    assert "chosen by the rule" in STUDY.report(rows).text
