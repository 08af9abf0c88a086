"""The page "How a network learns: backpropagation through time"."""

from .check import check_backward as check_backward
from .check import check_backward_unit as check_backward_unit
from .cue import cue_trials as cue_trials
from .cue import errors_back as errors_back
from .cue import nudge as nudge
from .cue import small_network as small_network
from .figures import draw_errors_back as draw_errors_back
from .figures import draw_there_and_back as draw_there_and_back
