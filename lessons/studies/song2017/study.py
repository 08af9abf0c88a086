"""Do networks learn decisions from reward alone, and is it the reward that teaches them?"""

from __future__ import annotations

from collections.abc import Sequence

from ..learners import learners
from ..study import Job, Report, Row, Study
from ..table import text_table
from .arms import ARMS, BY_VALUE, TASKS, measure
from .claims import claims

N_SEEDS, STEPS = 10, 3000


def jobs(quick: bool) -> Sequence[Job]:
    """Ten networks of each arm on each task; the quick version has two of three arms on the first."""
    if quick:
        some = ("actor-critic", "shuffled reward", "supervised")
        return [_job(TASKS[0], arm, seed, 400) for arm in some for seed in range(2)]
    return [_job(task, arm, seed, STEPS) for seed in range(N_SEEDS) for task in (*TASKS, *BY_VALUE) for arm in ARMS]


def _job(task: str, arm: str, seed: int, steps: int) -> Job:
    return {"task": task, "arm": arm, "seed": seed, "steps": steps}


def report(table: list[Row]) -> Report:
    """How many networks learned, and how fast, by task and arm; then the claims."""
    cells: dict[tuple[str, str], list[Row]] = {}
    for row in table:
        cells.setdefault((row["task"], row["arm"]), []).append(row)
    rows = [{"task": task, "arm": arm} | learners(found) for (task, arm), found in cells.items()]
    text = (
        "Networks that scored 90 % of the ideal observer's score, and updates of 64 trials until then (median and\n"
        "range, those that never did counted with the cap).\n\n"
    )
    ways = "\n".join(f"{name}: {arm.says}" for name, arm in ARMS.items())
    verdicts = "\n".join(map(str, claims(table, N_SEEDS)))
    return Report(f"{text}{text_table(rows)}\n\n{ways}\n\n{verdicts}")


STUDY = Study(
    name="song2017",
    claim="Networks learn decisions, perceptual and by value, from reward alone, by an actor and a critic.",
    paper="10.7554/eLife.21492",
    jobs=jobs,
    measure=measure,
    report=report,
)
