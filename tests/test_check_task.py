"""``check_task`` passes a sound task of one's own, and names what is wrong with an unsound one."""

import re
from dataclasses import dataclass, replace
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest
from playing import TwoAnswers

from cogdyn.envs import ContractError, Levels, PaintedTask, check_task, make_task, register_task, task_names
from cogdyn.envs.registry import TASKS

PAGE = Path(__file__).parents[1] / "book/your-own-task.md"


GOES_ON = np.random.default_rng(0)
"""A generator of one's own: it gives other numbers each time a batch is painted."""


@pytest.fixture
def own():
    """The task on the page, registered; afterwards the table is as it was."""
    cells = re.findall(r"```{code-cell} ipython3\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    space = {"__name__": "page"}
    exec(cells[0], space)
    yield space["Brightest"]
    TASKS.pop("Brightest")
    gym.registry.pop("cogdyn/Brightest-v0")


def test_the_task_on_the_page_is_sound_and_registered(own):
    check_task(own())
    assert "Brightest" in task_names()
    assert make_task("Brightest", contrast=0.2) == own(contrast=0.2)
    assert gym.make("cogdyn/Brightest-v0", contrast=0.2).unwrapped.task == own(contrast=0.2)
    assert register_task(own) is own  # a second time, as when a cell is run again


def test_several_responses_and_withholding_are_sound():
    check_task(TwoAnswers())


def broken(own, **methods):
    return dataclass(frozen=True, kw_only=True)(type("Broken", (own,), methods))()


def leak(self, canvas, conditions):
    type(self).__mro__[1].paint(self, canvas, conditions)
    canvas.add("lamp", 0.1 * np.eye(3)[conditions["brightest"] - 1], "fixation")


def peek(self, batch):
    return self.respond(batch, batch.conditions["brightest"])


def peek_at_targets(self, batch):
    return self.respond(batch, batch.targets[-1])


def one_lamp(self, batch):
    return self.respond(batch, np.where(self.mean_input(batch, "lamp", "lamps")[:, 0] > 1.25, 1, 2))


def own_noise(self, canvas, conditions):
    type(self).__mro__[1].paint(self, canvas, conditions)
    canvas.inputs += GOES_ON.standard_normal(canvas.inputs.shape, dtype=np.float32)


def loud(self, canvas, conditions):
    type(self).__mro__[1].paint(self, canvas, conditions)
    canvas.inputs *= 2


def unseen(self, canvas, conditions):
    type(self).__mro__[1].paint(self, canvas, conditions)
    canvas.inputs[3, 0] = np.nan


def everywhere(self, canvas, conditions):
    type(self).__mro__[1].paint(self, canvas, conditions)
    canvas.target(7, "decision")


@pytest.mark.parametrize(
    ("methods", "message"),
    [
        ({"paint": leak}, "a target leaks into the inputs"),
        ({"ideal": peek}, "reads the condition 'brightest', which no observer sees"),
        ({"ideal": peek_at_targets}, "reads the targets or the mask"),
        ({"ideal": one_lamp}, "ideal misses something that the inputs tell"),
        ({"paint": own_noise}, "two batches of the same seed differ; draw everything from the generators"),
        ({"paint": loud}, "leave the observation noise to the canvas"),
        ({"paint": unseen}, "the batch holds NaN or infinity"),
        ({"paint": everywhere}, "targets lie between 0 and 7; allowed: 0 to 3"),
        (
            {"factors": lambda self: {"brightest": Levels((1, 2, 3), (0.6, 0.2, 0.2))}},
            "Balance the trials, or override",
        ),
        ({"complete": lambda self, drawn, rng: {"brightest": np.minimum(drawn["brightest"], 2)}}, "not distributed as"),
        ({"chance": property(lambda self: 0.5)}, "and chance is 0.5000"),
        ({"contrasts": ("colour",)}, "contrasts name ['colour'], which are no conditions: ['brightest']"),
        ({"source": "somewhere"}, "it needs a DOI or a link"),
        ({"informative": "decision"}, "or informative names too late a period"),
        ({"responses": lambda self: ("fixate", "left", "left", "right")}, "output names repeat"),
        ({"score": lambda self, outputs, batch: np.ones(batch.batch_size)}, "fixating earns something"),
        ({"score": lambda self, outputs, batch: np.full(batch.batch_size, 2.0)}, "scores leave [0, 1]"),
    ],
)
def test_what_is_wrong_is_named(own, methods, message):
    with pytest.raises(ContractError) as error:
        check_task(broken(own, **methods))
    assert message in " ".join(str(error.value).split())
    assert re.match(r"Broken breaks \d+ of \d+ promises:\n- ", str(error.value))


def test_a_lost_draw_is_found():
    """Durations that are not drawn as declared: here the longer half never comes."""
    task = make_task("DelayMatchSample")

    @dataclass(frozen=True, kw_only=True)
    class Short(type(task)):
        def durations(self):
            return super().durations() | {"delay": lambda conditions: np.full(len(conditions["sample"]), 400.0)}

    check_task(Short())  # computed durations are the task's own affair
    assert replace(task, delay_ms=400).sample(3, 0).inputs.shape == Short().sample(3, 0).inputs.shape


def test_what_is_no_task_is_refused(own):
    with pytest.raises(TypeError, match=r"as in check_task\(MyTask\(\)\)"):
        check_task(own)
    with pytest.raises(TypeError, match="not 'DelayMatchSample'"):
        check_task("DelayMatchSample")


def test_what_cannot_be_registered_is_refused(own):
    class Plain(own):
        pass

    with pytest.raises(ValueError, match="must be a dataclass"):
        register_task(Plain)

    @dataclass(frozen=True, kw_only=True)
    class Unfinished(PaintedTask):
        pass

    with pytest.raises(ValueError, match="not complete: write its channels, factors, ideal, paint, responses"):
        register_task(Unfinished)
    other = dataclass(frozen=True, kw_only=True)(type("DelayMatchSample", (own,), {}))
    with pytest.raises(ValueError, match="there is a task 'DelayMatchSample' already"):
        register_task(other)
