"""What a user installs: the wheel, in an environment that does not see the checkout."""

import os
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FLOORS = ("envs", "agents", "lessons")
SUFFIXES = (".mjs", ".css", ".csv", ".json", ".safetensors")

pytestmark = pytest.mark.slow


def run(*command, cwd):
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built from the sdist so that nothing left in build/ can slip in."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def scripts(wheel, tmp_path_factory):
    """Folder with the python and the cogdyn of a new environment, whose dependencies are those of this one.

    A path in a .pth file is not searched for further .pth files, so the editable install stays out of sight.
    """
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False, symlinks=os.name == "posix")
    here = {"base": str(folder), "platbase": str(folder)}
    scripts, packages = (Path(sysconfig.get_path(name, "venv", here)) for name in ("scripts", "purelib"))
    python = scripts / "python"
    run(
        sys.executable,
        "-m",
        "pip",
        "--python",
        python,
        "install",
        "--no-deps",
        "--no-index",
        wheel,
        cwd=folder,
    )
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    return scripts


def test_the_wheel_holds_all_that_is_ours_and_no_more(wheel):
    inside = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    modules = [
        ROOT / "__init__.py",
        ROOT / "__main__.py",
        *(path for floor in FLOORS for path in (ROOT / floor).rglob("*.py")),
    ]
    expected = {f"cogdyn/{path.relative_to(ROOT).as_posix()}" for path in [*modules, ROOT / "py.typed"]}
    assert {name for name in inside if name.endswith((".py", "py.typed"))} == expected
    pages = [*(ROOT / "book").glob("*.*"), *(ROOT / "book").glob("*/*.md"), *(ROOT / "book" / "slides").iterdir()]
    assets = [path for path in (ROOT / "lessons").rglob("*") if path.suffix in SUFFIXES]
    assert {f"cogdyn/{path.relative_to(ROOT).as_posix()}" for path in [*pages, *assets]} <= inside


def test_the_sdist_holds_the_versions_that_were_tested_and_the_tests(wheel):
    with tarfile.open(next(wheel.parent.glob("*.tar.gz"))) as sdist:
        inside = {Path(*Path(name).parts[1:]) for name in sdist.getnames()}
    tests = [path for path in (ROOT / "tests").iterdir() if path.is_file() and not path.name.startswith(".")]
    paths = [*tests, *(ROOT / name for name in ("constraints.txt", "Makefile", "CHANGELOG.md", "CITATION.cff"))]
    assert {path.relative_to(ROOT) for path in paths} <= inside
    with zipfile.ZipFile(wheel) as file:
        assert not [name for name in file.namelist() if "tests/" in name or name.endswith("constraints.txt")]


def test_environments_are_registered(scripts, tmp_path):
    code = """
import gymnasium as gym, cogdyn
env = gym.make("cogdyn:cogdyn/DelayMatchSample-v0")
env.reset(seed=0)
print(cogdyn.__file__, len(env.step(env.action_space.sample())))
"""
    file, n_returned = run(scripts / "python", "-c", code, cwd=tmp_path).split()
    assert Path(file).is_relative_to(scripts.parent)
    assert n_returned == "5"


def test_a_network_can_be_trained(scripts, tmp_path):
    run(scripts / "cogdyn", "train", "DelayMatchSample", "--steps", "2", "--out", "run", cwd=tmp_path)
    assert (tmp_path / "run" / "model.safetensors").exists()


def test_lessons_can_be_written(scripts, tmp_path):
    run(scripts / "cogdyn", "lessons", "course", "--no-open", cwd=tmp_path)
    assert list((tmp_path / "course").rglob("*.ipynb"))
