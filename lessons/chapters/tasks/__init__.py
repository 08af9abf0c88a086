"""The page "Tasks: what a trial asks"."""

from .check import check_ideal_choices as check_ideal_choices
from .check import check_proportion_right as check_proportion_right
from .curves import choices_of as choices_of
from .curves import choose_right as choose_right
from .curves import draw_choice_curves as draw_choice_curves
from .curves import draw_running_sums as draw_running_sums
from .curves import ideal_curve as ideal_curve
from .curves import running_sums as running_sums
