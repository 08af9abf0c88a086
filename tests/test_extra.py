"""Without the packages of an extra, one message says how to get them."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize("missing", ["anywidget", "ipywidgets", "traitlets"])
@pytest.mark.parametrize("module", ["live_network", "choice", "explorer"])
def test_widgets_say_what_they_need(module, missing):
    hide = f"import sys; sys.modules[{missing!r}] = None"
    code = f"{hide}\ntry:\n    import cogdyn.lessons.{module}\nexcept ModuleNotFoundError as error:\n    print(error)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip().startswith("the widgets of the lessons need ")
    assert done.stdout.strip().endswith("pip install 'cogdyn[lessons]'")


def test_notebooks_need_jupytext_and_make_nothing_without_it(tmp_path):
    code = (
        "import sys; sys.modules['jupytext'] = None; sys.argv[1:] = ['lessons', 'here', '--no-open']\n"
        "from cogdyn.lessons.command_line import main\nmain()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr == "error: writing notebooks needs jupytext: pip install 'cogdyn[lessons]'\n"
    assert list(tmp_path.iterdir()) == []
