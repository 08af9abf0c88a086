"""NumPy's numbers are numbers: a rule takes them, and keeps plain ones, which a run can write down."""

import json
import re
from numbers import Real

import numpy as np
import pytest

from cogdyn.agents.credit.arguments import Range
from cogdyn.agents.rules.catalogue import make_rule, rule_arguments, rule_names

OTHERS = {
    "goal": [0.75],
    "clip": [0.5],
    "lr_apical": [0.5],
    "largest_voltage": [2.0],
    "forgetting": [0.5],
    "slope": [0.5],
    "lr": [((0, 0.5), (10, 0.25))],
    "schedule": [(0.5, 1.0)],
    "types": [(0, 1, 0)],
    "trial_types": [("stimulus",)],
}
"""Values besides the defaults, exact in float32."""
COARSE = (4, 2, 1)
NUMERIC = {
    name: [
        argument
        for argument, default in rule_arguments(name).items()
        if argument in OTHERS or isinstance(default, Real)
    ]
    for name in rule_names()
}


def of_numpy(value):
    """The ways in which NumPy has a value."""
    if isinstance(value, bool):
        return [np.bool_(value)]
    if isinstance(value, int):
        return [np.int64(value), np.int32(value), np.uint16(value)]
    if isinstance(value, float):
        whole = [np.int64(value)] if value == int(value) else []
        return [np.float64(value), np.float32(value), *whole]
    if isinstance(value, str):
        return [np.str_(value)]
    return [np.array(value), tuple(of_numpy(each)[0] for each in value), [of_numpy(each)[-1] for each in value]]


def values_of(name, argument):
    default = rule_arguments(name)[argument]
    own = [default] if isinstance(default, Real) else []
    if (name, argument) == ("RewardHebbian", "lr"):
        return own  # it has no schedule
    return own + ([COARSE] if (name, argument) == ("CD", "schedule") else OTHERS.get(argument, []))


def plain(value):
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else value


@pytest.mark.parametrize("name", rule_names())
def test_numbers_of_numpy_are_kept_as_plain_ones(name):
    for argument in NUMERIC[name]:
        for value in values_of(name, argument):
            for one in of_numpy(value):
                config = make_rule(name, **{argument: one}).config
                other = plain(one) if isinstance(one, np.generic) else value
                assert json.dumps(config) == json.dumps(make_rule(name, **{argument: other}).config)
                assert json.dumps(make_rule(name, **config).config) == json.dumps(config)


def test_every_numeric_argument_is_tried():
    some = {"lr", "clip", "lag_ms", "across_trials", "feedback_seed", "warm_up"}
    assert {argument for arguments in NUMERIC.values() for argument in arguments} >= some
    assert all(values_of(name, argument) for name, arguments in NUMERIC.items() for argument in arguments)


@pytest.mark.parametrize("name", rule_names())
def test_what_is_no_number_is_one_clear_error(name):
    for argument in NUMERIC[name]:
        for wrong in ("x", float("nan"), (), [[1, 2, 3]]):
            if argument == "trial_types" or (argument == "types" and wrong == ()):
                continue
            with pytest.raises(ValueError, match=rf"\b{argument}\b"):
                make_rule(name, **{argument: wrong})


@pytest.mark.parametrize("name", [name for name in rule_names() if "lr" in rule_arguments(name)])
@pytest.mark.parametrize(
    "wrong", [None, True, np.bool_(True), 0, -1, np.inf, ((0.5, 1),), ((0, 1), (0, 2)), ((0, "x"),)]
)
def test_a_learning_rate_that_makes_no_sense_is_one_clear_error(name, wrong):
    with pytest.raises(ValueError, match="lr"):
        make_rule(name, lr=wrong)


@pytest.mark.parametrize(
    ("bounds", "wrong", "message"),
    [
        ({"above": 0}, 0, "x is 0; it must be positive."),
        ({"above": 0.5, "maximum": 3}, 3.5, "x is 3.5; it must be above 0.5 and at most 3."),
        ({"minimum": 0}, -1, "x is -1; it must be at least 0."),
        ({"minimum": 0, "below": 1}, 1, "x is 1; allowed: from 0 to below 1."),
        ({"minimum": 0, "maximum": 1}, 1.1, "x is 1.1; allowed: from 0 to 1."),
        ({"below": 1}, 1.0, "x is 1.0; it must be below 1."),
        ({"minimum": 1, "whole": True}, 0, "x is 0; it must be at least 1."),
        ({"minimum": 1, "whole": True}, 1.5, "x is 1.5; it must be a whole number."),
        ({"minimum": 0}, "a", "x is 'a'; it must be a finite number."),
    ],
)
def test_a_range_says_what_is_allowed(bounds, wrong, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Range(**bounds).checked("x", wrong)
    assert Range(**bounds).checked("x", None) is None


def test_a_range_holds_its_ends():
    assert Range(minimum=0, maximum=1).checked("x", np.float32(1)) == 1.0
    assert type(Range(minimum=0, whole=True).checked("x", np.int64(0))) is int
