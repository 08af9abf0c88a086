"""A lesson cut into slides: what stands on which, and what only the speaker reads."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby, zip_longest
from typing import Any

FULL = 15.0
"""Lines of text that a slide holds below its title."""
_WIDTH = 88  # letters in such a line
_PICTURE = 9.0  # lines that a picture takes at least; it grows into what is left
_TIGHT = 0.75  # a line of code, or of what is printed, in lines of text
_DETAILS = re.compile(r"<details><summary>(.*?)</summary>\n(.*?)</details>", re.DOTALL)
_HEADING = re.compile(r"(#{1,3}) (.+)")
_WIDGET = "application/vnd.jupyter.widget-view+json"
# What is of one piece although it may hold empty lines, then paragraphs, whose pieces empty lines part.
_PIECE = re.compile(r"```.*?\n```|\$\$.*?\$\$|[^\n]+(?:\n(?!\s*\n|```|\$\$)[^\n]+)*", re.DOTALL)


@dataclass
class Piece:
    """What may stand on a slide, and is never divided.

    Attributes:
        cell: A cell of a notebook with this alone in it.
        lines: Height in lines of text.
        notes: Markdown for the speaker.
    """

    cell: Any
    lines: float
    notes: str = ""


def slide_cells(notebook: Any) -> list[Any]:
    """Cells for nbconvert's slides, from those of a lesson that was run.

    Each section begins a slide, of as many sub-slides as it takes: text is divided between paragraphs, code from its
    picture; a living picture has a sub-slide to itself, and an exercise is its stub alone. Hints, solutions and answers
    (``<details>``) become notes for the speaker.

    Args:
        notebook: The lesson, with the outputs of its cells and the states of its widgets.
    """
    from nbformat.v4 import new_markdown_cell

    states = notebook.metadata.get("widgets", {}).get("application/vnd.jupyter.widget-state+json", {}).get("state", {})
    slides: list[Any] = []
    for heading, pieces in _sections(notebook.cells, states):
        for number, group in enumerate(packed(pieces)):
            title = heading if number == 0 else f'<p class="cogdyn-running">{heading.lstrip("# ")}</p>'
            kind = "subslide" if number or heading.startswith("###") else "slide"
            slides.append(new_markdown_cell(title, metadata={"slideshow": {"slide_type": kind}}))
            slides += [piece.cell for piece in group]
            notes = "\n\n".join(piece.notes for piece in group if piece.notes)
            if notes:
                slides.append(new_markdown_cell(notes, metadata={"slideshow": {"slide_type": "notes"}}))
    for number, cell in enumerate(slides):
        cell["id"] = f"cell-{number}"
    return slides


def packed(pieces: list[Piece]) -> list[list[Piece]]:
    """Pieces in groups, each of which a slide holds; what announces a formula, or ends in a colon, goes with the next.

    Args:
        pieces: In their order; one alone may be too large.
    """
    groups: list[list[Piece]] = [[]]
    for piece in pieces:
        last = groups[-1]
        if last and sum(one.lines for one in last) + piece.lines > FULL:
            belongs = last[-1].cell.source.rstrip().endswith(":") or piece.cell.source.startswith("$$")
            moves = belongs and len(last) > 1 and last[-1].lines + piece.lines <= FULL
            groups.append([last.pop()] if moves else [])
        groups[-1].append(piece)
    return groups


def _sections(cells: list[Any], states: dict[str, Any]) -> Iterator[tuple[str, list[Piece]]]:
    """The heading of each section, as Markdown, and its pieces."""
    heading, pieces = "", []
    for cell in cells:
        for piece in _pieces(cell, states):
            if isinstance(piece, str):
                if heading:
                    yield heading, pieces
                heading, pieces = piece, []
            elif piece.lines == 0 and pieces:
                pieces[-1].notes = f"{pieces[-1].notes}\n\n{piece.notes}".strip()
            else:
                pieces.append(piece)
    yield heading, pieces


def _pieces(cell: Any, states: dict[str, Any]) -> Iterator[Piece | str]:
    """What is in a cell: headings as texts, pieces to be shown, and notes as pieces without a line."""
    if cell.cell_type == "code":
        yield from _pieces_of_code(cell, states)
        return
    parts = iter(_DETAILS.split(cell.source))
    for text, summary, folded in zip_longest(parts, parts, parts):  # what is shown, then what is folded after it
        for part in _PIECE.findall(text):
            yield part if _HEADING.fullmatch(part) else Piece(_markdown(part), _height(part))
        if summary:
            yield Piece(_markdown(""), 0, f"**{summary}**\n\n{folded.strip()}")


def _pieces_of_code(cell: Any, states: dict[str, Any]) -> Iterator[Piece]:
    tags = cell.metadata.get("tags", [])
    if "hide-input" not in tags:
        yield Piece(_part(cell, []), _TIGHT * (cell.source.count("\n") + 1) + 1)
    for output in [] if "exercise" in tags else _merged(cell.outputs):
        data = output.get("data", {})
        if "cogdyn-still" in data.get("text/html", ""):  # for a widget whose kernel is gone
            continue
        if _WIDGET in data:
            lines = _height_of_widget(states.get(data[_WIDGET]["model_id"], {}).get("state", {}))
        elif "text/html" in data:
            lines = FULL
        elif "image/png" in data:
            lines = _PICTURE
        else:
            lines = _TIGHT * (output.get("text", data.get("text/plain", "")).count("\n") + 1) + 0.5
        yield Piece(_part(cell, [output], hidden=True), lines)


def _merged(outputs: list[Any]) -> Iterator[Any]:
    """Outputs, in which what was printed in one go is one."""
    for is_stream, group in groupby(outputs, key=lambda output: output.output_type == "stream"):
        first, *others = group
        if is_stream:
            yield {**first, "text": "".join(one.text for one in (first, *others))}
        else:
            yield from (first, *others)


def _height_of_widget(state: dict[str, Any]) -> float:
    """Lines of a question with its longest explanation; any other widget has a slide to itself."""
    if state.get("_model_module") != "anywidget" or "options" not in state:
        return FULL
    options = state["options"]
    below = max((_rows(option.get("explanation", "")) for option in options), default=0)
    return _rows(state["question"]) + sum(_rows(option["text"]) * 1.3 for option in options) + below + 2.5


def _part(cell: Any, outputs: list[Any], hidden: bool = False) -> Any:
    """A cell with its code alone, or with some of its outputs and the code hidden."""
    from nbformat import from_dict
    from nbformat.v4 import new_code_cell

    metadata = {key: value for key, value in cell.metadata.items() if key == "mystnb"}
    part = new_code_cell(
        "" if hidden else cell.source, outputs=[from_dict(output) for output in outputs], metadata=metadata
    )
    if hidden:
        part.metadata["transient"] = {"remove_source": True}  # nbconvert's word for it
    return part


def _markdown(text: str) -> Any:
    from nbformat.v4 import new_markdown_cell

    return new_markdown_cell(text)


def _height(text: str) -> float:
    """Lines that a paragraph, list, table, formula or listing takes, with the space below it."""
    rows = text.strip().splitlines()
    if text.startswith("```"):
        return _TIGHT * (len(rows) - 2) + 1
    if text.startswith("$$"):
        return 2 * (text.count(r"\\") + 1) + 0.5
    if rows[0].startswith("|"):
        return 1.3 * len(rows)
    items = re.split(r"\n(?=\s*(?:[-*]|\d+\.) )", text.strip())
    return sum(map(_rows, items)) + 0.5


def _rows(text: str) -> int:
    """Lines of a text, without the addresses of its links and the marks of emphasis."""
    letters = re.sub(r"\]\([^)]*\)|[*`\[]", "", " ".join(text.split()))
    return math.ceil(len(letters) / _WIDTH)
