"""Examples of what some checks ask about, for students to look at: the same at home and where they are graded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .multitask_networks import drawn_case
from .reaching_networks import drawn_pair

LOOK = 3
"""Goes before the seed, so that no example is what a check asks about."""
EXAMPLES: dict[str, Callable[[np.random.Generator], dict[str, Any]]] = {
    "mechanisms/decide": lambda rng: drawn_pair(rng)[0],
    "clusters/lesions": drawn_case,
}
"""What draws an example, by the name of the exercise."""


def example(name: str, seed: int = 0) -> dict[str, Any]:
    """Arguments such as the check of an exercise calls an answer with.

    Args:
        name: Name of the exercise, one of :data:`EXAMPLES`.
        seed: Another seed, another example.

    Raises:
        ValueError: If the exercise has no example.
    """
    if name not in EXAMPLES:
        raise ValueError(f"there is no example for {name!r}; there is one for {' and '.join(map(repr, EXAMPLES))}.")
    return EXAMPLES[name](np.random.default_rng([LOOK, seed]))
