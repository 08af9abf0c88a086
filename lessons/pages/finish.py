"""What is left when Sphinx has built the book: notebooks to download, pictures that load when seen, long formulas."""

import base64
import hashlib
import re
import struct
from pathlib import Path

from ...agents.training.files import temporary_folder, write_atomically
from .notebooks import write_notebooks

_IMAGE = re.compile(r'<img\b(?:"[^"]*"|[^">])*>')
_PICTURE = re.compile(r'src="data:image/png;base64,([^"]+)"')
_FORMULA = re.compile(r'(<div class="math notranslate nohighlight"[^>]*>\s*)\\\[(.*?)\\\](?=\s*</div>)', re.S)
_SPACE = re.compile(r"\\q?quad\b\s*")
_LONG = 40  # letters, each command one of them; what has more may be wider than the page
_SOURCE_LINK = re.compile(r'<a href="([^"]*_sources/lessons/)([^"/]+)\.md"(.*?)</a>', re.S)


def finish_site(site: Path) -> None:
    """Offer each lesson's notebook, make pictures inside pages lazy files, and break long formulas over rows.

    Args:
        site: Folder of the built site, changed in place.
    """
    offer_notebooks(site)
    for page in site.rglob("*.html"):
        text = page.read_text("utf-8")
        finished = unpacked(text, site / "_images", "../" * len(page.parent.relative_to(site).parts) + "_images")
        finished = _FORMULA.sub(lambda found: f"{found[1]}\\[{in_rows(found[2])}\\]", finished)
        if finished != text:
            write_atomically(page, finished.encode())


def offer_notebooks(site: Path) -> None:
    """Put the notebooks of the lessons among the sources, and let the download buttons of the pages lead to them."""
    sources = site / "_sources" / "lessons"
    sources.mkdir(parents=True, exist_ok=True)
    with temporary_folder("cogdyn-notebooks-") as work:
        notebooks = write_notebooks(work / "notebooks", say=lambda line: None)
        for file in notebooks:
            write_atomically(sources / file.name, file.read_bytes())
        names = {file.stem for file in notebooks}

    def to_notebook(link: re.Match[str]) -> str:
        if link[2] not in names:
            return link[0]
        return f'<a href="{link[1]}{link[2]}.ipynb"{link[3].replace(".md", ".ipynb")}</a>'

    for page in (site / "lessons").glob("*.html"):
        write_atomically(page, _SOURCE_LINK.sub(to_notebook, page.read_text("utf-8")).encode())


def unpacked(text: str, folder: Path, address: str) -> str:
    """A page whose embedded PNG pictures are files, which a browser loads when they come into sight.

    Args:
        text: The page.
        folder: Where to write the pictures; made if it is missing.
        address: That folder, as the page addresses it.
    """

    def to_file(picture: re.Match[str]) -> str:
        content = base64.b64decode(picture[1])
        name = f"{hashlib.sha256(content).hexdigest()[:16]}.png"
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(folder / name, content)
        width, height = struct.unpack(">II", content[16:24])  # of a PNG's first chunk; they keep the picture's place
        return f'src="{address}/{name}" width="{width}" height="{height}" loading="lazy"'

    # Widgets carry their pictures as JSON, which no browser shows before the widget does: only tags are changed.
    return _IMAGE.sub(lambda tag: _PICTURE.sub(to_file, tag[0]), text)


def in_rows(formula: str) -> str:
    """A formula in TeX, in rows where it is long and consists of several, which a wide space (quad) sets apart."""
    letters = re.sub(r"\\[,!;]|[{}\s^_]", "", re.sub(r"\\[a-zA-Z]+", "x", formula))
    if "&" in formula or r"\\" in formula or len(letters) <= _LONG:
        return formula
    rows, depth, start = [], 0, 0
    for mark in re.finditer(r"\\[{}]|[{}]|" + _SPACE.pattern, formula):
        depth += {"{": 1, "}": -1}.get(mark[0], 0)
        if depth == 0 and "quad" in mark[0]:
            rows.append(formula[start : mark.start()].strip())
            start = mark.end()
    rows.append(formula[start:].strip())
    return formula if len(rows) == 1 else r"\begin{gathered} " + r" \\ ".join(rows) + r" \end{gathered}"
