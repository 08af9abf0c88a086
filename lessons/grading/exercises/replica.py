"""A task that asks a submission for all that its own task says: so the contract of tasks can be checked from outside.

It lays out trials, adds the noise, scores; what is painted and how an ideal observer answers comes from the submission,
as plain data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ....envs.canvas import Canvas
from ....envs.contract import CHECKS, ContractError
from ....envs.contract import environments as environment_checks
from ....envs.factors import Between, Conditions, Factor, Levels
from ....envs.painted_task import PaintedTask
from ....envs.trial import TrialBatch
from ..judging import Ask, Judgement, Unanswered

PROMISES = tuple(check for check in CHECKS if not hasattr(environment_checks, check.__name__))
"""The promises about trials and observers. Those about environments are kept by ours: they replay what was painted."""
UNREADABLE = "what the task says of itself cannot be read."
ROOM = 780
"""Numbers in a trial, at most: those of 4000 trials, with targets and mask, have to fit into a message."""


@dataclass(frozen=True, kw_only=True)
class Replica(PaintedTask):
    """A task in the words of a submission.

    Attributes:
        ask: Asks the submission.
        facts: Its description of its task.
    """

    ask: Ask
    facts: dict[str, Any]

    def channels(self) -> dict[str, int | tuple[str, ...]]:
        """The groups of channels that it named."""
        groups = self.facts["channels"].items()
        return {group: tuple(kind) if isinstance(kind, list) else int(kind) for group, kind in groups}

    def responses(self) -> tuple[str, ...]:
        """The responses that it named."""
        return tuple(self.facts["responses"])

    def factors(self) -> dict[str, Factor]:
        """The factors that it declared."""
        return {name: Between(**f) if "low" in f else Levels(**f) for name, f in self.facts["factors"].items()}

    def durations(self) -> dict[str, float]:
        """The durations that it declared."""
        return self.facts["durations"]

    def paint(self, canvas: Canvas, conditions: Conditions) -> None:
        """Have the submission paint; the noise is on the canvas already."""
        seed = int(canvas.rng.integers(2**31))
        arguments = {name: getattr(self, name) for name in ("dt", "grace_ms", "response_weight")}
        painted = painting(self.ask, arguments, conditions, seed)
        for name, array in (("inputs", canvas.inputs), ("targets", canvas.targets), ("mask", canvas.mask)):
            if painted[name].shape != array.shape:
                reason = f"{name} have shape {painted[name].shape}, not {array.shape}."
                raise Unanswered(Judgement(False, reason, "Durations are numbers here, the same in all trials."))
        canvas.inputs += painted["inputs"].astype(np.float32)
        canvas.targets[...] = painted["targets"]
        canvas.mask[...] = painted["mask"]

    def ideal(self, batch: TrialBatch) -> np.ndarray:
        """Have the submission observe."""
        arguments = {name: getattr(self, name) for name in ("dt", "noise", "grace_ms", "response_weight")}
        return observing(self.ask, arguments, batch, self.n_outputs)

    @property
    def answers(self) -> np.ndarray:
        """How often each response is right, as it declares."""
        return np.asarray(self.facts["answers"], float)


def replica(ask: Ask) -> Replica:
    """The task of a submission.

    Raises:
        Unanswered: If what it says of itself makes no task.
    """
    facts = declaration(ask)
    _check_size(facts)
    own = ("family", "source", "informative", "response_period")
    body = {"__doc__": facts["doc"], "periods": tuple(facts["periods"]), "contrasts": tuple(facts["contrasts"])}
    ceiling = float(facts["ceiling"])
    body |= {name: facts[name] for name in own} | {"ceiling": property(lambda self: ceiling)}
    cls = dataclass(frozen=True, kw_only=True)(type(str(facts["name"]), (Replica,), body))
    numbers = {name: facts[name] for name in ("dt", "noise", "grace_ms", "response_weight")}
    try:
        return cls(ask=ask, facts=facts, **numbers)
    except (TypeError, ValueError) as error:
        raise Unanswered(
            Judgement(False, f"the task cannot be made: {error}", "Look at periods and durations.")
        ) from None


def declaration(ask: Ask) -> dict[str, Any]:
    """What the task of a submission says of itself.

    Raises:
        Unanswered: If it is not what a description looks like.
    """
    facts = ask(what="describe")
    shapes = {
        "channels": dict,
        "responses": list,
        "periods": list,
        "contrasts": list,
        "durations": dict,
        "factors": dict,
    }
    if not isinstance(facts, dict) or not all(isinstance(facts.get(name), kind) for name, kind in shapes.items()):
        raise Unanswered(Judgement(False, UNREADABLE, "Compare with the book's page “A task of your own”."))
    return facts


def _check_size(facts: dict[str, Any]) -> None:
    """Refuse a task whose trials are too large to be painted.

    Raises:
        Unanswered: If they are, or if what it says of them are no numbers.
    """
    try:
        duration = sum(abs(float(ms)) for ms in facts["durations"].values())
        bins = duration / float(facts["dt"])
        channels = sum(len(kind) if isinstance(kind, list) else int(kind) for kind in facts["channels"].values())
    except (KeyError, TypeError, ValueError, ArithmeticError):
        raise Unanswered(Judgement(False, UNREADABLE, "Durations and dt are numbers.")) from None
    width = max(channels + 3, len(facts["responses"]))
    if not 0 <= bins * width <= ROOM:
        reason = f"a trial lasts {duration:.6g} ms, {bins:.6g} bins of {channels} inputs: too large to be tried out."
        raise Unanswered(Judgement(False, reason, "Durations are in milliseconds; look at dt and channels too."))


def painting(ask: Ask, arguments: dict[str, Any], conditions: Conditions, seed: int) -> dict[str, Any]:
    """Inputs, targets, mask and periods of trials that the submission painted without noise.

    Raises:
        Unanswered: If they are none.
    """
    painted = ask(what="paint", arguments=arguments, conditions=conditions, seed=seed)
    names = ("inputs", "targets", "mask")
    if not isinstance(painted, dict) or not all(isinstance(painted.get(name), np.ndarray) for name in names):
        raise Unanswered(
            Judgement(False, "what was painted cannot be read.", "paint adds to the canvas, returns nothing.")
        )
    return painted


def observing(ask: Ask, arguments: dict[str, Any], batch: TrialBatch, n_outputs: int) -> np.ndarray:
    """Outputs (T, B, n_out) of the observer of the submission.

    Raises:
        Unanswered: If they are none.
    """
    outputs = ask(
        what="observe", arguments=arguments, batch={name: v for name, v in vars(batch).items() if name != "task"}
    )
    shape = (*batch.mask.shape, n_outputs)
    if not isinstance(outputs, np.ndarray) or outputs.shape != shape or outputs.dtype.kind not in "biuf":
        shape_or_type = outputs.shape if isinstance(outputs, np.ndarray) else type(outputs).__name__
        hint = "End with return self.respond(batch, choices), where choices (B,) are classes."
        raise Unanswered(Judgement(False, f"ideal returns {shape_or_type}, not outputs of shape {shape}.", hint))
    if not np.isfinite(outputs).all():
        raise Unanswered(Judgement(False, "ideal returns NaN or infinity.", "Look for a division by 0."))
    return outputs


def broken_promise(task: Replica) -> Judgement | None:
    """The first promise of the contract that a task breaks; None if it keeps all."""
    for check in PROMISES:
        try:
            check(task)
        except ContractError as error:
            promise = (check.__doc__ or "").split("\n")[0].replace("``", "")
            return Judgement(False, f"it breaks a promise: {promise[0].lower()}{promise[1:]}", str(error))
    return None
