"""A task: a distribution over trials that paints a whole batch at once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import sqrt
from typing import ClassVar, Literal, final

import numpy as np

from .arguments import check_durations, normalise
from .canvas import Canvas
from .channels import Channels, lay_out_channels
from .durations import Duration, draw_bins, in_bins
from .names import check_name
from .numbers import standard_deviation, whole_number
from .responses import checked_outputs, mean_during, respond
from .trial import TrialBatch, join_segments, occurring

Conditions = dict[str, np.ndarray]
Seed = int | np.random.SeedSequence | np.random.Generator | None
Policy = Callable[[TrialBatch], np.ndarray]
"""Answers a painted segment (T, B, n_in) with outputs (T, B, n_out)."""

SPLITS = ("train", "test")


@dataclass(frozen=True, kw_only=True)
class Task(ABC):
    """What every task has in common; a subclass says what it draws, paints, and takes for a correct answer.

    Attributes:
        dt: Bin width (ms).
        noise: Standard deviation of the observation noise averaged over 100 ms; a bin of dt has
            ``noise * sqrt(100 / dt)``, so that the information per second does not depend on dt.
        grace_ms: Interval after each change of period in which answers carry no weight (ms).
        response_weight: Weight of the bins of the response period in the loss, the others having 1: a response
            is short, and a network soon content with fixating learns nothing from it.
    """

    dt: float = 20.0
    noise: float = 0.1
    grace_ms: float = 100.0
    response_weight: float = 5.0

    family: ClassVar[str]
    source: ClassVar[str]
    kind: ClassVar[Literal["choice", "continuous"]] = "choice"
    response_period: ClassVar[str] = "decision"
    factors: ClassVar[tuple[str, ...]]
    """The conditions by which performance and activity are worth comparing."""
    essential: ClassVar[tuple[str, ...]] = ()
    """Periods that may not be empty, because nothing could be answered without them."""
    timed: ClassVar[bool] = False
    """Whether the moment of the response matters, not only its class."""

    def __post_init__(self) -> None:
        """Refuse values that no trial could be painted with."""
        normalise(self)
        for name in ("dt", "response_weight"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} is {getattr(self, name)!r}; it must be positive.")
        standard_deviation("noise", self.noise)
        least: dict[str, tuple[int, str]] = dict.fromkeys(self.essential, (1, "nothing could be answered without it"))
        grace = in_bins(self.grace_ms, self.dt, "grace_ms")
        if self.kind == "choice":
            least[self.response_period] = grace + 1, f"no bin is left to answer in, grace_ms is {self.grace_ms:g} ms"
        check_durations(self.durations(), self.dt, least)
        self.check()

    # What a task says.

    @abstractmethod
    def channels(self) -> Channels:
        """Groups of input channels: 1, a tuple of names, or a ring."""

    @abstractmethod
    def responses(self) -> tuple[str, ...]:
        """A name for every output; of choices, the first is to fixate or to wait."""

    @abstractmethod
    def durations(self) -> Mapping[str, Duration | Callable[[Conditions], np.ndarray]]:
        """Duration of each period in order (ms); a callable computes it for each trial from the conditions."""

    @abstractmethod
    def draw(self, rng: np.random.Generator, n: int) -> Conditions:
        """Draw the conditions of n trials, ``{name: (n,)}``."""

    @abstractmethod
    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        """Write inputs and targets of trials with these conditions."""

    @abstractmethod
    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Outputs (T, B, n_out) of the ideal observer, who sees inputs and periods, never conditions or targets."""

    def check(self) -> None:
        """Refuse arguments of this task that make no sense; nothing to refuse unless a task says so."""
        return

    @property
    def ceiling(self) -> float:
        """Expected score of the ideal observer; below 1 only where noise is irreducible."""
        return 1.0

    @property
    def chance(self) -> float:
        """Expected score of :meth:`guess`."""
        return 1 / (self.n_outputs - 1)

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

    @property
    @final
    def name(self) -> str:
        """Name in the registry."""
        return type(self).__name__

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

    @property
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

    @property
    @final
    def noise_std(self) -> float:
        """Standard deviation of the observation noise of one bin."""
        return self.noise * sqrt(100 / self.dt)

    @final
    def sample(self, batch_size: int, seed: Seed = None, policy: Policy | None = None) -> TrialBatch:
        """Paint a batch of trials; the same seed gives the same bytes.

        Args:
            batch_size: Number of trials B.
            seed: Integer, SeedSequence or Generator (which is advanced); None draws fresh entropy.
            policy: Who chooses in a closed-loop task: called with every segment in order, it returns outputs
                (T, B, n_out). Without one, choices are guesses. An open-loop task is one segment.

        Raises:
            ValueError: If batch_size is not a positive integer, or the seed is none of these.
        """
        n = whole_number("batch_size", batch_size, least=1)
        if not (seed is None or isinstance(seed, (np.random.SeedSequence, np.random.Generator))):
            whole_number("seed", seed, least=0)
        rng = np.random.default_rng(seed)
        conditions = self.draw(rng, n)
        segments = []
        for number in range(1, self.n_segments + 1):
            segments.append(self.lay_out(conditions, rng))
            outputs = None if policy is None else policy(segments[-1])
            if number < self.n_segments:
                if outputs is None:
                    choices = rng.integers(1, self.n_outputs, n)
                else:
                    choices = self.choices(outputs, segments[-1])[0]
                conditions = self.advance(conditions, choices, rng)
        return segments[0] if self.n_segments == 1 else join_segments(segments)

    @final
    def lay_out(self, conditions: Conditions, rng: np.random.Generator) -> TrialBatch:
        """Paint the trials (or the segment) of given conditions; durations and noise come from rng."""
        n = len(next(iter(conditions.values())))
        bins = {}
        for name, duration in self.durations().items():
            if callable(duration):
                ms = np.asarray(duration(conditions), dtype=float)
                bins[name] = np.array([in_bins(value, self.dt, name) for value in np.unique(ms)])[
                    np.unique(ms, return_inverse=True)[1]
                ]
            else:
                bins[name] = draw_bins(duration, self.dt, f"{name}_ms", rng, n)
        canvas = Canvas(
            bins, self.input_groups, self.n_outputs, self.kind == "continuous", self.dt, self.noise_std, rng
        )
        if self.response_weight != 1:
            canvas.weigh(self.response_weight, *occurring(canvas.periods, self.response_period))
        self.paint(canvas, conditions)
        return canvas.finish(conditions, in_bins(self.grace_ms, self.dt, "grace_ms"), self.n_segments > 1)

    @final
    def stream(
        self, batch_size: int, seed: int, split: str = "train", start: int = 0, policy: Policy | None = None
    ) -> Iterator[TrialBatch]:
        """Endless batches; those of ``train`` and ``test`` never share a seed, and batch k is always the same.

        Args:
            batch_size: Number of trials B in each batch.
            seed: Seed of the stream.
            split: ``"train"`` or ``"test"``.
            start: Number of the first batch, to go on where another stream stopped.
            policy: Who chooses in a closed-loop task, see :meth:`sample`.

        Raises:
            ValueError: If the split is unknown, or a number makes no sense.
        """
        branch = SPLITS.index(check_name("split", split, SPLITS))
        whole_number("batch_size", batch_size, least=1)
        whole_number("seed", seed, least=0)

        def batches() -> Iterator[TrialBatch]:
            number = start
            while True:
                yield self.sample(batch_size, np.random.SeedSequence(seed, spawn_key=(branch, number)), policy)
                number += 1

        return batches()

    @final
    def choices(self, outputs: np.ndarray, batch: TrialBatch) -> list[np.ndarray]:
        """Class chosen in each response period, (B,) each: the largest mean output over its unmasked bins.

        Raises:
            ValueError: If outputs have another shape than (T, B, n_out), or hold NaN or infinity.
        """
        outputs = self.checked(outputs, batch)
        spans = batch.windows(self.response_period)
        return [mean_during(outputs, span, batch.mask).argmax(axis=-1) for span in spans]

    def score(self, outputs: np.ndarray, batch: TrialBatch) -> np.ndarray:
        """Correctness of the response alone, (B,) in [0, 1]; fixation earns nothing.

        Raises:
            ValueError: If outputs have another shape than (T, B, n_out), or hold NaN or infinity.
        """
        trials = np.arange(batch.batch_size)
        answers = [batch.targets[stop - 1, trials] for _, stop in batch.windows(self.response_period)]
        return np.mean([c == a for c, a in zip(self.choices(outputs, batch), answers, strict=True)], axis=0)

    def guess(self, batch: TrialBatch, seed: Seed = None) -> np.ndarray:
        """Outputs (T, B, n_out) of a responder who knows when to respond, but guesses what."""
        rng = np.random.default_rng(seed)
        outputs = self.hold(batch)
        for span in batch.windows(self.response_period):
            respond(outputs, rng.integers(1, self.n_outputs, batch.batch_size), span)
        return outputs

    @final
    def checked(self, outputs: np.ndarray, batch: TrialBatch) -> np.ndarray:
        """Outputs as an array (T, B, n_out), or a ValueError that says what is wrong with them."""
        return checked_outputs(outputs, (*batch.mask.shape, self.n_outputs), self.name)

    @final
    def hold(self, batch: TrialBatch) -> np.ndarray:
        """Outputs (T, B, n_out) of one who only fixates; zeros for a continuous task."""
        outputs = np.zeros((*batch.mask.shape, self.n_outputs), np.float32)
        if self.kind == "choice":
            outputs[..., 0] = 1
        return outputs

    @final
    def mean_input(self, batch: TrialBatch, group: str, period: str) -> np.ndarray:
        """Mean of a group of channels over a period, (B, k): all that an ideal observer needs of a constant."""
        columns = self.input_groups[check_name("channel", group, self.input_groups)]
        (span,) = batch.windows(period)
        return mean_during(batch.inputs[..., columns], span)
