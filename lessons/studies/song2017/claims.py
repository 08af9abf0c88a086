"""What the paper claims, and what the controls have to show: each with its rule, written before a network was trained.

The rules. A network has *learned* a task if it scored 90 % of the ideal observer's score at an evaluation (greedily,
500 trials) within the cap of updates. A claim is judged once all networks that it needs are trained. Updates are
compared by medians, a network that did not learn counting with the cap, and by a two-sided Mann-Whitney test at 5 %,
not corrected; a comparison has to hold in every task of the claim.

- learns: of the networks of each task at least eight in ten learn by reward alone.
- by value: the same in the two decisions by value.
- baseline: without a baseline more updates are needed.
- shuffled: with the rewards of other trials no network learns, in any task.
- supervised: with the right answers fewer updates are needed than with rewards.
- local: with credit that stays at the unit more updates are needed than with full credit, and at least half learn.
- e-prop: by reward e-prop at least half of the networks of each task learn.
- wager: in at least eight in ten networks the sure bet is taken more often in weak than in strong evidence.
- confidence: in at least eight in ten networks judgements are right more often where a sure bet was refused than where
  none was offered.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..learners import p_value, updates_of
from ..study import Row
from ..verdict import Verdict
from .arms import BY_VALUE, SUPERVISED, TASKS

LEVEL = 0.05
MOST, HALF = 0.8, 0.5
FULL = "actor-critic"
ALL = (*TASKS, *BY_VALUE)


def claims(table: Sequence[Row], n_seeds: int) -> list[Verdict]:
    """What became of each claim.

    Args:
        table: The rows of the study.
        n_seeds: Number of networks of each arm and task that it asks for.
    """

    def rows(task: str, arm: str) -> list[Row]:
        return [row for row in table if (row["task"], row["arm"]) == (task, arm)]

    def complete(arms: Sequence[str], tasks: Sequence[str]) -> bool:
        return all(len(rows(task, arm)) >= n_seeds for task in tasks for arm in arms)

    def learned(name: str, says: str, arm: str, tasks: Sequence[str], least: float) -> Verdict:
        cells = {task: [row["solved"] for row in rows(task, arm)] for task in tasks}
        numbers = "; ".join(f"{task} {sum(found)} of {len(found)}" for task, found in cells.items())
        holds = all(found and np.mean(found) >= least for found in cells.values())
        return Verdict(name, says, numbers, bool(holds) if complete([arm], tasks) else None)

    def slower(name: str, says: str, slow: str, fast: str) -> Verdict:
        parts, holds = [], True
        for task in ALL:
            first, second = (updates_of(rows(task, arm)) for arm in (slow, fast))
            if not (first and second):
                continue
            p = p_value(first, second)
            holds = holds and bool(np.median(first) > np.median(second)) and p < LEVEL
            parts.append(f"{task} {np.median(first):.0f} and {np.median(second):.0f}, p = {p:.2g}")
        return Verdict(name, says, "; ".join(parts) or "not trained", holds if complete([slow, fast], ALL) else None)

    def mostly(name: str, says: str, larger: str, smaller: str) -> Verdict:
        found = [row for row in rows("PostDecisionWager", FULL) if None not in (row.get(larger), row.get(smaller))]
        yes = sum(row[larger] > row[smaller] for row in found)
        means = " and ".join(f"{np.mean([row[one] for row in found]):.2f}" for one in (larger, smaller) if found)
        numbers = f"{yes} of {len(found)} networks, means {means or 'of none'}"
        holds = bool(found) and yes >= MOST * n_seeds
        return Verdict(name, says, numbers, holds if complete([FULL], ["PostDecisionWager"]) else None)

    none = learned("shuffled", "with the rewards of other trials no network learns", "shuffled reward", ALL, 0.0)
    if none.holds is not None:
        solved = any(row["solved"] for task in ALL for row in rows(task, "shuffled reward"))
        none = Verdict(none.name, none.says, none.numbers, not solved)
    local = slower("local", "local credit needs more updates, and half of the networks learn", "local credit", FULL)
    half = learned("", "", "local credit", ALL, HALF)
    local = Verdict(local.name, local.says, f"{half.numbers}; {local.numbers}", _both(local.holds, half.holds))
    return [
        learned("learns", "networks learn decisions by reward alone", FULL, TASKS, MOST),
        learned("by value", "so they do decisions by value", FULL, BY_VALUE, MOST),
        slower("baseline", "without a baseline more updates are needed", "no baseline", FULL),
        none,
        slower("supervised", "right answers need fewer updates than rewards", FULL, SUPERVISED),
        local,
        learned("e-prop", "half of the networks learn by reward e-prop", "reward e-prop", ALL, HALF),
        mostly("wager", "the sure bet is taken more often in weak evidence", "bets_weak", "bets_strong"),
        mostly("confidence", "who refuses a bet is right more often", "right_refused", "right_without"),
    ]


def _both(first: bool | None, second: bool | None) -> bool | None:
    return None if first is None or second is None else first and second
