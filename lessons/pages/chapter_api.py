"""The chapters of the lessons in the book's programming interface: a directive of Sphinx, so that none is left out."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from ... import __version__
from .notebooks import lesson_pages


class Chapters(SphinxDirective):
    """``.. chapters::`` documents the functions of each chapter and its widget, in the order of the lessons."""

    def run(self) -> list[nodes.Node]:
        lines = [".. automodule:: cogdyn.lessons.chapters", ""]
        for page in lesson_pages():
            chapter = f"cogdyn.lessons.chapters.{page.stem[3:].replace('-', '_')}"
            lines += [f".. automodule:: {chapter}", "   :members:", "   :imported-members:", ""]
            if find_spec(f"{chapter}.widget"):
                lines += [f".. automodule:: {chapter}.widget", "   :members:", ""]
        return self.parse_text_to_nodes("\n".join(lines))


def setup(app: Sphinx) -> dict[str, Any]:
    """Called by Sphinx, which finds this module named in ``book/_config.yml``."""
    app.add_directive("chapters", Chapters)
    return {"version": __version__, "parallel_read_safe": True}
