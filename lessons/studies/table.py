"""The tidy table of a study: one row for each measurement, in a CSV file that reads back as it was written."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from .study import Row


def tidy(row: Mapping[str, Any]) -> Row:
    """The row with plain Python values; a number of numpy or torch becomes one of Python.

    Raises:
        ValueError: If a value is none that a cell of the table can hold and give back.
    """
    plain = {name: value.item() if hasattr(value, "item") else value for name, value in row.items()}
    for name, value in plain.items():
        if not isinstance(value, str | bool | int | float | None):
            raise ValueError(f"{name} is {value!r}; a cell of the table holds a word, a number, True, False or None.")
        if isinstance(value, str) and (_read(value) != value or len(value.splitlines()) != 1):
            raise ValueError(f"{name} is {value!r}; a word in the table is one line that does not read as a number.")
        if value != value:
            raise ValueError(f"{name} is NaN; where there is no value, a cell of the table holds None.")
    return plain


def write_csv(rows: Sequence[Row]) -> str:
    """The rows, which share their columns, as CSV: numbers and truth values as in JSON, an empty cell for None."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(rows[0] if rows else ())
    writer.writerows([_write(value) for value in row.values()] for row in rows)
    return text.getvalue()


def read_table(path: str | os.PathLike[str]) -> list[Row]:
    """Read the table of a study: a number is a number again, an empty cell is None.

    Args:
        path: The file ``table.csv``.

    Raises:
        ValueError: If it is no such table.
    """
    with Path(path).open(encoding="utf-8", newline="") as file:
        try:
            lines = [line for line in csv.reader(file, strict=True) if line]
        except (csv.Error, UnicodeDecodeError) as error:
            raise ValueError(f"{path} is not the table of a study: {error}.") from error
    if len({*map(len, lines)}) != 1:
        raise ValueError(f"{path} is not the table of a study: its rows differ in length, or it has none.")
    names, *rows = lines
    return [dict(zip(names, map(_read, row), strict=True)) for row in rows]


def finished(table: Iterable[Row]) -> list[Row]:
    """The rows of the runs that did not fail."""
    return [row for row in table if row["failed"] is None]


def text_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """The rows, which share their columns, as aligned text; floats with four significant digits, "-" for None."""
    if not rows:
        return ""
    cells = table_cells(rows)
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    sides = ["<" if any(isinstance(row[name], str) for row in rows) else ">" for name in rows[0]]
    lines = (
        "  ".join(f"{cell:{side}{width}}" for cell, side, width in zip(line, sides, widths, strict=True))
        for line in cells
    )
    return "\n".join(line.rstrip() for line in lines)


def table_cells(rows: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """The names of the columns, and each row in words; at least one row."""
    return [list(rows[0]), *([_show(value) for value in row.values()] for row in rows)]


def _write(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def _read(text: str) -> Any:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text or None
    return value if isinstance(value, bool | int | float) else text


def _show(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return "-" if value is None else str(value)
