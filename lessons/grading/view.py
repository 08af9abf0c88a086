"""What a submission sees of this machine: Python, what is installed, and of ours what holds no solutions."""

from __future__ import annotations

import importlib.util
import sys
import sysconfig
from collections.abc import Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The folder of the package."""
PARTS_OF_PREFIX = ("bin", "include", "lib", "lib32", "lib64", "libexec", "share", "pyvenv.cfg")
"""What Python and installed packages have in a prefix."""
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
    """What of Python and of its prefix belongs to it, and what there is to see of ours; links, and where they lead.

    Nothing else of a prefix, which may be a folder in which people work, and no folder that a ``.pth`` file names: the
    sources of packages in development are there.
    """
    prefixes = (sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix)
    found = [Path(prefix, part) for prefix in prefixes for part in PARTS_OF_PREFIX]
    found += [Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    return _with_targets([*found, *(ROOT / name for name in SEEN_OF_OURS)])


def covered(hidden: Sequence[str]) -> list[str]:
    """What must look empty: modules that an assignment does not allow, and what of ours is not to be seen."""
    found = [ROOT / "lessons", ROOT / "book"]
    for name in hidden:
        try:
            spec = importlib.util.find_spec(name)
        except (ImportError, ValueError):
            continue
        for place in (spec.submodule_search_locations or [spec.origin]) if spec else []:
            if place:
                found.append(Path(place))
    return _with_targets(found)


def _with_targets(paths: Iterable[Path]) -> list[str]:
    """Those that exist, under each of their names: as given, and without links."""
    return sorted({str(path) for given in paths for path in (given, given.resolve()) if path.exists()})
