"""How every lesson begins."""

import torch


def start() -> None:
    """Prepare a notebook: one thread, which is fastest for small networks, and sharp figures."""
    torch.set_num_threads(1)
    try:
        from matplotlib_inline.backend_inline import set_matplotlib_formats
    except ModuleNotFoundError:  # not in a notebook
        return
    set_matplotlib_formats("retina")
