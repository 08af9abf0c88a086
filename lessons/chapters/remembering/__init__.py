"""The page "A network that remembers"."""

from .check import check_euler_step as check_euler_step
from .measures import MemoryTrace as MemoryTrace
from .measures import decode_sample as decode_sample
from .measures import draw_memory_trace as draw_memory_trace
from .measures import draw_score_by_delay as draw_score_by_delay
from .measures import memory_trace as memory_trace
from .measures import score_by_delay as score_by_delay
from .networks import memory_network as memory_network
