"""Modules that run in the reader's browser: several short files become the one that a widget may carry."""

import re
from pathlib import Path

_IMPORT_OF_NEIGHBOUR = re.compile(r'^import \{[^}]*\} from "\.[^"]+";\n', flags=re.MULTILINE)


def browser_module(*names: str) -> str:
    """Source of one ECMAScript module made of several files, each after the files it imports from.

    A widget travels as a single module, in a notebook as in a static page, so an import of another file has nowhere to
    point. Node runs the files as they are; here their imports of each other are cut.

    Args:
        *names: Files of this folder such as ``"dynamics.mjs"``, or of a chapter, ``"bridges/widget.mjs"``, in the order
            of their dependence.

    Returns:
        The module's source.
    """
    return "\n".join(_IMPORT_OF_NEIGHBOUR.sub("", source(name)) for name in names)


def source(name: str) -> str:
    """Text of a file of this folder, or of one of a chapter, ``"bridges/widget.mjs"``."""
    here = Path(__file__).parent
    return (here.parent / "chapters" / name if "/" in name else here / name).read_text("utf-8")
