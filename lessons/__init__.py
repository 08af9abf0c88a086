"""What a reader touches: figures, checks, widgets, the command line."""

from .bridges import draw_error_left as draw_error_left
from .bridges import draw_learning as draw_learning
from .bridges import error_left as error_left
from .checks import Verdict as Verdict
from .checks import check_bridged_block as check_bridged_block
from .checks import check_euler_step as check_euler_step
from .local_signals import check_rflo as check_rflo
from .local_signals import cue_alignment as cue_alignment
from .local_signals import draw_cue_alignment as draw_cue_alignment
from .local_signals import feedback_alignment as feedback_alignment
from .memory import MemoryTrace as MemoryTrace
from .memory import decode_sample as decode_sample
from .memory import draw_memory_trace as draw_memory_trace
from .memory import draw_score_by_delay as draw_score_by_delay
from .memory import lesion as lesion
from .memory import memory_trace as memory_trace
from .memory import score_by_delay as score_by_delay
from .notebook import start as start
from .play_buttons import play as play
from .study_results import ReportTable as ReportTable
from .study_results import how_much_is_done as how_much_is_done
from .study_results import study_results as study_results
from .summary_figure import draw_summary as draw_summary
from .trial_figure import draw_trial as draw_trial
