"""Does alignment with the exact gradient explain the loss? Their rank correlation over rules, with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from .contrasts import LEAST_NETWORKS, final_losses
from .figures import Cells
from .learners import LEARNERS, SETTINGS

EXPLAINS = -0.8
N_BOOTSTRAP = 2000


@dataclass(frozen=True)
class Correlation:
    """A rank correlation over rules, with its interval of 95 %.

    Attributes:
        value: The correlation of all rules.
        low: Lower end, from rules drawn again with replacement.
        high: Upper end.
    """

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        """The correlation and its interval."""
        return f"{self.value:+.2f} ({self.low:+.2f} to {self.high:+.2f})"


def alignment_correlations(cells: Cells) -> dict[str, Correlation]:
    """Correlation of the medians of alignment and of loss in each setting that has all rules but the readout alone."""
    found = {}
    for setting, learners in cells.items():
        pairs = [
            (float(np.median(cosines)), float(np.median(final_losses(rows))))
            for name, rows in learners.items()
            if LEARNERS[name].of is None and len(rows) >= LEAST_NETWORKS
            for cosines in [[row["alignment"] for row in rows if row["alignment"] is not None]]
            if cosines
        ]
        if len(pairs) == sum(learner.of is None for learner in LEARNERS.values()) - 1:
            found[setting] = rank_correlation([cosine for cosine, _ in pairs], [loss for _, loss in pairs])
    return found


def rank_correlation(
    alignments: Sequence[float], losses: Sequence[float], n: int = N_BOOTSTRAP, seed: int = 0
) -> Correlation:
    """Spearman's correlation, with an interval from n draws of the rules; 0 where one of both has no order.

    Args:
        alignments: Alignment of each rule.
        losses: Its loss.
        n: Number of draws.
        seed: Seed of the draws.
    """
    drawn = np.random.default_rng(seed).integers(len(alignments), size=(n, len(alignments)))
    chosen = np.concatenate([np.arange(len(alignments))[None], drawn])
    a, b = (rankdata(np.asarray(values)[chosen], axis=1) for values in (alignments, losses))
    a, b = a - a.mean(1, keepdims=True), b - b.mean(1, keepdims=True)
    norms = np.sqrt((a**2).sum(1) * (b**2).sum(1))
    value, *others = np.divide((a * b).sum(1), norms, out=np.zeros(n + 1), where=norms > 0)
    low, high = np.percentile(others, (2.5, 97.5))
    return Correlation(float(value), float(low), float(high))


def alignment_does_not_explain(cells: Cells) -> tuple[str, bool | None]:
    """Whether the order of the rules by alignment is not, in every setting, that of their losses."""
    found = alignment_correlations(cells)
    words = "rank correlation of alignment and loss (95 % over rules): "
    words += ", ".join(f"{setting} {correlation}" for setting, correlation in found.items())
    return words, None if set(found) != set(SETTINGS) else any(one.value > EXPLAINS for one in found.values())
