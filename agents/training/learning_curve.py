"""Learning curves: one row for each evaluation, as rows in memory and as a table on disk."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from math import nan
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from ...envs.wording import short_text

METRICS = "metrics.csv"
LARGEST = 2**63
OWN_COLUMNS = ("step", "loss", "score", "gradient_norm")
"""What every row holds; more is watched."""


def watched(measures: Any) -> dict[str, float]:
    """What a watch returned, as plain numbers by name.

    Raises:
        ValueError: If it is no mapping from names to single numbers, or has the name of a column that every run has.
    """
    if not isinstance(measures, Mapping):
        raise ValueError(f"watch returned {measures!r}; it must return numbers by name, such as {{'norm': 1.5}}.")
    for name, value in measures.items():
        if not isinstance(name, str) or name in OWN_COLUMNS:
            raise ValueError(f"watch returned the name {name!r}; allowed: text other than {', '.join(OWN_COLUMNS)}.")
        single = isinstance(value, (Tensor, np.ndarray)) and value.ndim == 0
        if not single and not isinstance(value, (Real, np.bool_)):
            raise ValueError(f"watch returned {name!r}: {value!r}; it must be a single number.")
    return {name: float(getattr(value, "item", lambda value=value: value)()) for name, value in measures.items()}


def written_curve(rows: list[dict[str, float]]) -> bytes:
    """A learning curve as a table (CSV); a column that a row lacks is empty there."""
    text = io.StringIO()
    columns = dict.fromkeys(name for row in rows for name in row)
    writer = csv.DictWriter(text, fieldnames=list(columns) or ["step"], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def check_curve(rows: Any, step: int) -> None:
    """Refuse what is no learning curve of a run up to a step.

    Raises:
        ValueError: If it is no list of rows of numbers by name, with steps from 0 on in rising order, or its last row
            is of another step.
    """
    last = 0
    for row in rows if isinstance(rows, list) else [{}]:
        values = row if isinstance(row, dict) and all(map(_is_number, row.values())) else {}
        now = values.get("step")
        if not {*OWN_COLUMNS} <= values.keys() or not isinstance(now, int) or now < last:
            raise ValueError("its learning curve is no list of rows of numbers, with steps from 0 on in rising order.")
        last = now
    if last != step:
        raise ValueError(f"its learning curve ends at update {last}, and its weights are of update {short_text(step)}.")


def _is_number(value: Any) -> bool:
    return type(value) is float or (type(value) is int and abs(value) < LARGEST)


def read_curve(path: Path, step: int) -> list[dict[str, float]]:
    """The learning curve of a run up to a step, where its table alone has it, as in runs of earlier versions.

    What a spreadsheet makes of such a table is read too: semicolons, decimal commas, steps such as 2.0, cells
    without a column. Where rows were lost, the last is that of the step, without a score.

    Raises:
        ValueError: If a cell is not a number.
    """
    text = path.read_text(encoding="utf-8-sig") if path.is_file() else ""
    separator = ";" if ";" in text.partition("\n")[0] else ","
    if text and "step" not in text.partition("\n")[0]:
        raise ValueError(f"{path} is not a learning curve: its first line names no column 'step'.")
    rows = []
    for number, cells in enumerate(csv.DictReader(io.StringIO(text), delimiter=separator), start=2):
        try:
            row = {name: float(cell.replace(",", ".")) for name, cell in cells.items() if name and cell}
            rows.append(dict.fromkeys(OWN_COLUMNS, nan) | row | {"step": int(row["step"])})
        except (ValueError, KeyError, OverflowError) as error:
            raise ValueError(f"line {number} of {path} is not a row of numbers with a step.") from error
    rows = [row for row in rows if row["step"] <= step]
    if step and (not rows or rows[-1]["step"] < step):
        rows.append({"step": step, "loss": nan, "score": nan, "gradient_norm": nan})
    return rows
