"""The plan of the house, read from the source: imports, folders, sizes, marks, seeds, versions.

Each check is a function of a text or a folder that returns what is wrong, so it can be shown a bad example.
"""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from itertools import chain
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
FLOORS = ("envs", "agents", "lessons")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

# What each room may import: of ours, and of others besides the standard library (None: anything).
ROOMS = {
    "envs": ({"envs"}, {"numpy", "gymnasium", "beartype"}),
    "agents": ({"agents", "envs"}, {"numpy", "scipy", "torch", "safetensors", "gymnasium"}),
    "agents.dynamics": ({"agents.dynamics", "envs.typechecked"}, {"numpy", "scipy", "torch"}),
    "lessons": ({"lessons", "agents", "envs"}, None),
}
# The rooms of each floor from the ground up: a room imports none above it.
ORDER = {
    "envs": ("observers", "tasks", "context", "gym", "contract"),
    "agents": ("dynamics", "network", "credit", "rules", "training", "measures"),
    "lessons": ("widgets", "checking", "figures", "studies", "player", "chapters", "pages", "grading", "commands"),
}
# Drawing a single frame is the one place where envs may reach for matplotlib and Pillow, and only when it is called; so
# may one analysis for the package of the extra "similarity", and what returns a DataFrame where there is pandas.
INSIDE_FUNCTIONS = {
    "envs/gym/render.py": {"matplotlib", "PIL"},
    "agents/dynamics/dsa.py": {"DSA"},
    "agents/measures/behaviour/acting.py": {"pandas"},
}
# The one door to the package of the extra "rl", and that to the one of "fast"; nothing else of ours imports them.
EXTRAS = {
    "agents/training/stable_baselines.py": {"stable_baselines3"},
    "agents/training/rate_policy.py": {"sb3_contrib"},
    "agents/credit/loops/compiler.py": {"numba"},
    "lessons/grading/questions/canvas.py": {"text2qti"},
}

GLOBAL_SEEDS = {
    "np.random.seed",
    "numpy.random.seed",
    "random.seed",
    "torch.manual_seed",
    "torch.cuda.manual_seed",
    "torch.cuda.manual_seed_all",
}


def imports_of(text, package):
    """Yield (line, name, is_ours, in_function) for each import; a relative one as its path below the root."""
    tree = ast.parse(text)
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    in_function = {inner for function in functions for inner in ast.walk(function)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name, False, node in in_function
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.lineno, node.module, False, node in in_function
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) + 1 - node.level]
            for alias in node.names:
                name = ".".join([*above, *filter(None, [node.module]), alias.name])
                yield node.lineno, name, True, node in in_function


def import_problems(where, text):
    package = Path(where).parent.parts
    room = "agents.dynamics" if package[:2] == ("agents", "dynamics") else package[0]
    ours, others = ROOMS[room]
    problems = []
    for line, name, is_ours, in_function in imports_of(text, package):
        top = name.split(".")[0]
        if is_ours:
            allowed = name == "__version__" or any(f"{name}.".startswith(f"{folder}.") for folder in ours)
        elif top in {"cogdyn", *FLOORS}:
            allowed = False  # inside the folders only relative imports: absolute ones blind the type checkers
        else:
            lazy = INSIDE_FUNCTIONS.get(where, set()) if in_function else set()
            allowed = others is None or top in others | lazy | EXTRAS.get(where, set()) | sys.stdlib_module_names
        if not allowed:
            problems.append(f"{where}:{line} {room} may not import {name}")
    return problems


def climbs(where, text):
    """Imports of a room above one's own."""
    floor, *inner = Path(where).parent.parts
    rooms = ORDER[floor]
    if not inner or inner[0] not in rooms:
        return []
    above = rooms[rooms.index(inner[0]) + 1 :]
    return [
        f"{where}:{line} {inner[0]} may not import {name}, which is above it"
        for line, name, is_ours, _ in imports_of(text, (floor, *inner))
        if is_ours and any(f"{name}.".startswith(f"{floor}.{room}.") for room in above)
    ]


def room_problems(root):
    """Folders that are not in the plan, and files of agents and lessons that lie outside of a room."""
    found = {floor: {path.parent.name for path in (root / floor).glob("*/__init__.py")} for floor in FLOORS}
    loose = [path for floor in ("agents", "lessons") for path in (root / floor).glob("*") if path.is_file()]
    return [
        *(
            f"{floor}: {sorted(found[floor] ^ set(ORDER[floor]))}"
            for floor in FLOORS
            if found[floor] ^ set(ORDER[floor])
        ),
        *(str(path.relative_to(root)) for path in loose if path.name != "__init__.py"),
    ]


def length_problems(where, text):
    lines = len(text.splitlines())
    return [f"{where}: {lines} lines"] if lines > 300 else []


def left_marks(where, text):
    marks = re.compile(r"\b(TO.?DO|FIX.?ME|X{3})\b")
    return [f"{where}:{i} {line}" for i, line in enumerate(text.splitlines(), 1) if marks.search(line)]


def global_seeds(where, text):
    calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    return [f"{where}:{call.lineno} global seed" for call in calls if ast.unparse(call.func) in GLOBAL_SEEDS]


def unseeded_draws(where, text):
    """Draws from torch's global generator, or from a numpy one that nothing seeds: other bytes every time."""
    calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    draws = re.compile(r"torch\.(randn?|randint|randperm|normal|bernoulli|multinomial)|np\.random\.default_rng")
    return [
        f"{where}:{call.lineno} unseeded draw"
        for call in calls
        if draws.fullmatch(ast.unparse(call.func))
        and not ("torch" in ast.unparse(call.func) and any(keyword.arg == "generator" for keyword in call.keywords))
        and not ("default_rng" in ast.unparse(call.func) and call.args)
    ]


def checks_that_vanish(where, text):
    """Asserts, which ``python -O`` leaves out, other than those that tell a type checker what is known anyway."""
    asserts = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Assert)]
    known = re.compile(r"isinstance\(.*\)|.* is not None")
    return [f"{where}:{node.lineno} assert" for node in asserts if not known.fullmatch(ast.unparse(node.test))]


def name_problems(where, text):
    return [f"{where}: name the thing instead"] if Path(where).name == "utils.py" else []


def stopwatches(where, text):
    """Times that are measured in a test: a busy machine makes them others. Speed belongs to the benchmark."""
    watch = re.compile(r"perf_counter|process_time|performance\.now|assert .*time\.\w+\(\) -")
    return [f"{where}:{i} stopwatch" for i, line in enumerate(text.splitlines(), 1) if watch.search(line)]


CHECKS = [
    import_problems,
    climbs,
    length_problems,
    left_marks,
    global_seeds,
    unseeded_draws,
    checks_that_vanish,
    name_problems,
]


@pytest.mark.parametrize("check", CHECKS)
def test_every_source_keeps_the_plan(check):
    paths = [path for floor in FLOORS for path in (ROOT / floor).rglob("*.py")]
    texts = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in paths}
    assert len(texts) > len(FLOORS)
    assert [problem for where, text in texts.items() for problem in check(where, text)] == []


def test_tests_draw_the_same_every_time():
    paths = (ROOT / "tests").glob("*.py")
    assert [problem for path in paths for problem in unseeded_draws(path.name, path.read_text(encoding="utf-8"))] == []


def test_no_test_depends_on_how_fast_the_machine_is():
    texts = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "tests").glob("test_*.py")}
    del texts["test_house.py"]  # it names what it looks for
    assert [problem for where, text in texts.items() for problem in stopwatches(where, text)] == []


@pytest.mark.parametrize(
    ("check", "where", "text", "count"),
    [
        (import_problems, "envs/ring.py", "import json, numpy.linalg\nfrom gymnasium import Env", 0),
        (import_problems, "envs/ring.py", "from . import task\nfrom .task import Task", 0),
        (import_problems, "envs/ring.py", "import torch", 1),
        (import_problems, "envs/ring.py", "from ..agents import train", 1),
        (import_problems, "envs/ring.py", "from .. import lessons", 1),
        (import_problems, "envs/ring.py", "from cogdyn.envs import task", 1),
        (import_problems, "envs/ring.py", "import envs.task", 1),
        (import_problems, "envs/gym/render.py", "def draw():\n    import matplotlib.pyplot", 0),
        (import_problems, "envs/gym/render.py", "import matplotlib.pyplot", 1),
        (import_problems, "envs/task.py", "def draw():\n    import matplotlib.pyplot", 1),
        (import_problems, "agents/training/loop.py", "from ... import __version__\nfrom ...envs import Task", 0),
        (import_problems, "agents/training/loop.py", "from ..dynamics import jpca\nfrom ..rules import BPTT", 0),
        (import_problems, "agents/training/loop.py", "import matplotlib", 1),
        (import_problems, "agents/rules/bptt.py", "from ...lessons import figures", 1),
        (
            import_problems,
            "agents/rules/bptt.py",
            "from ...envs import Task\nfrom ..network import RateRNN",
            0,
        ),
        (import_problems, "agents/dynamics/jpca.py", "import scipy\nfrom .pca import pca", 0),
        (import_problems, "agents/dynamics/jpca.py", "from ..network import RateRNN", 1),
        (import_problems, "agents/dynamics/jpca.py", "from ...envs import Task", 1),
        (import_problems, "lessons/figures.py", "import ipywidgets\nfrom ..agents.dynamics import jpca", 0),
        (import_problems, "lessons/figures.py", "from cogdyn.agents import train", 1),
        (climbs, "agents/rules/bptt.py", "from ..credit.rule import Rule\nfrom ..network import rate_rnn", 0),
        (climbs, "agents/rules/bptt.py", "from ..training.loop import train\nfrom .. import measures", 2),
        (climbs, "lessons/studies/kao2019/study.py", "from ...chapters.bridges import error_left", 1),
        (length_problems, "envs/task.py", "\n" * 300, 0),
        (length_problems, "envs/task.py", "\n" * 301, 1),
        (left_marks, "envs/task.py", "x = 1  # TO-DO: two", 1),
        (left_marks, "envs/task.py", "todorov = 1", 0),
        (global_seeds, "envs/task.py", "np.random.seed(0)\ntorch.manual_seed(0)", 2),
        (global_seeds, "agents/noise.py", "generator = torch.Generator().manual_seed(0)", 0),
        (unseeded_draws, "agents/noise.py", "torch.randn(3, generator=g)\nnp.random.default_rng(0)", 0),
        (stopwatches, "test_x.py", "until = time.monotonic() + 600\nassert time.monotonic() < until", 0),
        (stopwatches, "test_x.py", "assert time.monotonic() - began < 2\nb = time.process_time()", 2),
        (unseeded_draws, "agents/noise.py", "torch.randn(3)\nnp.random.default_rng()", 2),
        (checks_that_vanish, "agents/noise.py", "assert x is not None\nassert isinstance(x, int)", 0),
        (checks_that_vanish, "agents/noise.py", "assert x > 0, 'x is negative'", 1),
        (name_problems, "agents/utils.py", "", 1),
        (name_problems, "agents/noise.py", "", 0),
    ],
)
def test_a_check_tells_bad_from_good(check, where, text, count):
    assert len(check(where, text)) == count


def package_problems(root):
    """Folders of modules that setup.py does not find."""
    folders = {path.parent for floor in FLOORS for path in (root / floor).rglob("*.py")}
    return [
        f"{folder.relative_to(root).as_posix()} has no __init__.py: add one, or the wheel is built without the folder"
        for folder in sorted(folders)
        if not (folder / "__init__.py").exists()
    ]


def root_problems(root):
    """Python files in the root other than those that belong there: they would land in the wheel."""
    return sorted({path.name for path in root.glob("*.py")} ^ {"__init__.py", "__main__.py", "setup.py"})


def test_every_folder_of_modules_is_a_package():
    assert package_problems(ROOT) == []


def test_the_rooms_are_those_of_the_plan(tmp_path):
    assert room_problems(ROOT) == []
    for floor, rooms in {**ORDER, "agents": ("dynamics",)}.items():
        for room in rooms:
            (tmp_path / floor / room).mkdir(parents=True)
            (tmp_path / floor / room / "__init__.py").touch()
    (tmp_path / "lessons/memory.py").touch()
    others = sorted(set(ORDER["agents"]) - {"dynamics"})
    assert room_problems(tmp_path) == [f"agents: {others}", "lessons/memory.py"]


def test_contributing_draws_the_rooms_and_says_what_each_holds():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    planned = {f"{floor}/{room}" for floor, rooms in ORDER.items() for room in rooms}
    assert {*re.findall(r"^\| `(\w+/\w+)/` \|", text, re.MULTILINE)} == planned
    drawing = re.search(r"```text\n(.*?)```", text, re.DOTALL)[1]
    drawn = [set(floor.split()) & set(chain(*ORDER.values())) for floor in drawing.split("  v\n")]
    assert drawn == [set(), *({*ORDER[floor]} for floor in reversed(FLOORS))]


def test_the_root_is_bare():
    assert root_problems(ROOT) == []


def test_folder_checks_see_a_bad_folder(tmp_path):
    for name in ["__init__.py", "__main__.py", "setup.py", "envs/__init__.py", "agents/rules/bptt.py"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert root_problems(tmp_path) == []
    (problem,) = package_problems(tmp_path)
    assert problem.startswith("agents/rules has no __init__.py")
    (tmp_path / "conftest.py").touch()
    assert root_problems(tmp_path) == ["conftest.py"]


def versions(root):
    """The version as each file states it; in the changelog, that of the newest entry."""
    statements = {
        "__init__.py": r'^__version__ = "(.+)"$',
        "CITATION.cff": r"^version: (.+)$",
        "CHANGELOG.md": r"^## \[(.+?)\]",
    }
    return {
        name: re.search(pattern, (root / name).read_text(encoding="utf-8"), re.MULTILINE)[1]
        for name, pattern in statements.items()
    }


def test_versions_agree(tmp_path):
    assert len(set(versions(ROOT).values())) == 1, versions(ROOT)
    for name in versions(ROOT):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "CITATION.cff").write_text("version: 0.0.0\n")
    assert versions(tmp_path) == {**versions(ROOT), "CITATION.cff": "0.0.0"}


def pin_problems(requirements, constraints):
    """Requirements for which constraints name no exact version, or one outside the range."""
    lines = re.findall(r"^([\w.-]+)==(\S+)$", constraints, re.MULTILINE)
    pins = {canonicalize_name(name): version for name, version in lines}
    problems = []
    for requirement in map(Requirement, requirements):
        pin = pins.get(canonicalize_name(requirement.name))
        if requirement.name != "cogdyn" and (pin is None or pin not in requirement.specifier):
            problems.append(f"{requirement}, but constraints.txt has {pin}")
    return problems


def test_constraints_pin_what_pyproject_asks_for():
    extras = PROJECT["project"]["optional-dependencies"]
    requirements = [*PROJECT["project"]["dependencies"], *chain(*extras.values())]
    assert pin_problems(requirements, (ROOT / "constraints.txt").read_text(encoding="utf-8")) == []
    assert pin_problems(["Pre_Commit>=4", "torch<3"], "pre-commit==4.1\ntorch==2.13.0\n") == []
    assert len(pin_problems(["torch<2", "numpy"], "torch==2.13.0\n")) == 2


def loaded_by(statement):
    """Names of the packages in memory after the statement, in a process of its own."""
    code = f"import atexit, sys\natexit.register(lambda: print(*sys.modules, file=sys.stderr))\n{statement}"
    names = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stderr
    return {name.split(".")[0] for name in names.split()}


HEAVY = {"torch", "matplotlib", "scipy", "pandas", "IPython", "beartype"}


def test_importing_cogdyn_is_light():
    assert loaded_by("import cogdyn.envs, cogdyn.lessons") & HEAVY == set()
    assert loaded_by("import matplotlib") & HEAVY == {"matplotlib"}
    assert "matplotlib" in loaded_by("from cogdyn.lessons import draw_trial")


@pytest.mark.parametrize("words", ["--help", "train --help", "tasks", "tasks NBack", "rules", "rules RFLO"])
def test_commands_that_only_list_are_light(words):
    loaded = loaded_by(f"from cogdyn.__main__ import main\nsys.argv[1:] = {words.split()}\nmain()")
    assert loaded & (HEAVY | {"typer"}) == {"typer"}


def test_pytest_does_not_import_the_root_under_the_name_of_its_folder():
    assert str(ROOT.parent) not in sys.path
    assert {name for name, module in sys.modules.items() if is_root(module)} <= {"cogdyn"}


def is_root(module):
    return getattr(module, "__file__", None) == str(ROOT / "__init__.py")


@pytest.mark.parametrize(("switch", "code"), [("1", 1), ("", 0)])
def test_a_skipped_test_fails_where_nothing_may_be_skipped(tmp_path, switch, code):
    shutil.copy(ROOT / "tests" / "conftest.py", tmp_path)
    (tmp_path / "test_skip.py").write_text(
        "import pytest\ndef test_a(): pytest.skip('no browser')\n@pytest.mark.xfail\ndef test_b(): assert False\n"
    )
    command = [sys.executable, "-m", "pytest", "-c", os.devnull, "--rootdir", tmp_path, tmp_path]
    env = {**os.environ, "COGDYN_NO_SKIP": switch}
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    assert done.returncode == code, done.stdout
    assert ("this was skipped: Skipped: no browser" in done.stdout) == bool(switch)
