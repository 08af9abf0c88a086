"""The names that users import: where they are, and that faces which load on first use look like others."""

import ast
import inspect
import pickle
import re
import subprocess
import sys
from pathlib import Path

import pytest

from cogdyn import agents, lessons

ROOT = Path(__file__).parents[1]
FACES = {"cogdyn", "cogdyn.envs", "cogdyn.agents", "cogdyn.agents.rules", "cogdyn.agents.dynamics", "cogdyn.lessons"}
FACES |= {"cogdyn.agents.credit"}  # the vocabulary of a rule of one's own
FACES |= {"cogdyn.agents.measures.behaviour"}  # what is computed of a table of trials
OF_AN_EXTRA = {"cogdyn.agents.training.stable_baselines"}


def run(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()


def names_for_type_checkers():
    """The names of the face of lessons as type checkers, editors and Sphinx find them in its source."""
    (block,) = (node for node in ast.parse(inspect.getsource(lessons)).body if isinstance(node, ast.If))
    return {alias.asname: f".{each.module}" for each in block.body for alias in each.names}


def test_lessons_have_six_names_that_can_be_seen_before_they_are_loaded():
    assert run("from cogdyn import lessons; print(*lessons.__all__)") == list(lessons.__all__)
    assert len(lessons.__all__) == 6
    assert set(lessons.__all__) < set(run("from cogdyn import lessons; print(*dir(lessons))"))
    assert names_for_type_checkers() == lessons._MODULES
    for name in lessons.__all__:
        value = getattr(lessons, name)
        assert inspect.isfunction(value)
        assert value.__module__ == f"cogdyn.lessons{lessons._MODULES[name]}"
        assert pickle.loads(pickle.dumps(value)) is value


def test_lessons_are_imported_as_any_other_module():
    assert run("from cogdyn.lessons import *; print(play.__name__, draw_trial.__name__)") == ["play", "draw_trial"]
    code = "import cogdyn.lessons.player.buttons, cogdyn.lessons; print(callable(cogdyn.lessons.play))"
    assert run(code) == ["True"]
    code = "import pydoc, cogdyn.lessons; print(pydoc.plain(pydoc.render_doc(cogdyn.lessons)))"
    assert "draw_summary(run: " in " ".join(run(code))
    with pytest.raises(AttributeError, match=r"'cogdyn\.lessons' has no attribute 'draw_trail'"):
        lessons.draw_trail  # noqa: B018
    with pytest.raises(ImportError, match="cannot import name 'draw_trail'"):
        from cogdyn.lessons import draw_trail  # noqa: F401


def test_a_face_shares_no_name_with_a_room():
    """The import of a room would put the folder in the place of the name."""
    for face in (agents, lessons):
        rooms = {path.parent.name for path in Path(face.__file__).parent.glob("*/__init__.py")}
        names = {name for name in dir(face) if not inspect.ismodule(getattr(face, name))}
        assert not rooms & names


def test_the_pages_import_what_learns_from_a_face():
    pages = [ROOT / "README.md", *(ROOT / "book").rglob("*.md")]
    texts = {page.name: page.read_text(encoding="utf-8") for page in pages if "_build" not in page.parts}
    imports = [
        (name, module)
        for name, text in texts.items()
        for module in re.findall(r"^from (cogdyn(?:\.(?:envs|agents)[\w.]*)?) import", text, re.MULTILINE)
    ]
    assert len(imports) > 20
    assert [each for each in imports if each[1] not in FACES | OF_AN_EXTRA] == []
