"""What a reader touches: lessons and their widgets, figures, studies, homework, the command line.

What a single page needs is in its folder of ``cogdyn.lessons.chapters``.
"""

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .figures.learning import draw_learning as draw_learning
    from .figures.summary import draw_summary as draw_summary
    from .figures.trial import draw_trial as draw_trial
    from .pages.start import start as start
    from .pages.study_results import study_results as study_results
    from .player.buttons import play as play
else:
    # Loaded when first asked for: the command line, a room of this folder, starts without torch and matplotlib.
    _MODULES = {
        "draw_learning": ".figures.learning",
        "draw_summary": ".figures.summary",
        "draw_trial": ".figures.trial",
        "start": ".pages.start",
        "study_results": ".pages.study_results",
        "play": ".player.buttons",
    }
    __all__ = list(_MODULES)

    def __getattr__(name: str) -> Any:
        if name not in _MODULES:
            text = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(text, name=name, obj=sys.modules[__name__])
        globals()[name] = value = getattr(import_module(_MODULES[name], __name__), name)
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *_MODULES})
