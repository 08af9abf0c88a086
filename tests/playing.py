"""Playing an environment to the end of a trial, and a task with two responses: what tests of environments share."""

from dataclasses import dataclass

import numpy as np

from cogdyn.envs import Levels, PaintedTask, Uniform
from cogdyn.envs.durations import Duration
from cogdyn.envs.responses import respond

OPEN = (
    "PerceptualDecisionMaking",
    "DelayMatchSample",
    "GoNogo",
    "NBack",
    "ReadySetGo",
    "DelayedReach",
    "yang19.dms",
    "Add",
)
"""One task of each kind; the contract holds all of them to what matters most."""
ONE_RESPONSE = tuple(name for name in OPEN if name != "NBack")
CLOSED = ("ReversalBandit", "DawTwoStep", "TMaze")
NAMES = (*OPEN, *CLOSED)
DECISION = {"task": "PerceptualDecisionMaking", "noise": 0.0, "coherences": (0.5,)}
"""200 ms fixation, 1,000 ms stimulus, 300 ms decision: bins 0 to 9, 10 to 59, 60 to 74."""


def play(env, actions):
    """Step through actions until the episode is over; all that came after the reset, and the sum of rewards."""
    steps = []
    for action in actions:
        steps.append(env.step(action))
        if steps[-1][2]:
            break
    return steps, sum(step[1] for step in steps)


def idle(task, n=None):
    """The action of one who does nothing, for one environment or n."""
    shape = () if task.kind == "choice" else (task.n_outputs,)
    return np.zeros(shape if n is None else (n, *shape), np.int64 if task.kind == "choice" else np.float32)


@dataclass(frozen=True, kw_only=True)
class TwoAnswers(PaintedTask):
    """Respond in the first of two response periods, or in the second, or in none, as two lights say."""

    grace_ms: float = 0.0
    noise: float = 0.0
    delay_ms: Duration = Uniform(40, 100)

    family = "test"
    source = "doi:10."
    contrasts = ("first", "second")
    response_period = "answer"
    informative = "cue"

    def channels(self):
        return {"first": 1, "second": 1}

    def responses(self):
        return ("fixate", "press")

    def durations(self):
        return {"cue": 60, "answer 1": 60, "delay": self.delay_ms, "answer 2": 60}

    @property
    def answers(self):
        return np.array([0.5, 0.5])

    def factors(self):
        return {"first": Levels((0, 1)), "second": Levels((0, 1))}

    def paint(self, canvas, conditions):
        for number, name in enumerate(("first", "second"), start=1):
            canvas.add(name, conditions[name][:, None], "cue")
            canvas.target(conditions[name], f"answer {number}")

    def ideal(self, batch):
        outputs = self.hold(batch)
        for column, span in enumerate(batch.windows("answer")):
            respond(outputs, (batch.inputs[0, :, column] > 0.5).astype(int), span)
        return outputs
