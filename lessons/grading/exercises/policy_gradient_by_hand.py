"""Assignment 7: a policy gradient by hand, sampled and over all actions, and what a synapse makes of it."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from ...checking.terms import Term
from ..judging import Exercise, Inputs, Slip, compares
from . import Work
from .policy_inputs import bandits, batches, earnings, logits
from .policy_reference import all_actions, estimate, policy, returns
from .policy_synapse import THREE_FACTORS


def _with(instead: dict[int, Any], **bandit: Any) -> tuple[Any, ...]:
    """The right answer over all actions with other parts in place of some."""
    right = all_actions(**bandit)
    return tuple(instead.get(k, part) for k, part in enumerate(right))


def _part(which: int, bandit: Inputs, others: Inputs) -> tuple[Any, ...]:
    """The right answer over all actions, with one part as it is with other arguments."""
    changed: Inputs = bandit | others
    return _with({which: all_actions(**changed)[which]}, **bandit)


POLICY = compares(
    logits,
    policy,
    (
        Slip(
            "your gradient has the sign of descent.",
            "What makes the action more probable is 1_a - pi: its own logit goes up, the others go down.",
            partial(policy, sign=-1),
        ),
        Slip(
            "the probabilities of trials add up to 1, not those of actions.",
            "Actions are the last axis: axis=-1, keepdims=True.",
            partial(policy, axis=1),
        ),
        Slip(
            "the probabilities of bins add up to 1, not those of actions.",
            "Actions are the last axis: axis=-1, keepdims=True.",
            partial(policy, axis=0),
        ),
        Slip(
            "the gradient is that of the chosen logit alone: its 1, without the probabilities.",
            "The logarithm of the sum depends on all logits: 1_a - pi.",
            partial(policy, expected=False),
        ),
        Slip(
            "the action taken is missing in the gradient.",
            "1 for the action taken, less pi: 1_a - pi.",
            partial(policy, one=False),
        ),
        Slip(
            "the gradient is that of pi, not of log pi.",
            "The derivative of log pi is that of pi, divided by pi.",
            partial(policy, power=1),
        ),
        Slip(
            "only the logit of the action taken gets a gradient.",
            "Whatever raises another logit makes this action less probable: the others get -pi.",
            partial(policy, own=True),
        ),
    ),
    "probabilities, and what would make the action more probable.",
    ("pi", "the gradient"),
    "A number for each bin, trial and action, (T, B, K), in both.",
)

_LAST = np.array([[0.0], [1.0]])


def _two(of: np.ndarray) -> Any:
    """A change of rewards: two bins, of which one earns."""
    return lambda inputs: {**inputs, "rewards": inputs["rewards"][:2] * of}


RETURNS = compares(
    earnings,
    returns,
    (
        Slip(
            "these are the returns of the past.",
            "An action is credited with what comes after it: begin with the last bin.",
            partial(returns, forward=True),
        ),
        Slip("nothing is discounted.", "G_t = R_t + gamma G_(t+1).", lambda rewards, gamma: returns(rewards, 1.0)),
        Slip(
            "these are the rewards: nothing of what comes later is in them.",
            "G_t = R_t + gamma G_(t+1).",
            lambda rewards, gamma: rewards,
        ),
        Slip(
            "the reward of the bin itself is missing.",
            "The action of bin t earns R_t in the same bin.",
            partial(returns, since=1),
        ),
        Slip(
            "the reward of the bin itself is missing, and what comes later is discounted by a bin too many.",
            "G_t = R_t + gamma G_(t+1).",
            lambda rewards, gamma: returns(rewards, gamma) - rewards,
        ),
        Slip(
            "rewards are discounted from the start of the trial.",
            "The discount counts the bins since t: gamma^(s - t).",
            partial(returns, from_start=True),
        ),
        Slip(
            "all bins have the return of the whole trial.",
            "What was earned before an action is none of its doing.",
            partial(returns, whole=True),
        ),
        Slip(
            "the reward of the bin itself is discounted as well.",
            "gamma^(s - t) is 1 for s = t.",
            lambda rewards, gamma: gamma * returns(rewards, gamma),
        ),
        Slip(
            "R and G_(t+1) are mixed by gamma.",
            "R_t counts whole: G_t = R_t + gamma G_(t+1).",
            lambda rewards, gamma: (1 - gamma) * returns(rewards, gamma),
        ),
    ),
    "so much comes after each action.",
    shape_hint="A return for each bin and trial, (T, B).",
    terms=(
        Term("the reward of the bin itself", _two(1 - _LAST), at=(0,)),
        Term("the return of the bin after", _two(_LAST), weight="gamma", at=(0,)),
    ),
)

ESTIMATE = compares(
    batches,
    estimate,
    (
        Slip(
            "your gradient has the sign of descent: rewards would become rare.",
            "Return the gradient of what is earned; weights climb along it.",
            partial(estimate, sign=-1),
        ),
        Slip("the baseline is missing.", "G_t - b, in every bin.", lambda baseline, **g: estimate(baseline=0.0, **g)),
        Slip(
            "the baseline is added.",
            "An action is worth what it earned beyond the baseline: G_t - b.",
            lambda baseline, **g: estimate(baseline=-baseline, **g),
        ),
        Slip(
            "what is done after the end of a trial counts.",
            "There G is 0, but G - b is not: multiply by alive.",
            partial(estimate, mask=False),
        ),
        Slip(
            "each action is credited with its own reward alone.",
            "Use the returns: it may be rewarded later.",
            partial(estimate, immediate=True),
        ),
        Slip(
            "each action is credited with the return of the whole trial.",
            "Use the return since its own bin.",
            partial(estimate, whole=True),
        ),
        Slip("trials are summed.", "Divide by the number of trials, B.", partial(estimate, over="all")),
        Slip(
            "time is averaged.",
            "A trial is worth the sum over its bins: divide by B alone.",
            partial(estimate, over="bins"),
        ),
        Slip(
            "the sum is divided by the number of bins that are alive.",
            "That number depends on the actions: divide by B, which does not.",
            partial(estimate, over="living bins"),
        ),
        Slip(
            "the probabilities are missing in the gradient of log pi.",
            "1_a - pi: what was done anyway is no news.",
            partial(estimate, expected=False),
        ),
        Slip(
            "only the weights of the action taken change.",
            "Those of the others change by -pi.",
            partial(estimate, own=True),
        ),
        Slip(
            "the gradient is that of pi, not of log pi.",
            "What is probable is sampled often: log pi makes up for that.",
            partial(estimate, power=1),
        ),
        Slip("nothing is discounted.", "The returns need gamma.", lambda gamma, **g: estimate(gamma=1.0, **g)),
    ),
    "that is REINFORCE.",
    shape_hint="A number for each weight, (K, n_in).",
)

ALL_ACTIONS = compares(
    bandits,
    all_actions,
    (
        Slip(
            "all pairs of actions count alike.",
            "Weigh each by its probability, pi(a_1 | x_1) pi(a_2 | x_2[a_1]).",
            partial(all_actions, uniform=True),
        ),
        Slip(
            "the second action is chosen at x_1.",
            "After action a the second step has the input x_2[a].",
            partial(all_actions, blind=True),
        ),
        Slip(
            "R_2 is the wrong way round.",
            "R_2[a_1, a_2]: the first action first.",
            lambda R_2, **bandit: all_actions(R_2=R_2.T, **bandit),
        ),
        Slip(
            "the second action is credited with the reward of the first as well.",
            "The mean does not show it, and is right. The variance does: use the returns.",
            partial(all_actions, whole=True),
        ),
        Slip(
            "the first action is credited with its own reward alone.",
            "It leads to the second step: use the returns, with gamma = 1.",
            partial(all_actions, immediate=True),
        ),
        Slip(
            "the variance is the mean of the squares.",
            "Take off the square of the mean.",
            partial(all_actions, centred=False),
        ),
        Slip(
            "the variance is its root.",
            "A variance is a mean of squares.",
            lambda **bandit: _with({2: np.sqrt(all_actions(**bandit)[2])}, **bandit),
        ),
        Slip(
            "the variance is averaged over the weights.",
            "Add up the variances of all weights.",
            lambda **bandit: _with({2: all_actions(**bandit)[2] / bandit["W"].size}, **bandit),
        ),
        Slip(
            "the variance is that without a baseline.",
            "Take the estimates with the baseline you were given.",
            lambda **bandit: _part(2, bandit, {"baseline": 0.0}),
        ),
        Slip(
            "the best baseline is not the mean reward.",
            "Returns count more where the gradient of log pi is large: E[g_0 S] / E[S S].",
            lambda **bandit: _with({3: all_actions(**bandit)[0]}, **bandit),
        ),
        Slip(
            "the best baseline has the wrong sign.",
            "g = g_0 - b S: the variance is smallest at b = E[g_0 S] / E[S S].",
            lambda **bandit: _with({3: -all_actions(**bandit)[3]}, **bandit),
        ),
        Slip(
            "in the best baseline all pairs of actions count alike.",
            "Both means in it are weighed by the probabilities, too.",
            lambda **bandit: _part(3, bandit, {"uniform": True}),
        ),
    ),
    "the mean is the gradient of J, whatever the baseline; the variance is not.",
    ("J", "the mean", "the variance", "the best baseline"),
    "J, the variance and the best baseline are numbers, the mean has the shape of W.",
)

WORK = Work(
    exercises=(
        Exercise("policy/policy", "the policy and its gradient", 2, "policy", POLICY),
        Exercise("policy/returns", "returns", 1, "returns", RETURNS),
        Exercise(
            "policy/estimate",
            "the estimate of a batch",
            3,
            "estimate",
            ESTIMATE,
            builds_on=("policy/policy", "policy/returns"),
        ),
        Exercise(
            "policy/all", "all actions", 3, "all_actions", ALL_ACTIONS, builds_on=("policy/policy", "policy/estimate")
        ),
        Exercise("policy/synapse", "three factors", 3, "three_factors", THREE_FACTORS),
    ),
    imports=("numpy",),
    hidden=("torch", "functorch", "jax", "autograd", "tensorflow", "cogdyn.agents"),
)
