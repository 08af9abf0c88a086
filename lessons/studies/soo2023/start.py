"""Does a bridge add anything once the readout starts right? And what else does a start in slow modes need?"""

from __future__ import annotations

from collections.abc import Sequence

from ..study import Job, Study
from .arms import COARSE_DT, CRITERION, DT, Cell
from .start_report import MIXTURES, report
from .start_tuning import job_of, rate_of, tuned_rates
from .starts import INPUT, KINDS, START_ARMS, Setting, measure_starts

FINE_DT = 5.0
STEPS = {FINE_DT: 2000, DT: 4000, COARSE_DT: 2000}
"""Largest number of updates, by the bins (ms)."""


def over(delay_ms: float, *names: str, dt: float = COARSE_DT) -> tuple[Cell, ...]:
    """Tasks of the paper with a delay and bins (ms)."""
    return tuple((f"yang19.{name}", delay_ms, dt) for name in names)


MAIN = over(1000.0, "dlygo", "dms", dt=DT)
COARSE = over(1000.0, "dlygo", "dms", "dmc", "ctxdlydm1")
FACTORIAL = (*COARSE, *over(1000.0, "multidlydm"))
OTHERS = over(1000.0, "dnmc", "dlyanti", "multidlydm")
NO_DELAY = over(0.0, "go", "rtgo")
LONG = (*over(500.0, "dlygo"), *over(2000.0, "dlygo", "dms"))
LONGER, LONGEST = over(4000.0, "dlygo", "dms"), over(8000.0, "dlygo", "dms")

AUTHORS = ("base", "SCTT", "DASC", "CD", "gradient skip", "slow mode")
"""The arms that are trained with the authors' costs as well."""
WIDE = ("base", "gain 1, small readout", "CD", "SCTT", "DASC", "gradient skip")
WIDE += ("slow mode", "slow mode + SCTT", "slow mode + DASC", "slow mode + gradient skip")
"""The arms of all tasks: those of the study of bridges."""
FEW = ("base", "gain 1, small readout", "SCTT", "gradient skip", "slow mode")
"""The arms that are trained without the bias in tasks that the study of bridges does not have."""


def with_bias(arm: str) -> Setting:
    """The arm, with a readout that starts at the mean targets."""
    return arm, True, 1.0, "none", "relu"


def without_bias(arm: str) -> Setting:
    """The arm, with readout biases of 0."""
    return arm, False, 1.0, "none", "relu"


PLAIN = without_bias("slow mode")
BIAS = with_bias("slow mode")
ALL_THREE: Setting = ("slow mode", True, INPUT, "rates", "relu")
NO_BIAS: Setting = ("slow mode", False, INPUT, "rates", "relu")
"""A start in slow modes: as it is, with the bias, with bias, input weights and cost of rates, with the latter two."""


def of_kind(setting: Setting, kind: str) -> Setting:
    """The same with another kind of network."""
    return (*setting[:4], kind)


def jobs(quick: bool) -> Sequence[Job]:
    """Ten networks to a job, twenty in the two main tasks: what is needed first, then bridges, then how far it goes.

    What the study of bridges has trained without the bias is not trained again.
    """
    if quick:
        some = [make(arm) for arm in ("base", "DASC", "slow mode") for make in (without_bias, with_bias)]
        return [_job(cell, setting, {}, networks=3, steps=600) for cell in over(500.0, "dlygo") for setting in some]
    rates = tuned_rates()
    plan = dict.fromkeys([*_what_is_needed(), *_bridges(), *_how_far()])
    found = [_job(cell, setting, rates) for cell, setting in plan]
    found += [_job(cell, setting, rates, first_seed=100) for cell, setting in plan if cell in MAIN]
    return [{**job, "criterion": None} if job["task"] == "yang19.rtgo" else job for job in found]


Plan = list[tuple[Cell, Setting]]


def _what_is_needed() -> Plan:
    """All of bias, input weights and costs beside slow modes; the authors' costs for their arms."""
    costs = [(arm, False, 1.0, cost, "relu") for arm in AUTHORS for cost in ("none", "authors")]
    return [(cell, s) for cell in FACTORIAL for s in MIXTURES] + [(cell, s) for cell in COARSE for s in costs]


def _bridges() -> Plan:
    """Bridges on starts whose readout is right: the main tasks, then others in coarse bins."""
    main = [*map(with_bias, START_ARMS), ALL_THREE, NO_BIAS]
    plan = [(cell, setting) for setting in main for cell in MAIN] + [(MAIN[1], without_bias("gaussian"))]
    plan += [(cell, with_bias(arm)) for cell in (*COARSE, *OTHERS, NO_DELAY[0]) for arm in WIDE]
    return plan + [(cell, without_bias(arm)) for cell in OTHERS for arm in FEW]


def _how_far() -> Plan:
    """Tasks without a delay, other kinds of networks, finer bins, longer delays."""
    slow = (BIAS, ALL_THREE, NO_BIAS)
    starts = (PLAIN, BIAS, ALL_THREE, with_bias("gaussian"), with_bias("gain 1, small readout"))
    plan = [(NO_DELAY[1], setting) for setting in starts]
    kinds = [kind for kind in KINDS if kind != "relu"]
    plan += [(cell, of_kind(s, kind)) for kind in kinds for cell in COARSE[:2] for s in (PLAIN, BIAS, ALL_THREE)]
    plan += [(cell, setting) for cell in over(1000.0, "dlygo", "dms", dt=FINE_DT) for setting in (BIAS, ALL_THREE)]
    arms = ("base", "gain 1, small readout", "SCTT", "DASC", "gradient skip", "slow mode + DASC")
    plan += [(cell, setting) for cell in LONG for setting in (*map(with_bias, arms), *slow)]
    some = ("gain 1, small readout", "DASC", "slow mode + DASC")
    plan += [(cell, setting) for cell in LONGER for setting in (*map(with_bias, some), *slow)]
    return plan + [(cell, setting) for cell in LONGEST for setting in (BIAS, ALL_THREE)]


def _job(
    cell: Cell,
    setting: Setting,
    rates: dict[Setting, float],
    first_seed: int = 0,
    networks: int = 10,
    steps: int | None = None,
) -> Job:
    task, delay_ms, dt = cell
    size = {"first_seed": first_seed, "networks": networks, "steps": steps or STEPS[dt]}
    where = {"task": task, "delay_ms": delay_ms, "dt": dt}
    return where | job_of(setting) | size | {"criterion": CRITERION, "lr": rate_of(setting, rates)}


STUDY = Study(
    name="soo2023-start",
    claim="Skip connections through time help a plain rate network, also one whose readout starts at the mean targets.",
    paper="10.1101/2023.10.10.561588",
    jobs=jobs,
    measure=measure_starts,
    report=report,
)
