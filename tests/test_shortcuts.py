"""What ways of answering earn that leave out what a task is about; the docstring tells it, to judge scores by."""

import inspect

import numpy as np
import pytest

from cogdyn.envs import make_task

N = 20_000


def read_the_word(task, batch):
    shown = batch.conditions
    return task.respond(batch, np.where(shown["word"] > 0, shown["word"], shown["ink"]))


def judge_the_first_alone(task, batch):
    red_first = batch.conditions["longer_first"] == (batch.conditions["longer"] == 1)
    long = batch.conditions["first_ms"] > np.mean(task.intervals_ms)
    return task.respond(batch, np.where(long == red_first, 1, 2))


def judge_the_letter(task, batch):
    return task.respond(batch, *(batch.conditions[f"letter {k}"] for k in (1, 2, 3)))


def keep_to_the_first_task(task, batch):
    shown, letter_first = batch.conditions, batch.conditions["task 1"] == 0
    pairs = [(shown[f"letter {k}"], shown[f"digit {k}"]) for k in range(1, 5)]
    return task.respond(batch, *(np.where(letter_first, letter, digit) for letter, digit in pairs))


def respond_always(task, batch):
    return task.respond(batch, batch.conditions.get("side", np.ones(batch.batch_size, int)))


def go_by_the_last_slot(task, batch):
    left, right = (batch.conditions[f"{side} {task.n_slots}"].astype(int) for side in ("left", "right"))
    guess = np.random.default_rng(0).integers(1, 3, batch.batch_size)
    return task.respond(batch, np.where(left == right, guess, np.where(left > right, 1, 2)))


def go_by_the_last_100_ms(task, batch):
    stop, time = batch.periods["stimulus"][1], np.arange(len(batch.inputs))[:, None]
    last = (time >= stop - 5) & (time < stop)
    left, right = np.einsum("tb,tbk->kb", last, batch.inputs[..., task.input_groups["click"]].round())
    guess = np.random.default_rng(0).integers(1, 3, batch.batch_size)
    return task.respond(batch, np.where(left == right, guess, np.where(left > right, 1, 2)))


def never_bet(task, batch):
    left, right = task.mean_input(batch, "evidence", "stimulus").T
    return task.respond(batch, np.where(left > right, 1, 2))


@pytest.mark.parametrize(
    ("name", "strategy"),
    [
        ("Stroop", read_the_word),
        ("IntervalDiscrimination", judge_the_first_alone),
        ("TaskSwitching", judge_the_letter),
        ("AlternatingRuns", keep_to_the_first_task),
        ("PulseDecisionMaking", go_by_the_last_slot),
        ("PoissonClicks", go_by_the_last_100_ms),
        ("GoNogo", respond_always),
        ("PostDecisionWager", never_bet),
    ],
)
def test_the_docstring_tells_what_a_shortcut_earns(name, strategy):
    task = make_task(name)
    batch = task.sample(N, seed=1)
    told(task, task.score(strategy(task, batch), batch))


def test_who_forgets_the_cue_of_a_maze_turns_right_half_of_the_time():
    task = make_task("TMaze")

    def walk_on_and_turn_left(segment):
        return task.respond(segment, np.where(segment.conditions["place"] < task.length, 1, 2))

    batch = task.sample(2000, seed=1, policy=walk_on_and_turn_left)
    told(task, batch.conditions[f"outcome {task.length + 2}"])


@pytest.mark.parametrize("name", ["ReadySetGo", "OneTwoThreeGo", "DurationReproduction", "MotorTiming"])
def test_chance_is_the_best_of_all_constant_moments(name):
    task = make_task(name)
    batch = task.sample(4000, seed=1)
    moments = np.arange(100, 1500, task.dt)
    earned = [task.score(task.respond_at(batch, np.array([moment])), batch).mean() for moment in moments]
    assert task.chance == pytest.approx(max(earned), abs=0.03)


def test_who_ignores_the_stop_signal_is_right_where_none_comes():
    task = make_task("StopSignal")
    batch = task.sample(N, seed=1)
    told(task, task.score(respond_always(task, batch), batch), "ignores the stop signal")


def told(task, score, shortcut="earns"):
    """The docstring says "<shortcut> earns N %", and N is what it earned, four standard errors at most."""
    text = " ".join((inspect.getdoc(type(task)) or "").split())
    number = float(text.split(f" {shortcut} ")[1].split(" %")[0]) / 100
    assert score.mean() == pytest.approx(number, abs=0.005 + 4 * score.std() / np.sqrt(len(score)))
