"""A task: a distribution over trials, and what counts as a correct answer to them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import final

import numpy as np

from .channels import Channels, lay_out_channels
from .factors import Conditions, Factor
from .names import check_name
from .numbers import whole_number
from .responses import checked_outputs, first_response, mean_during, respond
from .trial import Kind, Policy, Session, TrialBatch
from .typechecked import typechecked

Seed = int | np.random.SeedSequence | np.random.Generator | None
SPLITS = ("train", "test")


class Task(ABC):
    """What environments, training and lessons ask of a task.

    To write one, subclass :class:`PaintedTask`; others, as :class:`Mixture` and :class:`Blocks`, are made of tasks.

    Attributes:
        dt: Bin width (ms).
        family: Part of the field it belongs to.
        source: The paper it comes from, with DOI or link.
        kind: ``"choice"``: a class in each bin. ``"continuous"``: a vector in each bin. ``"probability"``: a
            probability of each class in each bin, outputs being their logarithms up to a constant.
        response_period: Period in which it is answered.
        contrasts: The conditions by which performance and activity are worth comparing.
        timed: Whether the moment of the response matters, not only its class.
        correct_from: Least score of a trial that counts as correct.
    """

    dt: float
    family: str
    source: str
    kind: Kind = "choice"
    response_period: str = "decision"
    contrasts: tuple[str, ...]
    timed: bool = False
    correct_from: float = 1.0

    # What a task says.

    @abstractmethod
    def channels(self) -> Channels:
        """Groups of input channels: 1, a tuple of names, or a ring."""

    @abstractmethod
    def responses(self) -> tuple[str, ...]:
        """A name for every output; of choices, the first is to fixate or to wait."""

    @abstractmethod
    def draw(self, rng: np.random.Generator, n: int) -> Conditions:
        """Draw the conditions of n trials, ``{name: (n,)}``."""

    def factors(self) -> Mapping[str, Factor]:
        """Conditions that are drawn for each trial independently, so that they may be chosen instead."""
        return {}

    def draw_with(self, fixed: Conditions, rng: np.random.Generator, n: int) -> Conditions:
        """Draw the conditions of n trials, except for fixed values (n,) of some :meth:`factors`."""
        return self.draw(rng, n)

    @abstractmethod
    def lay_out(self, conditions: Conditions, rng: np.random.Generator) -> TrialBatch:
        """Paint the trials (or the segment) of given conditions; durations and noise come from rng."""

    @abstractmethod
    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Outputs (T, B, n_out) of the ideal observer, who sees inputs and periods, never conditions or targets."""

    def ideal_policy(self) -> Policy:
        """A policy for one :meth:`sample`: it answers every segment as the ideal observer of the session so far."""
        return self.ideal if self.n_segments == 1 else Session(self.n_segments).policy(self.ideal)

    @property
    def name(self) -> str:
        """Name in the registry."""
        return type(self).__name__

    @cached_property
    def ceiling(self) -> float:
        """Expected score of the ideal observer; below 1 only where noise is irreducible."""
        return 1.0

    @property
    def answers(self) -> np.ndarray:
        """Probability that each class is the correct response, (n_out,); where class 0 is, withholding can be right."""
        p = np.full(self.n_outputs, 1 / (self.n_outputs - 1))
        p[0] = 0
        return p

    @property
    def chance(self) -> float:
        """Expected score of :meth:`guess`."""
        return 1 / np.count_nonzero(self.answers)

    @property
    def n_segments(self) -> int:
        """Number of segments of a session; 1 unless inputs depend on past choices."""
        return 1

    def advance(self, conditions: Conditions, choices: np.ndarray, rng: np.random.Generator) -> Conditions:
        """Conditions of the next segment, given the choices (B,) made in this one; only for closed-loop tasks.

        They hold ``"outcome"`` (B,), the reward in [0, 1] that the choice earned.
        """
        raise NotImplementedError(f"{self.name} is painted in one segment; nothing follows it.")

    # What follows from it.

    @cached_property
    def _groups(self) -> tuple[dict[str, slice], tuple[str, ...]]:
        return lay_out_channels(self.channels())

    @property
    @final
    def input_groups(self) -> dict[str, slice]:
        """Columns of each named group of input channels."""
        return self._groups[0]

    @property
    @final
    def input_names(self) -> tuple[str, ...]:
        """A name for every input channel."""
        return self._groups[1]

    @cached_property
    @final
    def output_names(self) -> tuple[str, ...]:
        """A name for every output."""
        return self.responses()

    @property
    @final
    def n_inputs(self) -> int:
        """Number of input channels."""
        return len(self.input_names)

    @property
    @final
    def n_outputs(self) -> int:
        """Number of outputs; for choices, the number of classes."""
        return len(self.output_names)

    @final
    @typechecked
    def sample(self, batch_size: int, seed: Seed = None, policy: Policy | None = None) -> TrialBatch:
        """Paint a batch of trials; the same seed gives the same bytes, on every machine.

        Args:
            batch_size: Number of trials B.
            seed: Integer, SeedSequence or Generator (which is advanced); None draws fresh entropy.
            policy: Who chooses in a closed-loop task: called with every segment in order, it returns outputs
                (T, B, n_out). Without one, choices are guesses. An open-loop task is one segment.

        Raises:
            ValueError: If batch_size is not a positive integer, or the seed is none of these.
        """
        n = whole_number("batch_size", batch_size, minimum=1)
        rng = np.random.default_rng(seed)
        conditions = self.draw(rng, n)
        session = Session(self.n_segments)
        for number in range(1, self.n_segments + 1):
            segment = self.lay_out(conditions, rng)
            outputs = None if policy is None else policy(segment)
            if self.n_segments == 1:
                return replace(segment, task=self)
            session.add(segment)
            if number < self.n_segments:
                choices = self._guesses(rng, n) if outputs is None else self.choices(outputs, segment)[0]
                conditions = self.advance(conditions, choices, rng)
        return replace(session.joined(), task=self)

    @final
    @typechecked
    def stream(
        self, batch_size: int, seed: int, split: str = "train", start: int = 0, policy: Policy | None = None
    ) -> Iterator[TrialBatch]:
        """Endless batches; those of ``train`` and ``test`` never share a seed, and batch k is always the same.

        Args:
            batch_size: Number of trials B in each batch.
            seed: Seed of the stream.
            split: ``"train"`` or ``"test"``.
            start: Number of the first batch, to continue where another stream stopped.
            policy: Who chooses in a closed-loop task, see :meth:`sample`.

        Raises:
            ValueError: If the split is unknown, or a number makes no sense.
        """
        branch = SPLITS.index(check_name("split", split, SPLITS))
        whole_number("batch_size", batch_size, minimum=1)
        whole_number("start", start, minimum=0)

        def batches() -> Iterator[TrialBatch]:
            number = start
            while True:
                yield self.sample(batch_size, np.random.SeedSequence(seed, spawn_key=(branch, number)), policy)
                number += 1

        return batches()

    @final
    @typechecked
    def choices(self, outputs: np.ndarray, batch: TrialBatch) -> list[np.ndarray]:
        """Class chosen in each response period, (B,) each: the largest mean output over its unmasked bins.

        Where the moment matters (``timed``) it is the class of the first response, 0 where there is none.

        Raises:
            ValueError: If outputs have another shape than (T, B, n_out), or hold NaN or infinity.
        """
        outputs = self.checked(outputs, batch)
        spans = batch.windows(self.response_period)
        if self.timed:
            return [first_response(outputs, span)[0] for span in spans]
        return [mean_during(outputs, span, batch.mask).argmax(axis=-1) for span in spans]

    @final
    @typechecked
    def reaction_times(self, outputs: np.ndarray, batch: TrialBatch) -> list[np.ndarray]:
        """Time from the onset of each response period to the first response in it (ms), (B,) each; NaN for none.

        Raises:
            ValueError: If outputs have another shape than (T, B, n_out), or hold NaN or infinity, or are no choices.
        """
        if self.kind != "choice":
            raise ValueError(f"{self.name} is answered with {self.kind} outputs; only choices have reaction times.")
        outputs, spans = self.checked(outputs, batch), batch.windows(self.response_period)
        found = [(start, *first_response(outputs, (start, stop))) for start, stop in spans]
        return [np.where(choice > 0, (first - start) * batch.dt, np.nan) for start, choice, first in found]

    @typechecked
    def score(self, outputs: np.ndarray, batch: TrialBatch) -> np.ndarray:
        """Correctness of the response alone, (B,) in [0, 1]; fixation earns nothing.

        Raises:
            ValueError: If outputs have another shape than (T, B, n_out), or hold NaN or infinity.
        """
        trials = np.arange(batch.batch_size)
        answers = [batch.targets[stop - 1, trials] for _, stop in batch.windows(self.response_period)]
        return np.mean([c == a for c, a in zip(self.choices(outputs, batch), answers, strict=True)], axis=0)

    @typechecked
    def guess(self, batch: TrialBatch, seed: Seed = None) -> np.ndarray:
        """Outputs (T, B, n_out) of a responder who knows when to respond, but guesses what."""
        rng = np.random.default_rng(seed)
        return self.respond(batch, *(self._guesses(rng, batch.batch_size) for _ in batch.windows(self.response_period)))

    def _guesses(self, rng: np.random.Generator, n: int) -> np.ndarray:
        possible = np.flatnonzero(self.answers)
        return possible[rng.integers(0, len(possible), n)]

    @property
    @final
    def scored_by_class(self) -> bool:
        """Whether classes of responses determine the score: they do where a task leaves :meth:`score` as it is."""
        return self.kind == "choice" and type(self).score is Task.score

    @final
    def checked(self, outputs: np.ndarray, batch: TrialBatch) -> np.ndarray:
        """Outputs as an array (T, B, n_out), or a ValueError that says what is wrong with them."""
        return checked_outputs(outputs, (*batch.mask.shape, self.n_outputs), self.name)

    @final
    @typechecked
    def hold(self, batch: TrialBatch) -> np.ndarray:
        """Outputs (T, B, n_out) of one who only fixates; zeros where outputs are no choices."""
        outputs = np.zeros((*batch.mask.shape, self.n_outputs), np.float32)
        if self.kind == "choice":
            outputs[..., 0] = 1
        return outputs

    @final
    @typechecked
    def respond(self, batch: TrialBatch, *choices: np.ndarray) -> np.ndarray:
        """Outputs (T, B, n_out) of one who fixates, but in each response period makes a choice, (B,)."""
        outputs = self.hold(batch)
        for choice, span in zip(choices, batch.windows(self.response_period), strict=True):
            respond(outputs, choice, span)
        return outputs

    @final
    @typechecked
    def mean_input(self, batch: TrialBatch, group: str, period: str) -> np.ndarray:
        """Mean of a group of channels over a period, (B, k): all that an ideal observer needs of a constant."""
        columns = self.input_groups[check_name("channel", group, self.input_groups)]
        (span,) = batch.windows(period)
        return mean_during(batch.inputs[..., columns], span)
