"""What a submission sees of this machine: Python, what is installed, and of ours what holds no solutions."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The folder of the package."""
SEEN_OF_OURS = ("__init__.py", "envs", "agents")
"""What submissions see of it: neither lessons nor book, where solutions lie."""


def readable_by_all() -> bool:
    """Whether every user of this machine can read Python and what is installed."""
    places = [Path(place) for place in (sys.base_prefix, sys.prefix, ROOT)]
    return all(folder.stat().st_mode & 0o005 == 0o005 for place in places for folder in (place, *place.parents))


def clean_environment() -> dict[str, str]:
    """The environment of submissions: nothing of ours, one thread, the same order of sets every time."""
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    path = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": "/nonexistent"}
    return path | threads | {"PYTHONHASHSEED": "0", "MPLBACKEND": "Agg", "PYTHONNOUSERSITE": "1"}


def visible() -> list[str]:
    """Folders of Python, and what there is to see of ours; links, and where they lead.

    What else Python looks for modules in, a nursery adds itself: it has no working folder among them.
    """
    folders = [Path(sys.prefix), Path(sys.base_prefix), *(ROOT / name for name in SEEN_OF_OURS)]
    return sorted({str(path) for folder in folders for path in (folder, folder.resolve()) if path.exists()})


def covered(hidden: Sequence[str]) -> list[Path]:
    """Folders that must look empty: what an assignment does without, and what of ours is not to be seen."""
    found = [ROOT / "lessons", ROOT / "book"]
    for name in hidden:
        try:
            spec = importlib.util.find_spec(name)
        except (ImportError, ValueError):
            continue
        for place in (spec.submodule_search_locations or [spec.origin]) if spec else []:
            if place:
                found.append(Path(place))
    return found
