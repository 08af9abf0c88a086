"""Without the packages of an extra, one message says how to get them."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize("missing", ["anywidget", "ipywidgets", "traitlets"])
def test_widgets_say_what_they_need(missing):
    code = f"""
import sys
from importlib import import_module
sys.modules[{missing!r}] = None
for module in ("chapters.remembering.widget", "widgets.choice", "chapters.remembering.explorer"):
    try:
        import_module("cogdyn.lessons." + module)
    except ModuleNotFoundError as error:
        print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert len(lines) == 3
    for line in lines:
        assert line.startswith("the widgets of the lessons need ")
        assert line.endswith("pip install 'cogdyn[lessons]'")


def test_notebooks_need_jupytext_and_make_nothing_without_it(tmp_path):
    code = (
        "import sys; sys.modules['jupytext'] = None; sys.argv[1:] = ['lessons', 'here', '--no-open']\n"
        "from cogdyn.lessons.commands.main import main\nmain()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr == "error: writing notebooks needs jupytext: pip install 'cogdyn[lessons]'\n"
    assert list(tmp_path.iterdir()) == []
