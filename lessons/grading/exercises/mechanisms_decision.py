"""Judging a decision between two mechanisms: it must be right in every pair, and its evidence must hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..inside.reaching_networks import DRIVEN, PREPARED, drawn_pair, run
from ..judging import Ask, Inputs, Judgement, Slip, Unanswered, difference, kind_of, value_of
from .mechanisms_reference import WORST, autonomy, evidence, rotation_r2, tangling

Evidence = dict[str, tuple[float, float]]
"""What each analysis says, of the first network and of the second."""
PAIRS = 10
"""Pairs to decide: all of them. Who has the evidence and guesses is right once in 1,000 times."""
CLEAR = 0.4
"""By how much the prepared network of a pair is more autonomous, at least."""
ORDERS = f'Return ("{PREPARED}", "{DRIVEN}") or ("{DRIVEN}", "{PREPARED}"): of the first network, of the second.'


def of_both(measure: Callable[..., Any]) -> Callable[..., np.ndarray]:
    """A measure of a network and its task, as one of both networks of a pair."""
    return lambda first, second, **task: np.array([measure(network, **task) for network in (first, second)])


def of_rates(measure: Callable[[np.ndarray], Any], since: str = "onset") -> Callable[..., np.ndarray]:
    """A measure of rates as one of both networks of a pair, in the bins since onset, go or the start."""
    return of_both(lambda network, inputs, **task: measure(run(network, inputs)[0][task.get(since, 0) :]))


def tangled(pick: Callable[[np.ndarray], Any], since: str = "onset") -> Callable[..., np.ndarray]:
    """A number picked from the tangling of both networks of a pair."""
    return of_rates(lambda rates: pick(tangling(rates, 10)), since)


WINDOW = "The analyses look at rates[onset:], the movement and what follows."
SLIPS = {
    "autonomy": (
        Slip(
            "the autonomy is how well each network does the task.",
            "Take the target away: autonomy of exercise 1.",
            of_both(lambda network, inputs, targets, **task: autonomy(network, inputs, targets, 10**6)),
        ),
        Slip(
            "the autonomy is taken from onset on.",
            "The target goes at go.",
            of_both(lambda network, inputs, targets, onset, **task: autonomy(network, inputs, targets, onset)),
        ),
        Slip(
            "the autonomies are exchanged.",
            "The first network comes first, whatever its mechanism.",
            lambda **pair: np.array(evidence(**pair)["autonomy"][::-1]),
        ),
    ),
    "rotations": (
        Slip("the rotations are of the whole trial.", WINDOW, of_rates(rotation_r2, "start")),
        Slip("the rotations are taken since go.", WINDOW, of_rates(rotation_r2, "go")),
        Slip(
            "the rotations are exchanged.",
            "The first network comes first, whatever its mechanism.",
            lambda **pair: np.array(evidence(**pair)["rotations"][::-1]),
        ),
    ),
    "tangling": (
        Slip("the tangling is the largest.", "np.quantile(Q, 0.9) is asked for.", tangled(np.max)),
        Slip("the tangling is the mean.", "np.quantile(Q, 0.9) is asked for.", tangled(np.mean)),
        Slip("the tangling is of the whole trial.", WINDOW, tangled(lambda q: np.quantile(q, WORST), "start")),
        Slip("the tangling is taken since go.", WINDOW, tangled(lambda q: np.quantile(q, WORST), "go")),
    ),
}
"""Plausible wrong evidence, by its name."""


def judge_decision(ask: Ask, rng: np.random.Generator) -> Judgement:
    """Whether mechanisms are distinguished in all pairs, and the evidence is what the analyses give."""
    pairs, orders, facts = _telling_pairs(rng)
    answers = [value_of(ask(**pair)) for pair in pairs]
    decisions = [_decision(answer) for answer in answers]
    right = _agreeing(decisions, orders)
    if (judgement := _wrong_evidence(pairs, answers, facts)) is not None:
        so_far = f"the decision is right in {'all pairs' if right == PAIRS else f'{right} of {PAIRS} pairs'}, but "
        return Judgement(False, so_far + judgement.reason, judgement.hint, judgement.seen, judgement.expected)
    return _verdict(decisions, orders, facts, right)


def _telling_pairs(rng: np.random.Generator) -> tuple[list[Inputs], list[tuple[str, str]], list[Evidence]]:
    """Pairs, mechanisms and evidence, such that whoever goes by something else is not right, and is recognised."""
    while True:
        drawn = [_clear_pair(rng) for _ in range(PAIRS)]
        pairs = [pair for pair, _, _ in drawn]
        orders = [order for _, order, _ in drawn]
        facts = [fact for _, _, fact in drawn]
        rules = [orders, _by(facts, "rotations"), _by(facts, "tangling"), [(PREPARED, DRIVEN)] * PAIRS]
        if all(0 < _agreeing(one, other) < PAIRS for k, one in enumerate(rules) for other in rules[:k]):
            return pairs, orders, facts


def _clear_pair(rng: np.random.Generator) -> tuple[Inputs, tuple[str, str], Evidence]:
    """A pair, its mechanisms and its evidence; once in 2,000 times the prepared network is the less autonomous one."""
    while True:
        pair, order = drawn_pair(rng)
        facts = evidence(**pair)
        autonomous = dict(zip(order, facts["autonomy"], strict=True))
        if autonomous[PREPARED] - autonomous[DRIVEN] > CLEAR:
            return pair, order, facts


def _agreeing(decisions: Sequence[tuple[str, str]], orders: Sequence[tuple[str, str]]) -> int:
    return sum(one == order for one, order in zip(decisions, orders, strict=True))


def _by(facts: Sequence[Evidence], name: str) -> list[tuple[str, str]]:
    """What somebody says who takes the network with the larger number for the prepared one."""
    return [(PREPARED, DRIVEN) if fact[name][0] > fact[name][1] else (DRIVEN, PREPARED) for fact in facts]


def _decision(answer: Any) -> tuple[str, str]:
    """The mechanisms that an answer names.

    Raises:
        Unanswered: If it names none.
    """
    names = ("mechanisms", *SLIPS)
    if not isinstance(answer, dict):
        wanted = f"Return one with {', '.join(names)}."
        raise Unanswered(Judgement(False, f"the result is no dictionary but {kind_of(answer)}.", wanted))
    if missing := [name for name in names if name not in answer]:
        raise Unanswered(Judgement(False, f"the result has no entry {missing[0]!r}.", f"Return {', '.join(names)}."))
    decisions = answer["mechanisms"]
    for order in ((PREPARED, DRIVEN), (DRIVEN, PREPARED)):
        if isinstance(decisions, list | tuple) and tuple(decisions) == order:
            return order
    raise Unanswered(
        Judgement(False, "mechanisms are not one of each.", ORDERS, str(decisions)[:80], f"{PREPARED}, {DRIVEN}")
    )


def _wrong_evidence(
    pairs: Sequence[Inputs], answers: Sequence[dict[str, Any]], facts: Sequence[Evidence]
) -> Judgement | None:
    for name in facts[0]:
        values = [answer[name] for answer in answers]
        for one, fact in zip(values, facts, strict=True):
            judgement = difference({name: one}, {name: np.array(fact[name])})
            if judgement is None:
                continue
            for slip in SLIPS[name]:
                if all(difference(g, np.array(slip.wrong(**p))) is None for g, p in zip(values, pairs, strict=True)):
                    return Judgement(False, slip.reason, slip.hint, judgement.seen, judgement.expected)
            hint = "A pair of numbers: of the first network, of the second, with your functions above."
            return Judgement(False, judgement.reason, hint, judgement.seen, judgement.expected)
    return None


def _verdict(
    decisions: Sequence[tuple[str, str]],
    orders: Sequence[tuple[str, str]],
    facts: Sequence[Evidence],
    right: int,
) -> Judgement:
    """The evidence is right; is the decision?"""
    if right == PAIRS:
        return Judgement(True, f"right in all of {PAIRS} pairs, and the evidence holds.")
    if right == 0:
        hint = "The prepared network needs no target after go: its autonomy is near 1."
        return Judgement(False, "you have the mechanisms the wrong way round, in all pairs.", hint)
    for name in ("rotations", "tangling"):
        for larger in (_by(facts, name), [one[::-1] for one in _by(facts, name)]):
            if list(decisions) == larger:
                hint = "It has one distribution in both kinds of networks, here. Which of your numbers does not?"
                return Judgement(False, f"you decide by the {name}: {right} of {PAIRS} pairs are right.", hint)
    if len(set(decisions)) == 1:
        hint = "The order changes from pair to pair: compare the evidence."
        return Judgement(False, f"you say the same of every pair: {right} of {PAIRS} are right.", hint)
    hint = "Which of the numbers asks what the mechanism is about: whether the input is needed after go?"
    return Judgement(False, f"the decision is right in {right} of {PAIRS} pairs only.", hint)
