"""The page "Fixed points"."""

from .check import check_jacobian as check_jacobian
from .check import check_newton_step as check_newton_step
from .context import ContextLine as ContextLine
from .context import Selection as Selection
from .context import context_line as context_line
from .context import context_network as context_network
from .context import context_task as context_task
from .context import pulse_left as pulse_left
from .context import selection as selection
from .context_figures import draw_context_lines as draw_context_lines
from .context_figures import draw_pulses as draw_pulses
from .context_figures import draw_selection as draw_selection
from .points import draw_modes as draw_modes
from .points import draw_points as draw_points
from .points import points_at as points_at
from .points import signs_at as signs_at
