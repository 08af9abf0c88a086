"""Parts of what the trials of a batch show: one period, or all but one group of channels."""

from __future__ import annotations

import numpy as np

from ..responses import Span, during, mean_during
from ..task import Task
from ..trial import TrialBatch

View = list[np.ndarray]
"""What is seen when each response period is answered, (B, k) each."""


class Views:
    """Parts of what the trials of an open-loop task show, as mean inputs and durations of periods.

    Args:
        task: The task.
        batch: Its trials, without noise.
    """

    def __init__(self, task: Task, batch: TrialBatch):
        self._task, self._batch = task, batch
        self._response = batch.windows(task.response_period)
        self._n_answers = len(self._response) if task.kind == "choice" else 1
        # Where the moment counts, the end of the response period would give away when the response was due.
        spans = [item for item in batch.periods.items() if not (task.timed and item[1] is self._response[0])]
        self._means = {name: looks(batch, span) for name, span in spans}
        self._bins = {name: (stop - start)[:, None].astype(float) for name, (start, stop) in spans}

    @property
    def periods(self) -> list[str]:
        """Periods whose inputs or durations differ between trials."""
        return [name for name, mean in self._means.items() if _varies(mean) or _varies(self._bins[name])]

    @property
    def groups(self) -> list[str]:
        """Groups of channels whose inputs differ between trials."""
        columns = self._task.input_groups.items()
        return [name for name, own in columns if any(_varies(mean[:, own]) for mean in self._means.values())]

    def of_response(self) -> View | None:
        """One who sees the response period that is to be answered; None where its inputs change during it."""
        if self._task.timed or any(_changes(self._batch, span) for span in self._response):
            return None
        means = [looks(self._batch, span) for span in self._response]
        return means if self._n_answers > 1 else [np.concatenate(means, axis=1)]

    def of_period(self, period: str) -> list[View]:
        """One who sees one period, without its duration and with it."""
        mean, bins = self._means[period], self._bins[period]
        views = [mean, np.concatenate([mean, bins], axis=1)] if _varies(bins) else [mean]
        return [self._in_time({period: view}) for view in views]

    def without(self, group: str) -> list[View]:
        """One who sees all periods, but not one group of channels, without their durations and with them."""
        columns = self._task.input_groups[group]
        means = {name: np.delete(mean, columns, axis=1) for name, mean in self._means.items()}
        both = {name: np.concatenate([mean, self._bins[name]], axis=1) for name, mean in means.items()}
        return [self._in_time(view) for view in (means, both)]

    def _in_time(self, seen: dict[str, np.ndarray]) -> View:
        """What of it is seen before each response period is over."""
        views = []
        for _, end in self._response[: self._n_answers]:
            past = [values for name, values in seen.items() if (self._batch.periods[name][0] < end).all()]
            joined = np.concatenate([np.zeros((self._batch.batch_size, 0)), *past], axis=1)
            views.append(joined[:, (joined != joined[0]).any(axis=0)])
        return views


def looks(batch: TrialBatch, span: Span) -> np.ndarray:
    """Mean input over a span, (B, n_in), rounded so that it is the same where it looks the same."""
    return mean_during(batch.inputs, span).round(4)


def _changes(batch: TrialBatch, span: Span) -> bool:
    first = batch.inputs[np.minimum(span[0], len(batch.inputs) - 1), np.arange(batch.batch_size)]
    return bool((during(len(batch.inputs), span)[..., None] & (abs(batch.inputs - first) > 1e-4)).any())


def _varies(values: np.ndarray) -> bool:
    return bool((values != values[0]).any())
