"""What a rule is checked on: a network, trials, and copies of both."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ....envs.contract.requirement import require
from ....envs.task import Task
from ....envs.trial import TrialBatch
from ...credit.rule import Rule
from ...network.rate_rnn import RateRNN

BATCH_SIZE = 4


@dataclass(frozen=True)
class Ground:
    """A rule, a network on which it is defined, and a task.

    Attributes:
        rule: The rule, which stays as it is.
        network: The network, which stays as it is, in double precision.
        task: The task.
    """

    rule: Rule
    network: RateRNN
    task: Task

    def fresh_rule(self, **others: Any) -> Rule:
        """A rule of the same arguments, or of others, that knows no network."""
        return type(self.rule)(**self.rule.config | others)

    def fresh_network(self, **others: Any) -> RateRNN:
        """A copy of the network, or one that has other arguments."""
        if not others:
            return copy.deepcopy(self.network)
        mask = {} if "density" in others else {"density": 1.0, "mask": self.network.recurrent_mask}
        arguments: dict[str, Any] = self.network.config | mask | others
        return RateRNN(**arguments).to(self.network.recurrent)

    def larger_network(self) -> RateRNN:
        """A network of one unit more, all of whose synapses exist."""
        config: dict[str, Any] = self.network.config
        n, whole = self.network.n_units + 1, {"density": 1.0, "input_units": None, "output_units": None}
        return RateRNN(**config | whole | {"n_units": n, "tau": config["tau"][0]}).to(self.network.recurrent)

    def trials(self, k: int) -> TrialBatch:
        """Batch k."""
        return self.task.sample(BATCH_SIZE, seed=k)

    def learn(self, rule: Rule, network: RateRNN, *numbers: int) -> list[dict[str, Tensor]]:
        """Update by the batches of these numbers; what each update returned."""
        found = []
        for k in numbers:
            metrics = rule.update(network, self.trials(k), source(k))
            kept = isinstance(metrics, Mapping) and "loss" in metrics
            require(kept, f"update returned {metrics!r}; it must return a dictionary with the loss before the change.")
            found.append({name: torch.as_tensor(value).detach().clone() for name, value in metrics.items()})
        return found

    def gradient(
        self, network: RateRNN, batch: TrialBatch, seed: int = 0, rule: Rule | None = None
    ) -> dict[str, Tensor] | None:
        """What a new rule adds up over trials; None if it has no gradient."""
        rule = self.fresh_rule() if rule is None else rule
        if type(rule).gradient is Rule.gradient:
            return None
        try:
            return rule.gradient(network, batch, source(seed))
        except ValueError as error:
            if "no gradient" in str(error):
                return None
            raise


def source(seed: int) -> torch.Generator:
    """A source of noise."""
    return torch.Generator().manual_seed(seed)


def parameters(network: RateRNN) -> dict[str, Tensor]:
    """A copy of the parameters by their names."""
    return {name: parameter.detach().clone() for name, parameter in network.named_parameters()}


def same(a: Mapping[str, Tensor], b: Mapping[str, Tensor]) -> bool:
    """Whether two collections of tensors are the same to the byte, NaN included."""
    return a.keys() == b.keys() and all(_bytes(a[name]) == _bytes(b[name]) for name in a)


def same_metrics(a: list[dict[str, Tensor]], b: list[dict[str, Tensor]]) -> bool:
    """Whether updates returned the same."""
    return len(a) == len(b) and all(same(one, other) for one, other in zip(a, b, strict=True))


def apart(a: Mapping[str, Tensor], b: Mapping[str, Tensor]) -> float:
    """Distance of two collections of tensors, relative to the longer."""
    one, other = (torch.cat([t[name].detach().double().flatten() for name in sorted(t)]) for t in (a, b))
    return float((one - other).norm() / max(float(one.norm()), float(other.norm()), 1e-300))


def _bytes(tensor: Tensor) -> bytes:
    return tensor.detach().cpu().contiguous().numpy().tobytes()
