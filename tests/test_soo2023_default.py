"""The study of the start of ``cogdyn train``: it trains as that command does, and counts as it says."""

import pytest

from cogdyn.agents import RateRNN, network_for
from cogdyn.envs import make_task
from cogdyn.lessons.studies import load_study
from cogdyn.lessons.studies.runner import plan
from cogdyn.lessons.studies.soo2023.default import (
    COMMAND,
    CONTROLS,
    NETWORKS,
    STARTS,
    TASKS,
    WITHOUT_SIGNS,
    default_table,
    measure,
)

STUDY = load_study("soo2023-default")
TINY = {"task": "DelayMatchSample", "delay_ms": 600.0, "dale": True, "networks": 2, "steps": 2, "first_seed": 5}


def test_its_networks_are_those_of_the_command():
    ours = network_for(make_task("DelayMatchSample")).config
    assert COMMAND["network"] | {"tau": ours["tau"]} == {name: ours[name] for name in COMMAND["network"]}
    assert STARTS["slow mode"] == {name: ours[name] for name in STARTS["slow mode"]}


def test_every_start_gets_as_many_networks_in_every_cell():
    networks = {}
    for job in plan(STUDY, quick=False).values():
        cell = job["task"], job["delay_ms"], job["dale"], job["start"]
        networks[cell] = networks.get(cell, 0) + job["networks"]
    assert {dale for _, _, dale, _ in networks} == {True, False}
    assert all(n == (2 * NETWORKS if dale else NETWORKS) for (_, _, dale, _), n in networks.items())
    assert {start for *_, start in networks} == set(STARTS)
    assert {task for task, *_ in networks} == {*TASKS, *(task for task, _ in CONTROLS)}


EVERY = [(start, {}) for start in STARTS] + [(start, {"dale": False}) for start in WITHOUT_SIGNS]


@pytest.mark.parametrize(("start", "others"), [*EVERY, ("slow mode", {"task": "CenterOut", "delay_ms": 0.0})])
def test_every_start_trains(start, others):
    rows = measure(TINY | {"start": start} | others)
    assert [row["network"] for row in rows] == [0, 1]
    assert all(row["updates"] == 2 and not row["solved"] and 0 <= row["score"] < 0.9 for row in rows)


def test_starts_are_networks_with_dales_law():
    for arguments in STARTS.values():
        network = RateRNN(5, 50, 3, dale=0.8, **arguments)
        signs = network.recurrent_weights.detach().sign()
        assert (signs[:, :40] >= 0).all()
        assert (signs[:, 40:] <= 0).all()


def test_a_network_that_does_not_learn_counts_with_the_cap():
    shared = {"task": "DelayMatchSample", "delay_ms": 600.0, "dale": True, "steps": 1500, "cpu_seconds": 1.0}
    shared |= {"start": "gaussian"}
    rows = [
        shared | {"network": 0, "solved": True, "updates": 300, "score": 1.0},
        shared | {"network": 1, "solved": False, "updates": 1500, "score": 0.5},
    ]
    (found,) = default_table(rows)
    assert (found["networks"], found["solved"], found["updates"], found["range"]) == (2, 1, 900.0, "300 to 1500")
    assert "DelayMatchSample" in STUDY.report(rows).text
