"""What every task promises; there is no list of exceptions."""

import dataclasses
import inspect
import json
import math
import re
from dataclasses import replace

import numpy as np
import pytest
from every_task import every_task

from cogdyn.envs import Uniform, make_task, task_names
from cogdyn.envs.contract import CHECKS
from cogdyn.envs.contract.trials import same
from cogdyn.envs.describe import docstring_fields
from cogdyn.envs.registry import task_config, task_from_config


@pytest.mark.parametrize("name", every_task())
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__.removeprefix("check_"))
def test_contract(check, name):
    check(make_task(name))


@pytest.mark.parametrize("name", every_task())
def test_the_docstring_says_what_the_code_does(name):
    task = make_task(name)
    text = " ".join((inspect.getdoc(type(task)) or "").split())
    *lines, scoring = docstring_fields(task).splitlines()
    for line in lines:
        assert line in text, f"the docstring of {name} lacks the line {line!r}"
    # Numbers are compared as numbers: one that is on the edge between two roundings may read as either.
    stated = re.search(re.sub(r"[\d.]+ %", r"([\\d.]+) %", scoring), text)
    assert stated, f"the docstring of {name} lacks the line {scoring!r}"
    for digits, value in zip(stated.groups(), (task.chance, task.ceiling), strict=True):
        half_a_unit = 0.5 * 10.0 ** -len(digits.partition(".")[2])
        assert abs(float(digits) - 100 * value) <= half_a_unit + 1e-9
    # Arguments that relatives share are described once, in the class that they come from.
    described = " ".join(inspect.getdoc(cls) or "" for cls in type(task).__mro__)
    for argument in (field.name for field in dataclasses.fields(task)):
        period = argument.removesuffix("_ms")
        assert f"{argument}:" in described or (argument != period and period in task.periods), (
            f"describe {argument} under Attributes in the docstring of {name}"
        )


@pytest.mark.parametrize("name", every_task())
def test_a_task_survives_the_way_through_json(name):
    task = make_task(name)
    again = task_from_config(json.loads(json.dumps(task_config(task))))
    assert again == task
    assert same(again.sample(4, seed=0), task.sample(4, seed=0))
    other = replace(task, dt=task.dt / 2, noise=0.2)
    assert task_from_config(json.loads(json.dumps(task_config(other)))) == other != task


PRESETS = [(name, preset) for name in task_names() for preset in type(make_task(name)).presets]


@pytest.mark.parametrize(("name", "preset"), PRESETS)
def test_arguments_count_more_than_presets(name, preset):
    task = make_task(name, preset=preset)
    assert task != make_task(name)
    assert make_task(name, preset=preset, noise=0.3) == replace(task, noise=0.3)


YANG = ("yang19.dm1", "yang19.dnmc", "yang19.multitask")
"""Of the twenty-one alike with the preset yang2019, those held to the contract."""


@pytest.mark.slow
@pytest.mark.parametrize(("name", "preset"), [(n, p) for n, p in PRESETS if p != "yang2019" or n in YANG])
def test_presets_keep_the_contract(name, preset):
    for check in CHECKS:
        check(make_task(name, preset=preset))


def test_the_mask_is_exact_to_the_bin():
    task = make_task("DelayMatchSample", delay_ms=200, grace_ms=100, response_weight=3.0)
    mask = task.sample(3, seed=0).mask
    bins = {"fixation": 10, "sample": 15, "delay": 10, "test": 15, "decision": 15}
    expected = []
    for name, n in bins.items():
        weight = 3.0 if name == "decision" else 1.0
        grace = 0 if name == "fixation" else 5
        expected += [0.0] * grace + [weight] * (n - grace)
    np.testing.assert_array_equal(mask, np.tile(np.array(expected)[:, None], 3))


def test_the_mask_is_exact_to_the_bin_where_durations_differ():
    task = make_task("DelayMatchSample", delay_ms=Uniform(100, 400), grace_ms=60)
    batch = task.sample(50, seed=0)
    assert len(set(batch.lengths)) > 5
    for trial in range(50):
        one = batch.trial(trial)
        for start, stop in list(one.periods.values())[1:]:
            assert (one.mask[start[0] : start[0] + 3] == 0).all()
            assert (one.mask[start[0] + 3 : stop[0]] > 0).all()
        assert (batch.mask[batch.lengths[trial] :, trial] == 0).all()


def test_a_reach_is_judged_by_where_it_ends():
    task = make_task("DelayedReach", tolerance=0.25)
    batch = task.sample(20, seed=0)
    ideal = task.ideal(batch)
    for gain, score in ((0.8, 1), (1.2, 1), (0.7, 0), (1.3, 0)):
        assert (task.score(gain * ideal, batch) == score).all(), gain


@pytest.mark.parametrize("noise", [0.5, 1.0])
def test_matching_two_noisy_stimuli_is_as_good_as_theory_says(noise):
    """Two stimuli: each is told with error p = Phi(-d / 2s), and the match is right unless exactly one was mistaken."""
    task = make_task("DelayMatchSample", noise=noise)
    templates = task.ring.bump(np.array([0.0, np.pi]))
    d = np.linalg.norm(templates[0] - templates[1])
    s = noise * np.sqrt(100 / 300)
    p = 0.5 * math.erfc(d / (2 * s) / math.sqrt(2))
    expected = 1 - 2 * p * (1 - p)
    assert expected < 0.999
    assert task.ceiling == pytest.approx(expected, abs=4 * math.sqrt(expected * (1 - expected) / 100_000))
    batch = task.sample(20_000, seed=1)
    error = 4 * math.sqrt(expected * (1 - expected) / 20_000)
    assert task.score(task.ideal(batch), batch).mean() == pytest.approx(expected, abs=error)
