"""What a reader touches: lessons and their widgets, figures, studies, homework, the command line.

What a single page needs is in its folder of :mod:`cogdyn.lessons.chapters`. The names below are imported when they are
first asked for, so that the command line starts without torch and matplotlib.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .figures.learning import draw_learning as draw_learning
    from .figures.summary import draw_summary as draw_summary
    from .figures.trial import draw_trial as draw_trial
    from .pages.start import start as start
    from .pages.study_results import study_results as study_results
    from .player.buttons import play as play

_MODULES = {
    "draw_learning": ".figures.learning",
    "draw_summary": ".figures.summary",
    "draw_trial": ".figures.trial",
    "start": ".pages.start",
    "study_results": ".pages.study_results",
    "play": ".player.buttons",
}
if not TYPE_CHECKING:
    __all__ = list(_MODULES)


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value = getattr(import_module(_MODULES[name], __name__), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES})
