"""Whatever legal timing, bin width and batch size: arrays, masks and periods fit together (hypothesis)."""

import dataclasses
from dataclasses import replace

import numpy as np
import pytest
from every_task import every_task
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from cogdyn.envs import Choice, PerBatch, TruncatedExponential, Uniform, make_task
from cogdyn.envs.contract.trials import check_arrays, check_mask, check_periods
from cogdyn.envs.gym.rewards import spaces_of

BUDGET = 3_000_000
"""Largest number of input values in a batch: 2,000 trials where bins are wide, few where they are 1 ms."""


def on_grid(value, factor, dt):
    """A duration like the given one, stretched by a factor and moved to the grid of dt."""

    if value is None:
        return None

    def ms(x):
        return max(round(factor * x / dt), 1 if x > 0 else 0) * dt

    if isinstance(value, PerBatch):
        return PerBatch(on_grid(value.duration, factor, dt))
    if isinstance(value, Uniform):
        step = None if value.step is None else ms(value.step)
        return Uniform(
            ms(value.low), ms(value.low) + (ms(value.high) - ms(value.low)) // (step or dt) * (step or dt), step
        )
    if isinstance(value, TruncatedExponential):
        return TruncatedExponential(value.mean, ms(value.low), ms(value.high))
    if isinstance(value, Choice):
        return Choice([ms(x) for x in value.values], value.p)
    return ms(value)


@st.composite
def settings_of(draw, name):
    """A setting of a task: any dt, each duration stretched by a factor of its own."""
    dt = draw(st.integers(1, 100))
    task = make_task(name)
    common = draw(st.floats(0.5, 1.5))
    changed = {"dt": float(dt)}
    for field in dataclasses.fields(task):
        if field.name.endswith("_ms") and field.name != "grace_ms":
            factor = common * draw(st.floats(0.8, 1.25))
            value = getattr(task, field.name)
            values = value if isinstance(value, tuple) else (value,)
            moved = tuple(on_grid(part, factor, dt) for part in values)
            changed[field.name] = moved if isinstance(value, tuple) else moved[0]
    changed["grace_ms"] = 0.0 if task.grace_ms == 0 else float(dt)
    try:
        return replace(task, **changed)
    except ValueError as refused:
        # Stretched apart, some durations do not fit together any more, and the task says which.
        if not any(name in str(refused) for name in changed):
            raise
        assume(False)


@pytest.mark.parametrize("name", every_task())
@settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(data=st.data())
def test_any_legal_setting_paints_what_is_promised(name, data):
    task = data.draw(settings_of(name))
    one = task.sample(1, seed=0)
    most = max(min(2000, BUDGET // one.inputs.size), 1)
    size = data.draw(st.integers(1, most))
    batch = task.sample(size, seed=data.draw(st.integers(0, 2**31)))
    assert batch.inputs.shape[1] == size
    observations, _ = spaces_of(task)
    assert batch.inputs.dtype == observations.dtype
    assert (batch.inputs >= observations.low).all()
    assert (batch.inputs <= observations.high).all()
    starts, stops = (np.array(list(edges)) for edges in zip(*batch.periods.values(), strict=True))
    np.testing.assert_array_equal(starts[1:], stops[:-1])
    np.testing.assert_array_equal(stops[-1], batch.lengths)
    if most >= 32:
        for check in (check_arrays, check_periods, check_mask):
            check(task)
