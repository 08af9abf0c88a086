"""Do networks that make the same reach make it in the same way, and what tells them apart?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np

from ..study import Job, Report, Row, Study
from ..table import text_table
from .figures import figures
from .measures import measure
from .networks import ACTIVATIONS, NOISES, RATE_PENALTIES, TARGETS, setting
from .perturbations import KINDS, LEVELS, PERIODS, SWITCHES_MS, error_name
from .predicates import FACTORS, settings_of, verdicts

CLAIMS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "A": (
        "Networks with the motifs of single neurons may still miss those of the population.",
        {
            "task R²": "task_r2",
            "active": "active_fraction",
            "multiphasic": "multiphasic_fraction",
            "tuning corr.": "tuning_correlation",
            "rotation R², 150 ms": "r2_skew_150",
            "250 ms": "r2_skew_250",
            "best linear": "r2_best_250",
            "95 % shuffle": "null_shuffle_250",
            "95 % CMPT": "null_cmpt_250",
            "95 % TME": "null_tme_250",
            "Q90": "q90_neural",
            "Q90 hand": "q90_output",
            "alignment": "alignment_2",
            "chance": "alignment_null_2",
        },
    ),
    "B": (
        "Networks with both can use different mechanisms. (Zeroing the target is how extinguished networks were\n"
        "trained: their autonomy is by construction, and not a finding.) Fixed points after go, with the input of one\n"
        "target; leading: of the one most searches came to, the mode that decays last or grows fastest.",
        {
            "rotation R²": "r2_skew_250",
            "Q90": "q90_neural",
            "alignment": "alignment_2",
            "dims": "pr_movement",
            "autonomy": "autonomy_zeroed",
            "swapped": "autonomy_swapped",
            "searches arrived": "arrived",
            "fixed points": "fixed_points",
            "stable": "stable_points",
            "leading 1/s": "leading_rate",
            "Hz": "leading_hz",
        },
    ),
    "C": (
        "The mechanism proposed before is more robust to noise in the input. Endpoint error over distance; noise on\n"
        "the target's channels (on all for the whole trial), its SD that of a bin of 10 ms: the sign depends on these.",
        {"none": "endpoint_error"}
        | {error_name(*cell): error_name(*cell) for cell in product(KINDS, PERIODS, LEVELS)}
        | {error_name("white", "whole trial", sd): error_name("white", "whole trial", sd) for sd in LEVELS},
    ),
    "D": (
        "Such dynamics generalise to a switched target and to new ones. R² about zero, for the new target; the first\n"
        "one is shown on the other side for so many ms, with go at 400.",
        {f"switch {ms}": f"switch_{ms}" for ms in SWITCHES_MS}
        | {"new angle": "novel_angle", "new radius": "novel_radius"},
    ),
}
"""What is claimed, and the measures that speak to it, by the headings of their columns."""


def jobs(quick: bool) -> Sequence[Job]:
    """Five networks in every setting; a target shown by a channel of its own where the other contrasts meet."""
    if quick:
        return [
            setting(activation, 1e-2, target, NOISES[0], updates=150, networks=2, surrogates=20)
            for activation, target in product(("tanh", "relu"), TARGETS)
        ]
    # First what the engineered contrast needs, so that a study that is stopped early has looked at it.
    order = sorted(product(NOISES, RATE_PENALTIES, TARGETS, ACTIVATIONS), key=lambda s: (s[1] != 1e-2, s[0]))
    found = [setting(activation, penalty, target, noise) for noise, penalty, target, activation in order]
    return found + [setting(activation, 1e-2, "held", NOISES[0], code="one_hot") for activation in ACTIVATIONS]


def report(table: list[Row]) -> Report:
    """The predicates, and for each claim a table with means and spread over networks, and a figure."""
    text = ["Inspired by Kao 2019, not a replication of it: none of its numbers or settings was known to us.\n"]
    text += [str(verdict) for verdict in verdicts(table)]
    if not table:
        return Report("\n".join(text))
    for claim, (says, _) in CLAIMS.items():
        rows = claim_table(table, claim)
        text += [f"\nClaim {claim}. {says}\nMean over networks, ± standard deviation.\n\n{text_table(rows)}"]
    return Report("\n".join(text), figures(table))


def claim_table(rows: list[Row], claim: str, factors: Sequence[str] = FACTORS) -> list[Row]:
    """The measures that speak to a claim: mean and standard deviation over the networks that share their factors.

    Args:
        rows: Rows of the study, one for each network.
        claim: A, B, C or D.
        factors: What a line is made of; by default a setting, in which networks differ in their seed alone.
    """
    columns = CLAIMS[claim][1]
    found = []
    for levels, mine in settings_of(rows, factors).items():
        words = (level.replace("_", " ") if isinstance(level, str) else level for level in levels)
        line: Row = dict(zip((name.replace("_", " ") for name in factors), words, strict=True))
        found.append(line | {"networks": len(mine)} | {name: _told(mine, column) for name, column in columns.items()})
    return found


def _told(rows: list[Row], column: str) -> str | None:
    """Mean and standard deviation with as many decimals as three digits of the mean take, three at most."""
    values = [row[column] for row in rows if row[column] is not None]
    if not values:
        return None
    mean = float(np.mean(values))
    decimals = 3 if abs(mean) < 1 else max(0, 2 - int(np.log10(abs(mean))))
    spread = f" ± {np.std(values, ddof=1):.{decimals}f}" if len(values) > 1 else ""
    return f"{mean:.{decimals}f}{spread}"


STUDY = Study(
    name="kao2019",
    claim="Networks that make the same reach can do so by different mechanisms, which rotations may not tell apart.",
    paper="10.1152/jn.00467.2018",
    jobs=jobs,
    measure=measure,
    report=report,
)
