"""The twenty tasks of Yang et al. 2019, one a row: the answer, the timing, and what else differs."""

from __future__ import annotations

from dataclasses import make_dataclass
from typing import Any, TypeVar, cast

from ...arguments import argument_of
from ...describe import timing_in_words
from ...durations import Duration
from .matching import CategoryMatch, PlaceMatch
from .one_rule import OneRule, TaskRow, Timing
from .pointing import Pointing, PointingOnCommand
from .questions import NOTES, QUESTIONS
from .stronger import Stronger, StrongerSum
from .timings import AT_ONCE, FROM_MEMORY, IN_TURN, MATCH, ON_COMMAND, SOO, TOGETHER, YANG

DESCRIPTION = """{text}

:channels: fixation; modality 1 (ring of 32); modality 2 (ring of 32); rule (go, rtgo, ..., dnmc (20))
:responses: fixate, 0°, ..., 349° (33)
:timing: {timing}
:scoring: the outputs in response; chance {chance} %, ceiling 100 %
"""

_Answer = TypeVar("_Answer", bound=OneRule)


def rule_task(name: str, answer: type[_Answer], timing: Timing, **differences: Any) -> type[_Answer]:
    """The class of a task: the arguments of its answer, and the duration of each of its periods.

    Args:
        name: Name of the class; in small letters, of the rule.
        answer: What is drawn, shown and answered.
        timing: When stimuli are shown.
        **differences: What else :class:`TaskRow` has.
    """
    row = TaskRow(name.lower(), timing, **differences)
    presets = {"yang2019": YANG | dict(timing.yang2019) | dict(answer.presets.get("yang2019", {}))}
    if row.soo2023:
        presets["soo2023"] = SOO | dict(timing.soo2023) | dict(answer.presets.get("soo2023", {}))
    facts = {
        "row": row,
        "rule": row.rule,
        "periods": tuple(timing.durations),
        "essential": tuple(dict.fromkeys((*timing.stimulus_periods, "response"))),
        "informative": timing.stimulus_periods[0],
        "presets": presets,
        "__module__": __name__,
        "__doc__": DESCRIPTION.format(
            text="\n\n".join([QUESTIONS[row.rule], *NOTES.get(row.rule, ())]),
            timing=timing_in_words(timing.durations),
            chance=30 if answer.withholds else 20,
        ),
    }
    durations = [(argument_of(period), Duration, duration) for period, duration in timing.durations.items()]
    made = make_dataclass(name, durations, bases=(answer,), namespace=facts, frozen=True, kw_only=True)
    return cast(type[_Answer], made)


Go = rule_task("Go", PointingOnCommand, ON_COMMAND)
RtGo = rule_task("RtGo", Pointing, AT_ONCE)
DlyGo = rule_task("DlyGo", Pointing, FROM_MEMORY)
Anti = rule_task("Anti", PointingOnCommand, ON_COMMAND, away=True)
RtAnti = rule_task("RtAnti", Pointing, AT_ONCE, away=True)
DlyAnti = rule_task("DlyAnti", Pointing, FROM_MEMORY, away=True)

Dm1 = rule_task("Dm1", Stronger, TOGETHER, counts=(1,))
Dm2 = rule_task("Dm2", Stronger, TOGETHER, counts=(2,), soo2023=False)
CtxDm1 = rule_task("CtxDm1", Stronger, TOGETHER, counts=(1,), distracted=True)
CtxDm2 = rule_task("CtxDm2", Stronger, TOGETHER, counts=(2,), distracted=True, soo2023=False)
MultiDm = rule_task("MultiDm", StrongerSum, TOGETHER)

DlyDm1 = rule_task("DlyDm1", Stronger, IN_TURN, counts=(1,))
DlyDm2 = rule_task("DlyDm2", Stronger, IN_TURN, counts=(2,), soo2023=False)
CtxDlyDm1 = rule_task("CtxDlyDm1", Stronger, IN_TURN, counts=(1,), distracted=True)
CtxDlyDm2 = rule_task("CtxDlyDm2", Stronger, IN_TURN, counts=(2,), distracted=True, soo2023=False)
MultiDlyDm = rule_task("MultiDlyDm", StrongerSum, IN_TURN)

Dms = rule_task("Dms", PlaceMatch, MATCH)
Dnms = rule_task("Dnms", PlaceMatch, MATCH, goes_on_match=False)
Dmc = rule_task("Dmc", CategoryMatch, MATCH)
Dnmc = rule_task("Dnmc", CategoryMatch, MATCH, goes_on_match=False)

ONE_RULE: dict[str, type[OneRule]] = {
    each.rule: each
    for each in (
        *(Go, RtGo, DlyGo, Anti, RtAnti, DlyAnti),
        *(Dm1, Dm2, CtxDm1, CtxDm2, MultiDm, DlyDm1, DlyDm2, CtxDlyDm1, CtxDlyDm2, MultiDlyDm),
        *(Dms, Dnms, Dmc, Dnmc),
    )
}
"""The tasks by rule."""
