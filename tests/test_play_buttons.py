"""Tasks done by a person in a notebook, without a browser."""

import asyncio
import re
import subprocess
import sys

import pytest

from cogdyn.envs import make_task
from cogdyn.lessons import play
from cogdyn.lessons.player.buttons import ButtonGame
from cogdyn.lessons.player.session import PlaySession

DMS = make_task("DelayMatchSample")


def test_buttons_play_a_session():
    async def click():
        game.start.click()
        assert game.start.description == "start"
        while game.session.number < 3 or game.session.running:
            await asyncio.sleep(0)
            game.responses["1"].click()
        await game.running

    game = ButtonGame(PlaySession(DMS, n_trials=3, seed=0, speed=100), show_period=True)
    assert [button.description for button in game.responses.values()] == ["fixate", "match", "non-match"]
    assert all(button.disabled for button in game.responses.values())
    asyncio.run(click())
    batch = DMS.sample(64, seed=0)
    right = batch.conditions["match"][:3].sum()
    assert f"your score      {right / 3:>6.1%}  of 3 trials" in game.line.value
    assert "ideal observer" in game.line.value
    assert bytes(game.picture.value).startswith(b"\x89PNG")
    assert game.picture.layout.display == "block"
    assert game.start.disabled
    assert all(button.disabled for button in game.responses.values())


def test_bars_show_the_inputs_and_not_the_answer():
    async def watch():
        game.start.click()
        seen = []
        while not game.running.done():
            await asyncio.sleep(0)
            if game.session.running:
                seen.append((game.session.period, game.inputs.value, game.line.value))
        return seen

    game = ButtonGame(PlaySession(DMS, n_trials=1, seed=0, speed=100))
    for period, bars, line in asyncio.run(watch()):
        assert "fixation" in bars
        assert "stimulus" in bars
        assert bars.count("opacity") == 4
        assert "match" not in bars + line
        assert period not in re.sub("fixation", "", bars) or period == "fixation"


def test_stop_ends_the_session():
    async def stop():
        game.start.click()
        while not game.session.running:
            await asyncio.sleep(0)
        game.start.click()
        await asyncio.wait([game.running])

    game = ButtonGame(PlaySession(DMS, seed=0))
    asyncio.run(stop())
    assert game.running.cancelled()
    assert "No trial was done to its end." in game.line.value


def test_buttons_without_a_loop_say_so():
    game = ButtonGame(PlaySession(make_task("DelayedReach")))
    assert [button.description for button in game.responses.values()] == ["← x -", "→ x +", "↓ y -", "↑ y +"]
    game.start.click()
    assert game.line.value == "The buttons need a running notebook."


def test_play_takes_a_name_or_a_task():
    import ipywidgets

    assert isinstance(play("DelayMatchSample", n_trials=2), ipywidgets.VBox)
    assert isinstance(play(DMS), ipywidgets.VBox)
    with pytest.raises(ValueError, match="Did you mean 'DelayMatchSample'"):
        play("DelayMatchSampel")


def test_buttons_say_what_they_need():
    code = (
        "import sys; sys.modules['ipywidgets'] = None\nfrom cogdyn.lessons import play\n"
        "try:\n    play('DelayMatchSample')\nexcept ModuleNotFoundError as error:\n    print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "the widgets of the lessons need ipywidgets: pip install 'cogdyn[lessons]'\n"
