"""Infos of many environments at once, in the form of Gymnasium."""

from __future__ import annotations

from typing import Any

import numpy as np

Info = dict[str, Any]


def pick(entries: Info, which: np.ndarray | slice) -> Info:
    """Entries of all arrays, also of those in nested dictionaries."""
    return {name: pick(v, which) if isinstance(v, dict) else v[which] for name, v in entries.items()}


def spread(entries: Info, where: np.ndarray | slice, n: int, has_entry: np.ndarray | None = None) -> Info:
    """Infos as Gymnasium has them: arrays (n, ...), and under ``_name`` which environments have an entry.

    Args:
        entries: Arrays with an entry for each of some environments, also in nested dictionaries.
        where: Which environments these are; the others get zeros.
        n: Number of environments.
        has_entry: Which have an entry, (n,) bool; those in ``where`` unless given.
    """
    if has_entry is None:
        has_entry = np.zeros(n, bool)
        has_entry[where] = True
    everywhere = isinstance(where, slice) and where == slice(None)
    infos: Info = {}
    for name, values in entries.items():
        if isinstance(values, dict):
            infos[name] = spread(values, where, n, has_entry)
        elif everywhere:
            infos[name] = values.copy()
        else:
            infos[name] = np.zeros((n, *values.shape[1:]), values.dtype)
            infos[name][where] = values
        infos[f"_{name}"] = has_entry
    return infos
