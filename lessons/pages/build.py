"""The book: its pages built into a web site that loads nothing from another host."""

import hashlib
import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

from ...agents.training.files import temporary_folder, write_atomically
from .finish import finish_site
from .site import BookError, copy_folder, replacing

_SOURCE = Path(__file__).parents[2] / "book"
_NOT_SOURCE = shutil.ignore_patterns("_build", "node_modules", "__pycache__", ".*")

# Where npm puts what the pages need, and what the pages call it.
_FROM_NPM = {
    "requirejs/require.js": "require.js",
    "@jupyter-widgets/html-manager/dist/embed-amd.js": "embed-amd.js",
    "mathjax/es5/tex-svg.js": "mathjax/tex-svg.js",
    "mathjax/LICENSE": "mathjax/LICENSE",
    "reveal.js/dist/reveal.js": "reveal/reveal.js",
    "reveal.js/dist/reveal.css": "reveal/reveal.css",
    "reveal.js/plugin/notes/notes.js": "reveal/notes.js",
    "reveal.js/LICENSE": "reveal/LICENSE",
}


def build_book(out: Path | None = None) -> Path:
    """Build the book from clean, warnings taken as errors, and return its first page.

    Every code cell of the lessons is run again. The pages work from a web server and opened from disk.

    Args:
        out: Folder for the finished site; an earlier book of ours in it is replaced when the new one is complete. None
            builds a checkout in place, in ``book/_build/html``, and the book of an installed package in
            ``cogdyn-book`` where the command was given.

    Returns:
        The file ``index.html``.

    Raises:
        BookError: If npm or the extra ``book`` is missing, a page fails, or ``out`` holds anything but a book of ours.
        OSError: If ``out`` cannot be written, which is noticed before anything is built.
        FolderInUse: If another process builds the same book.
    """
    if importlib.util.find_spec("jupyter_book") is None:
        raise BookError("building the book needs jupyter-book: pip install 'cogdyn[book]'")
    if out is None and _is_checkout():
        return _build(_SOURCE)
    site = Path("cogdyn-book" if out is None else out).resolve()
    with replacing(site) as replace, temporary_folder("cogdyn-book-") as work:
        folder = work / "book"
        copy_folder(_SOURCE, folder, _NOT_SOURCE)
        replace(_build(folder).parent)
    return site / "index.html"


def _is_checkout() -> bool:
    return (_SOURCE.parent / "pyproject.toml").exists() and os.access(_SOURCE, os.W_OK)


def _build(folder: Path) -> Path:
    fill_vendor(folder)
    shutil.rmtree(folder / "_build", ignore_errors=True)
    jupyter_book = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()"]
    done = subprocess.run([*jupyter_book, "build", str(folder), "-W", "-n", "--keep-going"], cwd=folder)
    index = folder / "_build" / "html" / "index.html"
    if done.returncode or not index.exists():
        raise BookError("the book was not built: see the warnings and errors above")
    finish_site(index.parent)
    return index


def fill_vendor(folder: Path, vendor: Path | None = None) -> None:
    """Put the scripts that the pages and slides need into ``vendor/w``, unless they are there already.

    Args:
        folder: The book's folder, with ``package-lock.json`` and our own scripts.
        vendor: Where to put the folder ``w``; what is there is removed. None puts it into the book's own ``vendor``.

    Raises:
        BookError: If npm is missing, or cannot get the packages pinned in ``package-lock.json``.
    """
    vendor = vendor or folder / "vendor"
    anywidget = importlib.metadata.distribution("anywidget")
    ours = sorted(folder.glob("*.js"))
    pins = [
        (folder / "package-lock.json").read_bytes(),
        anywidget.version.encode(),
        *(file.read_bytes() for file in ours),
    ]
    stamp, edition = vendor / ".edition", hashlib.sha256(b"".join(pins)).hexdigest()
    if stamp.exists() and stamp.read_text() == edition:
        return
    npm = shutil.which("npm")
    if npm is None:
        raise BookError("the pages need npm, which comes with Node.js: see https://nodejs.org")
    shutil.rmtree(vendor, ignore_errors=True)
    target = vendor / "w"
    for name in ("mathjax", "reveal"):
        (target / name).mkdir(parents=True)
    with temporary_folder("cogdyn-npm-") as work:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(folder / name, work)
        flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]
        done = subprocess.run([npm, "ci", *flags], cwd=work, capture_output=True, text=True)
        if done.returncode:
            reason = next((line for line in done.stderr.splitlines() if "npm error" in line), "no reason given")
            raise BookError(f"npm could not get the scripts of the pages: {reason}")
        for source, name in _FROM_NPM.items():
            shutil.copy(work / "node_modules" / source, target / name)
    shutil.copy(str(anywidget.locate_file("anywidget/nbextension/index.js")), target / "anywidget.js")
    for file in ours:
        shutil.copy(file, target)
    write_atomically(stamp, edition.encode())
