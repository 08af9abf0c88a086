"""Thousands of bad values, one argument at a time: each is refused in our words, or is on the list of what is legal."""

import inspect
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import matplotlib.pyplot
import numpy as np
import pytest
import torch
from doors import BAD, doors

from cogdyn.agents import RateRNN, train
from cogdyn.agents.dynamics import fixed_points
from cogdyn.agents.rules import BPTT
from cogdyn.agents.rules.catalogue import OWN_RULES
from cogdyn.envs import Levels, make_task
from cogdyn.envs.errors import ArgumentError
from cogdyn.envs.typechecked import fits, typechecked
from cogdyn.envs.wording import short_text, type_in_words


@pytest.fixture(autouse=True)
def forgotten():
    """Other tests see the rules of the catalogue alone."""
    yield
    OWN_RULES.clear()


LEGAL = """
Between low: minus one
Choice values: empty                    the grid of a task is needed to tell durations that are none
Choice p: empty
Uniform low: minus one
Uniform high: minus one
Uniform step: minus one
PerBatch duration: minus one
TruncatedExponential mean: minus one
TruncatedExponential low: minus one
TruncatedExponential high: minus one
Curriculum.report score: NaN, infinity, minus one, huge    a score that is none reaches no goal
GymTask hidden: empty
Noisy groups: empty
Rewards correct: minus one
Rewards error: minus one
Rewards abort: minus one
Rewards miss: minus one
Ring.bump angle: empty, array
Task.sample seed: huge                  NumPy takes seeds of any size
Task.guess seed: huge
Actor.reset ended: empty, array, NaN array      nothing has begun
RateRNN gain: minus one
RateRNN input_gain: minus one
RateRNN readout_gain: minus one
RateRNN frozen: empty
RateRNN lesioned: empty
RateRNN.forward cuts: empty
Run.save path: text
load_run path: text                     where Run.save has put one
learn_online out: text
learn_online stream: empty
train_curriculum out: text
condition_averages rates: NaN array     rates that were not recorded
fixed_points candidates: array          states along any axes
cross_condition_mean rates: NaN array   bins that some conditions lack
without_cross_condition_mean rates: NaN array
demixed_components factors: texts
marginalisations factors: texts
p_value observed: minus one
sample_candidates states: array
cue_alignment delays: empty
score_by_delay delays: empty
draw_learning chance: minus one
draw_accuracy chance: minus one
draw_accuracy_in_session chance: minus one
draw_learning changes: empty
draw_learning score: text
lesion units: empty
how_much_is_done rows: empty
how_much_is_done by: empty
SCTT lag_ms: minus one                  told by the dt of the task
DASC lag_ms: minus one
GradientSkip lag_ms: minus one
ModProp types: empty
Compartments inhibited: empty
REINFORCE trial_types: empty, texts
NodePerturbation trial_types: empty, texts
RewardHebbian trial_types: empty, texts
"""
OTHER_NAMES = {
    "conditions": "condition|trials",
    "delays": "cosines|left|scores|n_steps",
    "factors": "trials",
    "group": "channel",
    "groups": "channel",
    "import_modules": "module|run",
    "inhibited": "compartment",
    "init": "initialisation",
    "inputs": "x",
    "name": "task|network",
    "options": "option",
    "out": "folder",
    "rates": "samples|trials|units|populations?",
    "rates_a": "rates|samples|units|populations?",
    "rates_b": "rates|samples|units|populations?",
    "states": "h",
    "variables": "variable",
}
"""What messages call arguments whose name alone would say less."""


def legal():
    rows = (line.split(":", 1) for line in LEGAL.strip().splitlines())
    return {(place, kind.strip()) for place, kinds in rows for kind in re.split(r" {2,}", kinds.strip())[0].split(",")}


def outcome(door, name, value):
    """What a bad value leads to: it is accepted, refused as it should be, or what is wrong with the refusal."""
    try:
        door(**{name: value})
    except Exception as error:
        if type(error) not in (ValueError, ImportError) and not type(error).__module__.startswith("cogdyn."):
            return f"{type(error).__name__} in foreign words: {error}"
        if not re.search(rf"\b({name}|{OTHER_NAMES.get(name, name)})\b", str(error)):
            return f"no word on {name}: {error}"
        return "refused" if len(str(error)) < 1000 else f"{len(str(error))} letters"
    finally:
        matplotlib.pyplot.close("all")
    return "accepted"


def test_no_bad_value_is_taken_in_silence_or_refused_in_foreign_words(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = {
        (f"{door.name} {name}", kind): outcome(door, name, value)
        for door in doors()
        for name in door.parameters
        for kind, value in BAD.items()
    }
    assert len(found) > 5000
    assert {what: how for what, how in found.items() if how not in ("accepted", "refused")} == {}
    accepted = {what for what, how in found.items() if how == "accepted"}
    optional = {
        (f"{door.name} {name}", "None")
        for door in doors()
        for name, parameter in inspect.signature(door.function).parameters.items()
        if parameter.default is None or "None" in str(parameter.annotation)
    }
    assert accepted - optional == legal()


def test_nothing_begins_to_count_to_ten_to_the_thirty(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for door in doors():
        for name, parameter in inspect.signature(door.function).parameters.items():
            whole = re.search(r"\bint\b", str(parameter.annotation)) and "float" not in str(parameter.annotation)
            if whole and name in door.parameters and not name.endswith("seed"):
                assert outcome(door, name, 10**30) == "refused", (door.name, name)
    for name in ("tolerance", "merge_distance"):  # a number is a number, whole or not
        found = fixed_points(lambda h: h / 2, np.ones((1, 3)), **{name: 10**30})
        assert len(found) == 1


def test_the_arguments_that_make_sense_do(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    without = {"play", "load_run", "RewardHebbian", "check_task"}  # a kernel, a run, minutes
    for door in doors():
        if door.name not in without:
            door()
            matplotlib.pyplot.close("all")


def refuses(message):
    return pytest.raises(ArgumentError, match=f"^{message}$")


def test_messages_say_what_is_allowed():
    task = make_task("GoNogo")
    with refuses("train: network and rule must be given."):
        train(task)
    with refuses(r"train: unexpected keyword argument 'stpes'. Did you mean 'steps'\? Allowed: 'batch_size', .*"):
        train(task, stpes=3)
    with refuses("train: task is given twice, by position and by name."):
        train(task, task=task)
    with refuses("train: 9 are given by position; allowed by position: task, network, .*, out."):
        train(*range(9))
    lacks = "config, dt, initial_state, n_inputs, n_outputs"
    with refuses(f"network is a GRU; it must be a Network, and lacks {lacks}."):
        train(task, torch.nn.GRU(3, 2), BPTT())
    with refuses("rule is an object; it must be a Rule."):
        train(task, RateRNN(3, 4, 2), object())
    with refuses(r"rule is the class BPTT; it must be an object of it, as BPTT\(\)."):
        train(task, RateRNN(3, 4, 2), BPTT)
    with refuses("lr is 'x'; it must be a finite number or a list of values, each .*"):
        BPTT(lr="x")
    with refuses("n_units is a number of about 400 digits; it must be a whole number below 2\\^63 in size."):
        RateRNN(2, 10**399, 2)
    with refuses(r"unknown leak 'volt'. Did you mean 'voltage'\? Allowed: 'rate', 'voltage'."):
        RateRNN(2, 3, 2, leak="volt")
    for seed, said in ((-1, "at least 0"), (2**64, "below 2\\^64")):
        with refuses(f"seed is {seed}; it must be {said}."):
            RateRNN(2, 3, 2, seed=seed)
    for values, p in (((1.0, None), None), ((1.0, np.nan), None), ((1, 2), (np.nan, np.nan)), (np.ones((2, 2)), None)):
        with pytest.raises(ArgumentError):
            Levels(values, p)


@pytest.mark.parametrize(
    ("value", "hint", "allowed"),
    [
        (np.float32(1), float, True),
        (np.int64(1), float, True),
        (np.int64(1), int, True),
        (True, int, False),
        (np.True_, bool, True),
        (1, bool, False),
        (float("inf"), float, False),
        ([1.0] * 1000 + ["x"], Sequence[float], False),
        (np.arange(3), Sequence[float], True),
        ("abc", Sequence[str], False),
        ({1, 2}, Sequence[int], False),
        ([3, 4], tuple[int, int], True),
        ([3, 4, 5], tuple[int, int], False),
        ({"a": [1.0]}, Mapping[str, np.ndarray], True),
        ({"a": "b"}, Mapping[str, np.ndarray], False),
        (np.array(["x"]), np.ndarray, False),
        (torch.zeros(2), np.ndarray, True),
        ([[1, 2], [3]], np.ndarray, False),
        (len, Callable[[list], int], True),
        (list, Callable[[list], int], False),
        ("b", Literal["a", "b"] | None, True),
    ],
)
def test_what_fits_a_type(value, hint, allowed):
    assert fits(value, hint) is allowed


def test_a_checked_function_is_the_function_to_those_who_look_at_it():
    def grow(length: float, *others: float, by: int = 1, **rest: float) -> float:
        """Longer."""
        return length * by + sum(others) + sum(rest.values())

    checked = typechecked(grow)
    assert (checked.__doc__, inspect.signature(checked)) == ("Longer.", inspect.signature(grow))
    assert checked(1, 2, 3, by=2, more=4) == 11
    for call, name in ((lambda: checked(1, "x"), "others"), (lambda: checked(1, more="x"), "more")):
        with refuses(f"{name} is 'x'; it must be a finite number."):
            call()


def test_values_are_shown_short():
    class Own:
        pass

    with warnings.catch_warnings():
        assert short_text(10**400) == "a number of about 401 digits"
        assert short_text(np.zeros((3, 4))) == "an array of shape (3, 4)"
        assert short_text(Own()) == "an Own"
        assert short_text(Own) == "the class Own"
        assert len(short_text("x" * 10_000)) < 70
        assert len(short_text([list(range(1000))] * 1000)) < 300
    assert type_in_words(dict[str, float] | None) == "a mapping from names to finite numbers or None"
