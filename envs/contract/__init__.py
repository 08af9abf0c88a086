"""The contract that every task keeps, as checks that say how to mend what they find broken."""

from __future__ import annotations

from collections.abc import Callable

from ..errors import ArgumentError
from ..task import Task
from ..wording import short_text
from .clients import check_continuation, check_infos
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
from .requirement import message_of, require_all
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
    check_continuation,
    check_infos,
)


def check_task(task: Task) -> None:
    """Check that a task keeps every promise of cogdyn's own tasks, as Gymnasium's ``check_env`` does for environments.

    Bytes, shapes, periods and mask, seeds and streams, the size of the noise, distributions as declared, no answer
    that leaks, the ideal observer and the guesser, and both environments bin by bin, also as copies.

    Args:
        task: A task, made already.

    Raises:
        ContractError: If promises are broken; it names all of them, and what may mend them.
        ArgumentError: If it is no task.
    """
    if not isinstance(task, Task):
        hint = ", as in check_task(MyTask())" if isinstance(task, type) and issubclass(task, Task) else ""
        raise ArgumentError(f"check_task needs a task, not {short_text(task)}{hint}.")
    try:
        task.ideal(task.sample(8, seed=0))
    except Exception as error:  # whatever a task of one's own may raise is something to report
        raise ContractError(
            f"{task.name} cannot be checked, since painting and answering a batch fails:\n{message_of(error)}"
        ) from error
    require_all(task.name, [(check, (task,)) for check in CHECKS])
