"""What choices cost, beside the best ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from ....envs.context.inner_task import innermost
from ....envs.errors import ArgumentError
from ....envs.task import Task
from ....envs.typechecked import typechecked
from .trials import columns


@typechecked
def regret(table: Any, task: Task) -> np.ndarray:
    r"""What each choice of a session lost on average, (n_segments,), beside one who knows what everything pays.

    .. math:: \rho_k = \left\langle \max_i \mu_i - \mu_{c_k} \right\rangle

    over sessions, with :math:`\mu_i` the expected reward of response i at the k-th choice and c the choice. Its sum is
    the regret of a session. In the two-step task first choices come with what they lead to, and the presses after
    them lose only where the lever is missed.

    Args:
        table: Sessions of the task, as of :func:`behaviour`.
        task: ``Bandit``, ``ReversalBandit``, ``DawTwoStep`` or ``WisconsinCardSorting``, or a task made of one.

    Raises:
        ArgumentError: If a column is missing, or the task does not say what responses pay.
    """
    inside = innermost(task)
    if not hasattr(inside, "pays"):
        raise ArgumentError(f"{task.name} does not say what each response pays; Bandit is a task that does.")
    trial, choice = columns(table, "trial", "choice")
    mu = inside.pays({name: np.asarray(table[name]) for name in table})  # type: ignore[attr-defined]
    cost = mu.max(axis=1) - mu[np.arange(len(choice)), choice]
    return np.array([cost[trial == k].mean() for k in np.unique(trial)])
