"""The contract that every task keeps, as checks that say how to mend what they find broken."""

from __future__ import annotations

from collections.abc import Callable
from inspect import getdoc
from textwrap import fill

from ..errors import ArgumentError
from ..shown import shown
from ..task import Task
from .distributions import check_answers, check_durations, check_factors, check_leak
from .environments import check_autoreset, check_copies, check_gymnasium, check_replay, check_rollouts
from .observers import (
    check_guess,
    check_hold,
    check_ideal,
    check_ideal_sees_inputs_only,
    check_ideal_without_noise,
    check_score,
)
from .requirement import ContractError as ContractError
from .trials import check_arrays, check_mask, check_names, check_noise, check_periods, check_seeds, check_streams

CHECKS: tuple[Callable[[Task], None], ...] = (
    check_names,
    check_arrays,
    check_periods,
    check_mask,
    check_seeds,
    check_streams,
    check_noise,
    check_factors,
    check_durations,
    check_answers,
    check_leak,
    check_score,
    check_ideal,
    check_ideal_without_noise,
    check_ideal_sees_inputs_only,
    check_guess,
    check_hold,
    check_gymnasium,
    check_rollouts,
    check_copies,
    check_replay,
    check_autoreset,
)


def check_task(task: Task) -> None:
    """Check that a task keeps every promise of cogdyn's own tasks, as Gymnasium's ``check_env`` does for environments.

    Bytes, shapes, periods and mask, seeds and streams, the size of the noise, distributions as declared, no answer
    that leaks, the ideal observer and the guesser, and both environments bin by bin.

    Args:
        task: A task, made already.

    Raises:
        ContractError: If promises are broken; it names all of them, and what may mend them.
        TypeError: If it is no task.
    """
    if not isinstance(task, Task):
        hint = ", as in check_task(MyTask())" if isinstance(task, type) and issubclass(task, Task) else ""
        raise ArgumentError(f"check_task needs a task, not {shown(task)}{hint}.")
    broken = []
    for check in CHECKS:
        try:
            check(task)
        except Exception as error:  # whatever a task of one's own may raise is something to report
            promise = (getdoc(check) or "").split("\n")[0].replace("``", "")
            what = str(error) if isinstance(error, ContractError) else f"{type(error).__name__}: {error}"
            broken.append(f"- {promise}\n{fill(what, 96, initial_indent='  ', subsequent_indent='  ')}")
    if broken:
        raise ContractError(f"{task.name} breaks {len(broken)} of {len(CHECKS)} promises:\n" + "\n".join(broken))
