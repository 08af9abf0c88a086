"""``check_task`` passes a sound task of one's own, and names what is wrong with an unsound one."""

import re
from dataclasses import dataclass, replace
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest
from playing import TwoAnswers

from cogdyn.envs import (
    Choice,
    ContractError,
    Levels,
    PaintedTask,
    Uniform,
    check_task,
    make_task,
    register_task,
    task_names,
)
from cogdyn.envs.contract import CHECKS, check_durations, check_ideal_without_noise, check_periods, check_replay
from cogdyn.envs.gym.registration import register_environments
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
        ({"ideal": one_lamp}, "ideal misses something that the inputs show"),
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
    task = broken(own, **methods)

    def names_it(check):
        try:
            check(task)
        except Exception as error:
            return message in str(error)
        return False

    assert any(map(names_it, CHECKS))


def test_a_lost_draw_is_found():
    """Durations that are not drawn as declared: here the longer half never comes."""
    task = make_task("DelayMatchSample")

    @dataclass(frozen=True, kw_only=True)
    class Short(type(task)):
        def durations(self):
            return super().durations() | {"delay": lambda conditions: np.full(len(conditions["sample"]), 400.0)}

    check_durations(Short())  # computed durations are the task's own affair
    assert replace(task, delay_ms=400).sample(3, 0).inputs.shape == Short().sample(3, 0).inputs.shape


def test_what_is_no_task_is_refused(own):
    with pytest.raises(TypeError, match=r"as in check_task\(MyTask\(\)\)"):
        check_task(own)
    with pytest.raises(TypeError, match="not 'DelayMatchSample'"):
        check_task("DelayMatchSample")


def test_a_mistake_that_breaks_every_promise_is_reported_once(own):
    def painted(self, canvas, conditions):
        canvas.add("lmap", np.ones((len(conditions["brightest"]), 2)), "lamps")

    with pytest.raises(ContractError, match=r"cannot be checked.*\n  ArgumentError: unknown channel 'lmap'") as error:
        check_task(broken(own, paint=painted))
    assert str(error.value).count("lmap") == 1
    with pytest.raises(ContractError) as error:
        check_task(broken(own, score=lambda self, outputs, batch: outputs.nothing))
    assert str(error.value).count("AttributeError") == 1
    assert re.match(r"Broken breaks \d+ of \d+ promises:\n- ", str(error.value))


@dataclass(frozen=True, kw_only=True)
class Tones(PaintedTask):
    """Was the second tone louder than the first? Periods with numbers, durations declared as float."""

    tone_ms: float = 200
    gap_ms: float = 200
    decision_ms: float = 200

    family = "test"
    source = "doi:10."
    periods = ("tone 1", "gap", "tone 2", "decision")
    informative = "tone 2"
    contrasts = ("louder",)

    def channels(self):
        return {"tone": 1}

    def responses(self):
        return ("wait", "first", "second")

    def factors(self):
        return {"louder": Levels((1, 2)), "loudness": Levels((1.0, 2.0))}

    def paint(self, canvas, conditions):
        change = np.where(conditions["louder"] == 2, 0.5, -0.5)
        canvas.add("tone", conditions["loudness"][:, None], "tone 1")
        canvas.add("tone", (conditions["loudness"] + change)[:, None], "tone 2")
        canvas.target(conditions["louder"], "decision")

    def ideal(self, batch):
        first, second = (self.mean_input(batch, "tone", f"tone {k}")[:, 0] for k in (1, 2))
        return self.respond(batch, np.where(second > first, 2, 1))


def test_numbered_periods_share_a_duration_that_may_be_drawn():
    assert Tones().durations() == {"tone 1": 200, "gap": 200, "tone 2": 200, "decision": 200}
    task = Tones(tone_ms=Uniform(100, 300), gap_ms=Choice((0, 400)))
    assert task.durations()["tone 1"] == task.durations()["tone 2"] == Uniform(100, 300)
    for check in (check_durations, check_periods, check_ideal_without_noise, check_replay):
        check(task)


def test_durations_of_a_task_of_ones_own_may_be_distributions(own):
    """As the page says, and whatever the field is declared as."""
    task = own(lamps_ms=Uniform(200, 600), decision_ms=Choice((200, 400)))
    assert {*np.subtract(*task.sample(500, 0).periods["lamps"][::-1])} == {*range(10, 31)}
    with pytest.raises(ValueError, match=r"decision_ms is 100 ms; it must be at least 120 ms"):
        own(decision_ms=Choice((100, 400)))


def test_what_a_task_lacks_is_named(own):
    with pytest.raises(ValueError, match=r"Broken has no factors: draw one or more, such as {"):
        broken(own, factors=lambda self: {})
    with pytest.raises(ValueError, match=r"has a period 'flash' but no field flash_ms; add one, as in flash_ms: Dura"):
        broken(own, periods=("flash", "decision"))


@pytest.mark.parametrize("name", ["My Task", "a/b", "a:b", ""])
def test_a_name_that_no_environment_can_have_leaves_the_table_as_it_was(own, name):
    before = dict(TASKS), dict(gym.registry)
    with pytest.raises(ValueError, match=f"the name of a task is {name!r}; allowed: letters"):
        register_task(dataclass(frozen=True, kw_only=True)(type(name, (own,), {})))
    assert (TASKS, gym.registry) == before
    register_environments()


def test_a_batch_is_shown_by_its_sizes_and_names():
    shown = repr(make_task("NBack").sample(64, 0))
    assert shown.splitlines() == [
        "TrialBatch: inputs (170, 64, 7), targets (170, 64) (choice), dt 20 ms;",
        "  periods: fixation, item, pause, response;",
        "  conditions: item, match, n_matches",
    ]


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
