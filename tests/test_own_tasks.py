"""A task of one's own is found in other processes, in runs and on the command line, by the module that registers it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import gymnasium as gym
import pytest
from gymnasium.envs.registration import EnvSpec
from test_check_task import PAGE
from test_run_reading import with_described
from typer.testing import CliRunner

from cogdyn.agents import RateRNN, RunError, load_run, train
from cogdyn.agents.rules import BPTT
from cogdyn.envs import Mixture, Noisy, TrialEnv, make_task
from cogdyn.envs.own_tasks import modules_of
from cogdyn.envs.registry import TASKS, task_config, task_from_config
from cogdyn.lessons.commands.main import app

ID = "cogdyn/Brightest-v0"


def forget():
    """Be as a process that has not imported the module."""
    TASKS.pop("Brightest", None)
    gym.registry.pop(ID, None)
    sys.modules.pop("mytasks", None)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with ``mytasks.py``, which holds the task of the page; it is the current one, and not on the path."""
    cell = re.search(r"```{code-cell} ipython3\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)[1]
    (tmp_path / "mytasks.py").write_text(cell, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry])
    yield tmp_path
    forget()


@pytest.fixture
def importable(folder, monkeypatch):
    monkeypatch.syspath_prepend(folder)
    return folder


def test_a_name_with_a_module_is_found_by_a_process_that_has_not_imported_it(importable):
    task = make_task("mytasks:Brightest", contrast=0.2)
    assert TrialEnv("mytasks:Brightest", contrast=0.2).task == task
    assert gym.spec(ID).kwargs == {"task": "mytasks:Brightest"}
    written = gym.make(ID, contrast=0.2).spec.to_json()
    forget()
    again = gym.make(EnvSpec.from_json(written)).unwrapped.task
    assert task_config(again) == task_config(task)
    assert gym.make("mytasks:cogdyn/Brightest-v0").unwrapped.task == make_task("Brightest")


def test_what_cannot_be_found_is_said(importable):
    with pytest.raises(ImportError, match=r"the module 'mytask': No module named 'mytask'. Allowed: .* without \.py"):
        make_task("mytask:Brightest")
    with pytest.raises(ImportError, match=r"cannot import the module 'mytasks\.py'"):
        make_task("mytasks.py:Brightest")
    with pytest.raises(ValueError, match=r"unknown task 'Brigthest'\. Did you mean 'Brightest'"):
        make_task("mytasks:Brigthest")
    forget()
    with pytest.raises(ValueError, match=r"unknown task 'Brightest'.* own, import the module that registers it first"):
        make_task("Brightest")
    with pytest.raises(ValueError, match=r"in a notebook or script.* itself: TrialEnv\(Brightest\(\)\)"):
        gym.make(EnvSpec(ID, "cogdyn.envs.gym.trial_env:TrialEnv", kwargs={"task": "__main__:Brightest"}))


@pytest.fixture
def run(importable):
    task = make_task("mytasks:Brightest")
    network = RateRNN(task.n_inputs, 4, task.n_outputs, dt=task.dt, seed=0)
    few = {"steps": 1, "batch_size": 2, "n_test": 4, "device": "cpu"}
    train(task, network, BPTT(), out=importable / "run", **few)
    forget()
    return importable / "run"


def test_a_run_names_the_module_of_its_task_and_imports_it_only_if_asked(run):
    with pytest.raises(RunError, match=r"unknown task 'Brightest'.*For this run: import_modules=\['mytasks'\]"):
        load_run(run)
    assert "mytasks" not in sys.modules
    loaded = load_run(run, import_modules="mytasks")
    assert loaded.config["modules"] == ["mytasks"]
    assert loaded.task == make_task("Brightest")


@pytest.mark.parametrize("name", ["mytasks:Brightest", "Brightest"])
def test_what_a_file_names_is_not_imported(run, name):
    with_described(run, "task", name=name)
    for nested in ({"name": name}, {"name": "Mixture", "tasks": [{"name": name}]}):
        with pytest.raises(ValueError, match=f"unknown task '{name}'"):
            task_from_config(nested)
    with pytest.raises(RunError, match=f"unknown task '{name}'"):
        load_run(run)
    assert "mytasks" not in sys.modules


@pytest.mark.parametrize(
    ("modules", "said"),
    [
        (["__main__"], "It was defined in a notebook or script: define it here"),
        (None, ""),
        ("mytasks", ""),
        ([3, None], ""),
    ],
)
def test_a_run_that_cannot_be_found_again_says_what_it_knows(run, modules, said):
    with_described(run, None, modules=modules)
    with pytest.raises(RunError, match=f"unknown task 'Brightest'.*{said}") as error:
        load_run(run)
    assert "import_modules" not in str(error.value)


def test_the_modules_of_a_task_are_those_of_its_parts(importable):
    own, ours = make_task("mytasks:Brightest"), make_task("GoNogo")
    assert modules_of(ours) == []
    assert modules_of(Mixture(tasks=(ours, own))) == ["mytasks"]
    assert modules_of(Noisy(task=own)) == ["mytasks"]


@pytest.fixture
def commands(run, monkeypatch):
    """The command line, in a session that does not search the current folder."""
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry != str(run.parent)])
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


def test_commands_import_what_they_are_asked_to(commands):
    alone = commands("show", "run")
    assert alone.exit_code == 1
    assert "--import on the command line" in alone.stderr
    shown = commands("show", "run", "--import", "mytasks")
    assert shown.exit_code == 0, shown.output
    assert "Brightest, 4 units, BPTT, 1 updates" in shown.stdout
    forget()
    assert "Which of three lamps" in commands("tasks", "Brightest", "--import", "mytasks").stdout
    forget()
    assert commands("play", "mytasks:Brightest").stderr.startswith("error: play needs a terminal")
    wrong = commands("tasks", "--import", "mytask")
    assert (wrong.exit_code, wrong.stderr.count("\n")) == (1, 1)
    assert "cannot import the module 'mytask'" in wrong.stderr


@pytest.mark.slow
def test_training_names_the_module_in_what_to_do_next(commands):
    done = commands("train", "Brightest", "--import", "mytasks", "--steps", 1, "--units", 4, "--batch-size", 2)
    assert done.exit_code == 0, done.output
    assert "cogdyn show runs/Brightest --import mytasks" in done.stdout


SPAWNED = """
import gymnasium as gym
import mytasks
from dask.distributed import Client, LocalCluster
from gymnasium.vector import AsyncVectorEnv
from joblib.externals.loky import get_reusable_executor
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.vec_env import SubprocVecEnv
from cogdyn.envs import TrialEnv, make_task

class Lamps(mytasks.Brightest):
    pass

expected = make_task("Brightest").sample(2, 0).inputs
envs = gym.make_vec("cogdyn/Brightest-v0", 2, vectorization_mode="async", vector_kwargs={"context": "spawn"})
assert (envs.reset(seed=0)[0].shape) == (2, 4)
envs.close()
envs = AsyncVectorEnv([lambda: TrialEnv(Lamps())] * 2, context="spawn")
assert (envs.reset(seed=0)[0].shape) == (2, 4)
envs.close()
spawned = {"vec_env_cls": SubprocVecEnv, "vec_env_kwargs": {"start_method": "spawn"}}
envs = make_vec_env("mytasks:cogdyn/Brightest-v0", 2, **spawned)
assert envs.reset().shape == (2, 4)
envs.close()
work = lambda seed: make_task("mytasks:Brightest").sample(2, seed).inputs
with get_reusable_executor(max_workers=1) as executor:
    assert (executor.submit(work, 0).result() == expected).all()
with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster) as client:
    assert (client.submit(work, 0).result() == expected).all()
"""


@pytest.mark.slow
def test_workers_that_are_spawned_find_it(folder):
    """Those of Gymnasium, Stable-Baselines3, loky and Dask, from a main module without a file, as a notebook is."""
    paths = os.pathsep.join([str(Path(__file__).parents[2]), str(folder)])
    done = subprocess.run(
        [sys.executable, "-c", SPAWNED], env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
