"""Named groups of input channels."""

from collections.abc import Mapping

import numpy as np

from .ring import Ring

Channels = Mapping[str, int | tuple[str, ...] | Ring]
"""Groups of channels: a number of them, a tuple of names, or a ring."""


def lay_out_channels(channels: Channels) -> tuple[dict[str, slice], tuple[str, ...]]:
    """Columns of each group, and a name for every channel, in the order in which the groups are given."""
    groups: dict[str, slice] = {}
    names: list[str] = []
    for group, kind in channels.items():
        if isinstance(kind, Ring):
            labels = [f"{group} {np.degrees(angle):.0f}°" for angle in kind.preferred]
        elif isinstance(kind, tuple):
            labels = [f"{group} {label}" for label in kind]
        else:
            labels = [group] if kind == 1 else [f"{group} {i}" for i in range(kind)]
        groups[group] = slice(len(names), len(names) + len(labels))
        names += labels
    return groups, tuple(names)
