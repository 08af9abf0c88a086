"""Modules that run in the reader's browser: several short files become the one that a widget may carry."""

import re
from pathlib import Path

_IMPORT_OF_NEIGHBOUR = re.compile(r'^import \{[^}]*\} from "\./[^"]+";\n', flags=re.MULTILINE)


def browser_module(*names: str) -> str:
    """Source of one ECMAScript module made of files beside this one, each after the files it imports from.

    A widget travels as a single module, in a notebook as in a static page, so an import of a neighbouring
    file has nowhere to point. Node runs the files as they lie; here their imports of each other are cut.

    Args:
        *names: File names such as ``"live_dynamics.mjs"``, in the order of their dependence.

    Returns:
        The module's source.
    """
    folder = Path(__file__).parent
    return "\n".join(_IMPORT_OF_NEIGHBOUR.sub("", (folder / name).read_text("utf-8")) for name in names)
