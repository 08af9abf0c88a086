"""A session of trials in blocks: each trial is a segment, and an observer may learn which block it is."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from ..channels import Channels
from ..durations import Duration, in_bins
from ..errors import ArgumentError
from ..factors import Conditions
from ..numbers import finite_number, whole_number
from ..observers.block_filter import BlockChain, BlockFilter, chain_of_blocks, length_pmf
from ..observers.sessions import check_session
from ..painted_task import PaintedTask
from ..task import Task
from ..trial import Kind, Policy, TrialBatch
from .inner_task import Inferring, right_classes
from .segments import first_channels, merge, segments_of

OWN_CONDITIONS = ("block", "remaining", "answer", "chosen", "outcome")
OWN_CHANNELS = ("block", "last action", "last reward")
N_FOR_CEILING = 40_000


@dataclass(frozen=True, kw_only=True)
class BlockSession(Task):
    """A session of trials whose answers are to be expected with probabilities that depend on the block.

    It is a session because a trial of cogdyn is one presentation, and because what is shown next follows from what was
    chosen where feedback is given: each trial is a segment, which runs its full length and is paid at its end. A
    network keeps its state from one to the next, and so may carry over what it knows of the block.

    Attributes:
        n_trials: Number of trials in a session.
        length: Number of trials in a block: a number, or a distribution such as ``TruncatedExponential(60, 20, 100)``.
        hazard: Probability that the block ends after a trial, instead of a length.
        feedback: Whether each trial shows what was chosen in the one before, and what that was paid, in the channels
            "last action" and "last reward"; they have no noise.
    """

    n_trials: int = 50
    length: Duration = 10
    hazard: float | None = None
    feedback: bool = True
    dt: float = field(init=False)
    kind: Kind = field(init=False)
    family: str = field(init=False)
    source: str = field(init=False)
    response_period: str = field(init=False)
    contrasts: tuple[str, ...] = field(init=False)

    def _take_over(self, task: Task) -> None:
        """Check the arguments, and take over what a task says of itself."""
        whole_number("n_trials", self.n_trials, minimum=2)
        if self.hazard is not None and not 0 < finite_number("hazard", self.hazard) <= 1:
            raise ArgumentError(f"hazard is {self.hazard!r}; it must be above 0 and at most 1.")
        _ = self.chain  # refuses lengths that are none
        for name in ("dt", "kind", "family", "source", "response_period"):
            object.__setattr__(self, name, getattr(task, name))
        object.__setattr__(self, "contrasts", ("block", *task.contrasts))
        for painter in self.painters:
            check_session(painter)
        drawn = task.draw(np.random.default_rng(0), 1)
        taken = [name for name in (*drawn, *task.channels()) if name in {*OWN_CONDITIONS, *OWN_CHANNELS}]
        if taken:
            raise ArgumentError(
                f"{task.name} has conditions or channels {taken} of its own, as a session of blocks has."
            )

    # What kinds of block there are

    @cached_property
    @abstractmethod
    def painters(self) -> Sequence[PaintedTask]:
        """Who paints the trials: the tasks without what depends on the block alone."""

    @cached_property
    @abstractmethod
    def painter_of_block(self) -> np.ndarray:
        """Number of the painter of each kind of block, (K,)."""

    @cached_property
    @abstractmethod
    def expectations(self) -> np.ndarray:
        """Probability of each class in a block of each kind, after each last answer, (K, P, n_out).

        P is 1 where the last answer does not matter, else it is n_out.
        """

    @abstractmethod
    def _draw_trials(
        self, block: np.ndarray, answer: np.ndarray, fixed: Conditions, rng: np.random.Generator
    ) -> Conditions:
        """Conditions of the next trials of each kind of block, (n,), after the last right class, (n,), 0 for none."""

    @cached_property
    def chain(self) -> BlockChain:
        """How blocks follow each other."""
        return chain_of_blocks(len(self.painter_of_block), length_pmf("length", self.length), self.hazard)

    # Trials

    @property
    def n_segments(self) -> int:
        return self.n_trials

    def channels(self) -> Channels:
        own: Channels = {"last action": self.responses()[1:], "last reward": 1} if self.feedback else {}
        return {**self.painters[0].channels(), **own}

    def responses(self) -> tuple[str, ...]:
        return self.painters[0].responses()

    @property
    def answers(self) -> np.ndarray:
        """Mean probability that each class is right, over the trials of a session, (n_out,)."""
        return self.chain.occupancy(self.n_trials) @ self.expectations[:, 0]

    def draw(self, rng: np.random.Generator, n: int) -> Conditions:
        return self.draw_with({}, rng, n)

    def draw_with(self, fixed: Conditions, rng: np.random.Generator, n: int) -> Conditions:
        """Conditions of the first trials, those of all painters with the block, what remains of it and the answer."""
        block, remaining = self.chain.begin(rng, n)
        if "block" in fixed:
            block = fixed["block"].astype(block.dtype)
            remaining = self.chain.length(block, rng.random(n))
        none = np.zeros(n, np.int64)
        return self._trials(block, remaining, none, fixed, rng) | {"chosen": none, "outcome": none * 1.0}

    def advance(self, conditions: Conditions, choices: np.ndarray, rng: np.random.Generator) -> Conditions:
        """Pay for a right choice, and draw the next trial, of the next block if this one is over."""
        answer = conditions["answer"]
        block, remaining = self.chain.follow(conditions["block"], conditions["remaining"], rng)
        paid = (choices == answer).astype(float)
        return self._trials(block, remaining, answer, {}, rng) | {"chosen": choices.astype(np.int64), "outcome": paid}

    def _trials(
        self, block: np.ndarray, remaining: np.ndarray, answer: np.ndarray, fixed: Conditions, rng: np.random.Generator
    ) -> Conditions:
        conditions = self._draw_trials(block, answer, {k: v for k, v in fixed.items() if k != "block"}, rng)
        which, right = self.painter_of_block[block], np.zeros(len(block), np.int64)
        for number, painter in enumerate(self._quiet_painters):
            mine = np.flatnonzero(which == number)
            if len(mine):
                right[mine] = right_classes(painter, {name: values[mine] for name, values in conditions.items()})
        return conditions | {"block": block, "remaining": remaining, "answer": right}

    @cached_property
    def _quiet_painters(self) -> list[PaintedTask]:
        return [replace(painter, noise=0.0) for painter in self.painters]

    def lay_out(self, conditions: Conditions, rng: np.random.Generator) -> TrialBatch:
        inner = {name: values for name, values in conditions.items() if name not in OWN_CONDITIONS}
        which = self.painter_of_block[conditions["block"]]
        parts = [(np.flatnonzero(which == i), painter) for i, painter in enumerate(self.painters)]
        painted = [(m, p.lay_out({k: v[m] for k, v in inner.items()}, rng)) for m, p in parts if len(m)]
        batch = painted[0][1] if len(painted) == 1 else merge(painted)
        if self.feedback:
            chosen = np.eye(self.n_outputs)[conditions["chosen"]][:, 1:]
            shown = np.concatenate([chosen, conditions["outcome"][:, None]], axis=1)
            channels = np.broadcast_to(shown, (len(batch.inputs), *shown.shape)).astype(np.float32)
            batch = replace(batch, inputs=np.concatenate([batch.inputs, channels], axis=2))
        # A trial follows another: its start is a change of period.
        batch.mask[: in_bins(self.painters[0].grace_ms, self.dt, "grace_ms")] = 0
        return replace(batch, conditions=dict(conditions))

    # The ideal observer

    def ideal_policy(self) -> Policy:
        return BlockObserver(self)

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Infer the block from all trials so far, and answer with what is then the likeliest."""
        observer = self.ideal_policy()
        return np.concatenate([observer(segment) for segment in segments_of(batch, self._periods)])

    @cached_property
    def ceiling(self) -> float:
        """Expected score of the ideal observer: the mean probability of its answers in 40,000 trials of a fixed seed.

        Its standard error is below 0.5 % where a session has no more than 400 trials.
        """
        return mean_confidence(self)

    @cached_property
    def _periods(self) -> list[str]:
        return list(self.painters[0].sample(1, seed=0).periods)

    def log_emission(self, segment: TrialBatch) -> np.ndarray:
        """What a trial shows as log p(a, x | k, p), but a constant, (B, K, P, n_out)."""
        inner = first_channels(segment, self.painters[0].n_inputs)
        likelihoods = []
        with np.errstate(divide="ignore", invalid="ignore"):
            for painter in self.painters:
                assert isinstance(painter, Inferring)
                likelihood = painter.log_joint(inner) - np.log(painter.answers)
                likelihoods.append(np.where(painter.answers > 0, likelihood, -np.inf))
            prior = np.log(self.expectations)
        return np.stack(likelihoods, axis=1)[:, self.painter_of_block, None] + prior

    def feedback_likelihood(self, segment: TrialBatch) -> np.ndarray | None:
        """Likelihood of what a trial shows of the one before if each class was right in that, (B, n_out)."""
        if not self.feedback:
            return None
        action = segment.inputs[..., self.input_groups["last action"]].mean(axis=0)
        paid = segment.inputs[..., self.input_groups["last reward"]].mean(axis=0) > 0.5
        # Not to choose is class 0: never right in most tasks, so that it tells nothing there.
        chosen = np.eye(self.n_outputs)[np.where(action.max(axis=1) > 0.5, 1 + action.argmax(axis=1), 0)]
        return np.where(paid, chosen, 1 - chosen)


class BlockObserver:
    """The ideal observer of a session of blocks, who is shown one trial after another.

    Args:
        task: The session.

    Attributes:
        confidence: Probability of its answer in each trial so far, (B,) each.
    """

    def __init__(self, task: BlockSession):
        self._task, self._filter, self.confidence = task, None, list[np.ndarray]()

    def __call__(self, segment: TrialBatch) -> np.ndarray:
        """Outputs (T, B, n_out) in the next trial."""
        task = self._task
        if self._filter is None:
            n_previous = task.expectations.shape[1]
            self._filter = BlockFilter(task.chain, segment.batch_size, np.eye(1, n_previous)[0])
        else:
            self._filter.learn(task.feedback_likelihood(segment))
        p = self._filter.infer(task.log_emission(segment))
        self.confidence.append(p.max(axis=1))
        return task.respond(segment, p.argmax(axis=1))


def mean_confidence(task: BlockSession) -> float:
    """Mean probability of the ideal observer's answers in 40,000 trials of a fixed seed."""
    observer = BlockObserver(task)
    task.sample(max(N_FOR_CEILING // task.n_trials, 100), 0, observer)
    return float(np.mean(observer.confidence))
