"""What a widget leaves in a notebook for the time when its kernel is gone: a still picture, or its words."""

from __future__ import annotations

from html import escape
from typing import Any

from IPython.display import HTML, display

from .browser_module import source

_NOTE = (
    "This is a still: the figure itself needs its kernel. Run the notebook again from the top (Run, Run All Cells), or "
    "build the book with <code>cogdyn book</code>: in its pages the figure works without a kernel."
)

_HIDDEN = """
:is(.jp-OutputArea, .cell_output):has(.cogdyn-live, .cogdyn-choice, .cogdyn-explorer) .cogdyn-still {
  display: none;
}
"""


def widget_style(*names: str) -> str:
    """Style sheets, with a rule that hides the still for as long as the widget is there."""
    return "\n".join([*map(source, names), _HIDDEN])


class WithStill:
    """A widget that shows itself, and below itself a still which is hidden for as long as the widget lives.

    The browser sends the still of a picture, ``{"still": ADDRESS, "words": TEXT}``, when the picture has settled.
    """

    _esm: Any
    _picture = ""
    _still = None

    def _ipython_display_(self) -> None:
        if self._still is None:
            self.on_msg(self._receive)  # type: ignore[attr-defined]
        bundle = self._repr_mimebundle_()  # type: ignore[attr-defined]
        display(bundle[0] if isinstance(bundle, tuple) else bundle, raw=True)
        self._still = display(self._html(), display_id=True)

    def _receive(self, _: object, content: dict[str, str], __: object) -> None:
        if str(content.get("still", "")).startswith("data:image/png;base64,"):
            words = escape(content.get("words", ""))
            self._picture = f'<img alt="{words}" src="{escape(content["still"])}" style="max-width: 100%">'
            self._renew_still()

    def _renew_still(self) -> None:
        if self._still is not None:
            self._still.update(self._html())

    def _html(self) -> HTML:
        return HTML(f'<div class="cogdyn-still">{self._still_body()}<p><small>{_NOTE}</small></p></div>')

    def _still_body(self) -> str:
        """What the still shows; the picture that the browser sent last, if it sent one."""
        return self._picture
