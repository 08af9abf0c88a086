"""How results are shown: numbers as they are, arrays by their shapes."""

from __future__ import annotations

from dataclasses import fields
from reprlib import Repr
from typing import Any

LONGEST = 280
"""Characters of a result that is shown."""


def shapes_repr(self: Any) -> str:
    """A dataclass as ``FixedPoints(points (12, 100), speed (12,), ...)``; fields that begin with _ are left out."""
    names = [field.name for field in fields(self) if not field.name.startswith("_")]
    text = f"{type(self).__name__}({', '.join(f'{name} {_shown(getattr(self, name))}' for name in names)})"
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 4]}...)"


def _shown(value: Any) -> str:
    if (shape := getattr(value, "shape", ())) != ():
        return str(tuple(shape))
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_SHORT.repr(name)}: {_shown(one)}' for name, one in list(value.items())[:3])}}}"
    if isinstance(value, (list, tuple)) and any(getattr(one, "shape", ()) != () for one in value):
        return f"{len(value)} arrays"
    return f"= {float(value):.4g}" if isinstance(value, float) else f"= {_SHORT.repr(value)}"


_SHORT = Repr()
_SHORT.maxother = _SHORT.maxstring = 30
_SHORT.maxdict = _SHORT.maxlist = _SHORT.maxtuple = 3
