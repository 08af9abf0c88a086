"""Examples of what some checks ask about, for students to look at: the same at home and where they are graded."""

from __future__ import annotations

from typing import Any

import numpy as np

from .reaching_networks import drawn_pair

LOOK = 3
"""Goes before the seed, so that no example is what a check asks about."""


def example(name: str, seed: int = 0) -> dict[str, Any]:
    """Arguments such as the check of an exercise calls an answer with.

    Args:
        name: Name of the exercise; ``"mechanisms/decide"`` is the only one with an example.
        seed: Another seed, another example.

    Raises:
        ValueError: If the exercise has no example.
    """
    if name != "mechanisms/decide":
        raise ValueError(f"there is no example for {name!r}; there is one for 'mechanisms/decide'.")
    return drawn_pair(np.random.default_rng([LOOK, seed]))[0]
