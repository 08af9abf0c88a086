"""What a learning rule is: its arguments, its update, and what it remembers."""

from __future__ import annotations

import functools
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Literal, Self, TypeVar, dataclass_transform, final

import numpy as np
import torch
from torch import Tensor

from ...envs.trial import TrialBatch
from ...envs.typechecked import typechecked
from ..network.representation import rule_repr
from .losses import loss_of_network
from .reads import Local, Read, locality

Scores = float | Sequence[float] | Tensor
"""The score of a network at an evaluation, or of each network of an ensemble, (S,)."""
Pace = Literal["trial", "bin"]
"""Whether weights change after each batch of trials, or in every bin of them."""


@dataclass(eq=False, repr=False, kw_only=True)
class Rule(ABC):
    """A learning rule: it changes the weights of a network, batch by batch.

    A rule of one's own needs :meth:`update`; all else has a default. Its fields are its arguments, so that a run
    records how it was trained, and they must be values of JSON.

    Attributes:
        paces: When weights can change.
        reads: What the change of a synapse reads, from which follows whether the rule is local; None where that is not
            declared.
        mixes_trials: Whether trials of a batch act on each other, as by means over them, so that what the batch adds to
            the gradient is not the mean of what they add alone.
        rate_rnn_only: Whether it reads parts of a RateRNN that other networks lack.
    """

    paces: ClassVar[tuple[Pace, ...]] = ("trial",)
    mixes_trials: ClassVar[bool] = False
    rate_rnn_only: ClassVar[bool] = False
    reads: tuple[Read, ...] | None = field(default=None, init=False)

    @abstractmethod
    def update(self, network: Any, batch: TrialBatch, generator: torch.Generator | None = None) -> Mapping[str, Any]:
        """Change the parameters of a network in place, or those of all networks of an ensemble, each as if alone.

        Args:
            network: The network, or an ensemble; a RateRNN if ``rate_rnn_only``.
            batch: Trials.
            generator: Source of the network's noise, and of what the rule draws.

        Returns:
            At least the ``"loss"`` before the change: a number, or of an ensemble (S,).
        """

    @property
    def acts(self) -> bool:
        """Whether it learns from what its own actions earn: it then plays the sessions of a closed loop itself."""
        return False

    @property
    def local(self) -> Local:
        """Whether the change of a synapse reads only what is available there."""
        return locality(self.reads)

    @property
    def config(self) -> dict[str, Any]:
        """The arguments that make this rule again."""
        values = {each.name: getattr(self, each.name) for each in fields(self) if each.init}
        return {name: _plain(value) for name, value in values.items()}

    __repr__ = rule_repr

    def __setattr__(self, name: str, value: Any) -> None:
        """Set anything but an argument of a rule that is made: what it has learned with goes by the old one.

        Raises:
            AttributeError: If it is one.
        """
        field_of_name = type(self).__dataclass_fields__.get(name)
        if field_of_name is not None and field_of_name.init and self.__dict__.get("_made"):
            rule = type(self).__name__
            raise AttributeError(f"{name} of {rule} is set when the rule is made: {rule}({name}={value!r}).")
        super().__setattr__(name, value)

    def loss(self, network: Any, batch: TrialBatch, generator: torch.Generator | None = None) -> Tensor:
        """The loss of a batch that the rule brings down, a scalar; the generator draws the network's noise."""
        return loss_of_network(network, batch, generator)

    def gradient(self, network: Any, batch: TrialBatch, generator: torch.Generator | None = None) -> dict[str, Tensor]:
        """What the rule adds up over trials for each trainable parameter, by name; network and rule stay as they were.

        Raises:
            ValueError: If the rule has none.
        """
        raise ValueError(f"{type(self).__name__} has no gradient: compare weights before and after update().")

    def report(self, score: Scores) -> None:  # noqa: B027  most rules do not need it
        """Receive the score of the network at an evaluation."""

    def state(self, network: Any) -> dict[str, Tensor]:
        """What the rule remembers of a network, as named tensors; of an ensemble all with an axis S in front."""
        return {}

    def restore(self, network: Any, state: dict[str, Tensor]) -> None:  # noqa: B027  what remembers nothing
        """Remember what :meth:`state` returned, and nothing else; ``{}`` to start again."""

    def knows(self, network: Any) -> bool:
        """Whether what the rule remembers is of this network."""
        return True

    def knowing(self, network: Any) -> Self:
        """This rule if it knows the network, else one with its arguments that knows none."""
        return self if self.knows(network) else type(self)(**self.config)

    def meet(self, network: Any) -> None:
        """Start again if the network is another than before."""
        if not self.knows(network):
            self.restore(network, {})


def _plain(value: Any) -> Any:
    """A value of JSON: a number of Python for one of NumPy, lists for sequences."""
    if isinstance(value, tuple | list | np.ndarray):
        return [_plain(each) for each in value]
    return value.item() if isinstance(value, np.generic) else value


CHECKED = {"loss", "gradient", "update", "state", "restore"}
"""Methods whose arguments are held to their annotations where a rule defines them."""
Class = TypeVar("Class", bound=type[Rule])


@dataclass_transform(kw_only_default=True, eq_default=False)
def learning_rule(cls: Class) -> Class:
    """Make a class a learning rule: its fields are its arguments, given by name; types and ranges are checked."""
    cls = typechecked(final(dataclass(eq=False, repr=False, kw_only=True)(cls)))
    init: Callable[..., None] = cls.__init__

    @functools.wraps(init)
    def made(self: Rule, *args: Any, **kwargs: Any) -> None:
        init(self, *args, **kwargs)
        for each in fields(self):
            if (allowed := each.metadata.get("range")) is not None:
                setattr(self, each.name, allowed.checked(each.name, getattr(self, each.name)))
        self._made = True

    type.__setattr__(cls, "__init__", made)
    for name in CHECKED & vars(cls).keys():
        type.__setattr__(cls, name, typechecked(vars(cls)[name]))
    return cls
