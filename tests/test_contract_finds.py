"""The contract finds what is broken beneath a task: in a canvas, in an environment, in what a task says of itself."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binom

from cogdyn.envs import ContractError, TrialEnv, TrialVectorEnv, make_task
from cogdyn.envs.canvas import Canvas
from cogdyn.envs.contract import clients, distributions, environments, observers, trials
from cogdyn.envs.contract.requirement import margin

PDM = make_task("PerceptualDecisionMaking")


def change(cls, name, wrong):
    """Replace a method by one that makes something else of what it returns."""
    kept = getattr(cls, name)
    return cls, name, lambda self, *args, **kwargs: wrong(kept(self, *args, **kwargs), self)


def painted(wrong):
    """Change what a canvas paints."""

    def apply(batch, canvas):
        return replace(batch, **wrong(batch))

    return change(Canvas, "finish", apply)


def louder(batch):
    return {"inputs": 1.1 * batch.inputs}


def late(mask):
    return np.concatenate([mask[:1], mask[:-1]])


def gap(batch):
    first = next(iter(batch.periods))
    return {"periods": batch.periods | {first: (batch.periods[first][0], batch.periods[first][1] - 1)}}


FAULTS = {
    "an input a bin late in one environment": (
        environments.check_replay,
        change(TrialEnv, "_observation", lambda seen, env: env._trial.inputs[max(env._bin - 1, 0), 0].copy()),
        "TrialEnv shows another input",
    ),
    "an input a bin late in many": (
        environments.check_replay,
        (TrialVectorEnv, "reset", lambda self, **kwargs: (np.zeros((64, 3)), {"target": np.zeros(64)})),
        "TrialVectorEnv shows another input",
    ),
    "rewards of the wrong size in one environment": (
        environments.check_replay,
        change(TrialEnv, "step", lambda step, env: (step[0], step[1] / 2, *step[2:])),
        "TrialEnv rewards a trial in another way",
    ),
    "rewards of the wrong size in many": (
        environments.check_replay,
        change(TrialVectorEnv, "step", lambda step, env: (step[0], step[1] / 2, *step[2:])),
        "TrialVectorEnv rewards in another way",
    ),
    "rewards that differ between one and many": (
        environments.check_autoreset,
        change(TrialVectorEnv, "step", lambda step, env: (step[0], step[1] / 2, *step[2:])),
        "reward or end differently",
    ),
    "a seed that is ignored": (
        environments.check_rollouts,
        (TrialEnv, "reset", lambda self, *, seed=None, options=None: RESET(self)),
        "does not give TrialEnv the same",
    ),
    "copies that earn together": (
        environments.check_copies,
        change(TrialVectorEnv, "step", lambda step, env: (step[0], step[1] * 0 + step[1].sum(), *step[2:])),
        "what one copy does changes",
    ),
    "a copy that forgets where it was": (
        clients.check_continuation,
        (TrialEnv, "__getstate__", lambda self: vars(self) | {"_bin": 0}),
        "a copy of TrialEnv continues in another way",
    ),
    "many copies that forget where they were": (
        clients.check_continuation,
        (TrialVectorEnv, "__getstate__", lambda self: vars(self) | {"_number": self._number + 1}),
        "a copy of TrialVectorEnv continues in another way",
    ),
    "an entry of infos that comes and goes": (
        clients.check_infos,
        change(TrialEnv, "_judge", lambda judged, env: (judged[0], judged[1] | {"surprise": 1})),
        "an info of TrialEnv differs in its entries",
    ),
    "a mask a bin late": (trials.check_mask, painted(lambda batch: {"mask": late(batch.mask)}), "has weight"),
    "noise a tenth too large": (trials.check_noise, painted(louder), "a standard deviation of 0.11"),
    "a gap between periods": (trials.check_periods, painted(gap), "does not begin where"),
    "streams that are the same": (
        trials.check_streams,
        (type(PDM), "lay_out", lambda self, conditions, rng: SAME),
        "batches of the streams are equal",
    ),
    "a ceiling a little too low": (
        observers.check_ideal,
        (type(PDM), "ceiling", property(lambda self: CEILING - 0.04)),
        "the ideal observer scores",
    ),
    "an ideal observer that errs": (
        observers.check_ideal_without_noise,
        (type(PDM), "ideal", lambda self, batch: self.respond(batch, np.ones(batch.batch_size, int))),
        "without noise the ideal observer fails",
    ),
    "a factor drawn in another way": (
        distributions.check_factors,
        change(type(PDM), "draw", lambda drawn, task: drawn | {"side": np.sort(drawn["side"]) * 0 + 1}),
        "is not distributed as declared",
    ),
    "a duration that is too long": (
        distributions.check_durations,
        painted(lambda batch: {"periods": {p: (a, b + (p == "stimulus")) for p, (a, b) in batch.periods.items()}}),
        "is not distributed as declared",
    ),
}
RESET, CEILING, SAME = TrialEnv.reset, PDM.ceiling, PDM.sample(32, 0)


@pytest.mark.parametrize("fault", FAULTS)
def test_the_contract_finds_what_is_broken_beneath_a_task(fault, monkeypatch):
    check, (cls, name, wrong), message = FAULTS[fault]
    check(PDM)
    monkeypatch.setattr(cls, name, wrong)
    with pytest.raises(ContractError, match=message):
        check(PDM)


def test_the_contract_finds_sessions_that_go_another_way(monkeypatch):
    task = make_task("ReversalBandit")
    environments.check_replay(task)
    step = TrialEnv.step

    def short(self, action):
        result = step(self, action)
        return *result[:2], result[2] or self._segment > 2, *result[3:]

    monkeypatch.setattr(TrialEnv, "step", short)
    with pytest.raises(ContractError, match="ends sessions, or takes choices, in its own way"):
        environments.check_replay(task)


@pytest.mark.parametrize("n", [50, 1000])
@pytest.mark.parametrize("p", [0.05, 0.5, 0.9, 0.99, 0.999, 0.9999])
def test_a_margin_is_left_in_one_case_of_a_thousand(p, n):
    hits = np.arange(n + 1)
    outside = np.abs(hits / n - p) > margin(p, n)
    assert binom.pmf(hits, n, p)[outside].sum() <= 1.05e-3


def test_what_cannot_fail_has_no_margin():
    assert margin(1.0, 1000) < 1 / 1000
    assert margin(0.0, 1000) < 1 / 1000
