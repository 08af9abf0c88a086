"""What the table of the study says to claims of local plasticity, by rules that were written down before the outcome.

They were written after the tuning, on other networks, and before the study.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..study import Row
from ..verdict import Verdict
from .alignment_claim import EXPLAINS, alignment_does_not_explain
from .contrasts import LearnerContrast, contrasts
from .figures import Cells, by_cell
from .learners import SETTINGS

CLOSE = 0.005
FEEDBACK_PART = 0.25

Finding = tuple[str, bool | None]


def lower_everywhere(learner: str, other: str) -> Callable[[Cells], Finding]:
    """Whether a learner's loss is lower than another's in every setting."""

    def rule(cells: Cells) -> Finding:
        found = contrasts(cells, learner, other)
        return _told(found), _judged(found, all(one.sign < 0 for one in found))

    return rule


def nowhere_higher(learner: str, others: Sequence[str]) -> Callable[[Cells], Finding]:
    """Whether a learner's loss is nowhere higher than that of others, which each lack one of its approximations."""

    def rule(cells: Cells) -> Finding:
        told, holds = [], []
        for other in others:
            found = contrasts(cells, learner, other)
            higher = [one.setting for one in found if one.sign > 0]
            told.append(f"{other}: {', '.join(higher) if higher else 'nowhere'} ({len(found)} settings)")
            holds.append(_judged(found, not higher))
        return "its loss is higher than that of " + "; ".join(told), None if None in holds else all(holds)

    return rule


def close_everywhere(learner: str, other: str) -> Callable[[Cells], Finding]:
    """Whether the medians of two learners are close in every setting."""

    def rule(cells: Cells) -> Finding:
        found = contrasts(cells, learner, other)
        return _told(found), _judged(found, all(abs(one.one - one.other) <= CLOSE for one in found))

    return rule


def locality_costs_more_than_feedback(cells: Cells) -> Finding:
    """Whether random feedback costs RFLO a small part of what locality costs it, in every setting."""
    random = contrasts(cells, "RFLO, random feedback", "RFLO")
    local = {found.setting: found.one - found.other for found in contrasts(cells, "RFLO", "BPTT")}
    both = [(found, local[found.setting]) for found in random if found.setting in local]
    told = [f"{found.setting}: {found.one - found.other:+.4f} of {locality:+.4f}" for found, locality in both]
    holds = [found.one - found.other <= FEEDBACK_PART * max(0.0, locality) for found, locality in both]
    words = "cost of random feedback, of locality: " + ("; ".join(told) or "too few networks")
    return words, _judged([found for found, _ in both], all(holds))


def _told(found: Sequence[LearnerContrast]) -> str:
    return "; ".join(map(str, found)) or "too few networks"


def _judged(found: Sequence[LearnerContrast], holds: bool) -> bool | None:
    return holds if len(found) == len(SETTINGS) else None


APPROXIMATIONS = tuple(f"compartments, {name}" for name in ("symmetric feedback", "exact J", "identity"))

CLAIMS: tuple[tuple[str, str, Callable[[Cells], Finding]], ...] = (
    (
        "Phases teach",
        "compartments end lower than the readout alone, in every setting",
        lower_everywhere("compartments", "readout only"),
    ),
    (
        "Carried credit",
        "compartments end lower than with nothing carried (J = 0), in every setting",
        lower_everywhere("compartments", "compartments, J = 0"),
    ),
    (
        "Learned J",
        "compartments end lower than with a J that stays as it began, in every setting",
        lower_everywhere("compartments", "compartments, J frozen"),
    ),
    (
        "Approximations",
        "random feedback, a learned J and tanh cost nothing, in any setting",
        nowhere_higher("compartments", APPROXIMATIONS),
    ),
    (
        "Mirrors",
        f"mirrored and shared transport end within {CLOSE} of each other, in every setting",
        close_everywhere("compartments", "compartments, shared transport"),
    ),
    (
        "Phases apart",
        "with phases that alternate, compartments still end lower than the readout alone, in every setting",
        lower_everywhere("compartments, alternating", "readout only"),
    ),
    (
        "Alignment",
        f"alignment does not explain the loss: not in every setting is its rank correlation with it {EXPLAINS} or less",
        alignment_does_not_explain,
    ),
    (
        "Locality",
        f"random feedback costs RFLO {FEEDBACK_PART:.0%} of what locality costs it, or less, in every setting",
        locality_costs_more_than_feedback,
    ),
)


def claims(rows: Sequence[Row]) -> list[Verdict]:
    """Each claim as we read it, with its numbers; none is judged until all settings are there, with enough networks."""
    cells = by_cell(rows)
    return [Verdict(name, says, *rule(cells)) for name, says, rule in CLAIMS]
