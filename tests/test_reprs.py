"""Representations: at most three lines and 300 characters, with what matters and no whole arrays."""

import dataclasses
import inspect

import numpy as np
import pytest
import torch

import cogdyn.agents.dynamics as dynamics
from cogdyn.agents import RateRNN, Run, train
from cogdyn.agents.network.representation import call_arguments
from cogdyn.agents.rules import BPTT, RFLO
from cogdyn.agents.rules.catalogue import rule_class, rule_names
from cogdyn.agents.training.run import describe
from cogdyn.envs import make_task


def short(thing):
    text = repr(thing)
    return len(text) <= 300 and len(text.splitlines()) <= 3 and " object at 0x" not in text and "array(" not in text


def test_a_network_shows_its_main_arguments():
    network = RateRNN(6, 100, 3, dale=0.8, noise=0.05, seed=3)
    assert repr(network) == (
        "RateRNN(6, 100, 3, dt=20.0, tau=100.0, activation='relu', leak='voltage', dale=0.8, seed=3, noise=0.05)"
    )
    odd = RateRNN(6, 100, 3, tau=np.linspace(50, 100, 100), mask=np.ones((100, 100)), input_units=range(50))
    assert short(odd)
    assert "tau=[50.0, 50.5" in repr(odd)
    assert eval(repr(network), {"RateRNN": RateRNN}).config == network.config


@pytest.mark.parametrize("name", rule_names())
def test_a_rule_shows_what_is_not_its_default(name):
    rule = rule_class(name)()
    assert repr(rule) == f"{name}()"
    assert short(rule)
    assert eval(repr(rule), {name: rule_class(name)}).config == rule.config
    argument = next(iter(inspect.signature(rule_class(name)).parameters))
    if argument == "lr":
        assert repr(rule_class(name)(lr=0.02)) == f"{name}(lr=0.02)"


def test_a_rule_of_several_arguments():
    assert repr(RFLO(lr=0.01, feedback="symmetric", update_every="bin")) == (
        "RFLO(lr=0.01, update_every='bin', optimizer='sgd', feedback='symmetric')"
    )
    assert short(BPTT(lr=[(step, 1e-3) for step in range(100)]))
    assert call_arguments({"a": "x" * 100}).startswith("a='xxx")


def test_a_run_and_what_a_network_did(tmp_path):
    task = make_task("DelayMatchSample")
    network = RateRNN(task.n_inputs, 100, task.n_outputs)
    run = Run(network, task, describe(task, network, BPTT()))
    assert short(run)
    run = train(task, network, BPTT(), steps=1, batch_size=2, n_test=8, out=tmp_path / ("a long name" * 5))
    assert short(run)
    for words in ("DelayMatchSample", "BPTT(lr=0.001)", "1 updates, score 0.", "RateRNN("):
        assert words in repr(run)
    trajectory = network(torch.zeros(7, 2, task.n_inputs))
    assert repr(trajectory) == f"Trajectory(rates (7, 2, 100), outputs (7, 2, {task.n_outputs}))"


def results():
    """All dataclasses of arrays that analyses return."""
    for cls in vars(dynamics).values():
        if dataclasses.is_dataclass(cls) and any("ndarray" in str(one.type) for one in dataclasses.fields(cls)):
            yield cls


@pytest.mark.parametrize("cls", list(results()))
def test_a_result_shows_shapes(cls):
    made = object.__new__(cls)
    for field in dataclasses.fields(cls):
        object.__setattr__(made, field.name, np.zeros((300, 200)))
    assert short(made)
    assert repr(made).startswith(f"{cls.__name__}(")
    assert "(300, 200)" in repr(made)


def test_there_are_results_to_test():
    assert {"FixedPoints", "Rotations", "LineAttractor"} <= {cls.__name__ for cls in results()}


def test_numbers_texts_and_many_arrays_in_a_result():
    @dataclasses.dataclass(frozen=True)
    class Result:
        r2: float
        name: str
        planes: list
        by_name: dict
        _own: int = 3

        __repr__ = dynamics.shapes.shapes_repr

    shown = repr(Result(np.float64(0.123456), "jpca" * 50, [np.zeros(3)] * 9, {"a": np.zeros((2, 3)), "b": 1.5}))
    assert shown.startswith("Result(r2 = 0.1235, name = 'jpca")
    assert shown.endswith("planes 9 arrays, by_name {'a': (2, 3), 'b': = 1.5})")
    assert short(Result(1.0, "", [], {str(k): np.zeros(3) for k in range(99)}))
