"""Tables of trials: their columns, and rows by a condition."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from ....envs.errors import ArgumentError
from ....envs.gym.trial_table import Table
from ....envs.names import unknown_name
from ....envs.wording import short_text


def columns(table: Any, *names: str, **arguments: str) -> list[np.ndarray]:
    """Columns of a table, a mapping of arrays or a DataFrame, as arrays of one length.

    Args:
        table: The table.
        *names: Names of columns that it must have.
        **arguments: Names of further columns, by the arguments that ask for them.

    Raises:
        ArgumentError: If it is no table, has no row, or lacks a column.
    """
    if not isinstance(table, Mapping) and not (hasattr(table, "columns") and hasattr(table, "__getitem__")):
        raise ArgumentError(f"table is {short_text(table)}; allowed: trials as of behaviour(), or a mapping of arrays.")
    known = [str(name) for name in table]
    for name in names:
        if name not in known:
            raise unknown_name("column of a table", name, known)
    for argument, name in arguments.items():
        if name not in known:
            raise unknown_name(argument, name, known)
    names = (*names, *arguments.values())
    found = [np.asarray(table[name]) for name in names]
    lengths = {column.shape for column in found}
    if len(lengths) != 1 or found[0].ndim != 1 or len(found[0]) == 0:
        raise ArgumentError(f"columns {', '.join(names)} need one length of at least 1; given: {sorted(lengths)}.")
    return found


def rows_by(table: Any, by: str) -> Iterator[tuple[Any, Table]]:
    """The rows with each value of a column, in order of the values."""
    (values,) = columns(table, by=by)
    arrays = {key: np.asarray(table[key]) for key in table}
    for value in np.unique(values[values == values]):
        yield value.item(), {key: array[values == value] for key, array in arrays.items()}
