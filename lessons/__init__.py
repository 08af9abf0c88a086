"""What a reader touches: lessons and their widgets, figures, studies, homework, the command line.

What a single page needs is in its folder of :mod:`cogdyn.lessons.chapters`.
"""

from .figures.learning import draw_learning as draw_learning
from .figures.summary import draw_summary as draw_summary
from .figures.trial import draw_trial as draw_trial
from .pages.start import start as start
from .pages.study_results import study_results as study_results
from .play.buttons import play as play
