"""Where a built book goes: only what is the book's is deleted, and that only when the new one is there."""

import os
import sys
from pathlib import Path

import pytest

from cogdyn.agents.training.files import FolderInUse, locked
from cogdyn.lessons.pages import build as book_build
from cogdyn.lessons.pages.build import build_book
from cogdyn.lessons.pages.site import STAMP, BookError, replacing


def built(folder, words):
    (folder / "pages").mkdir(parents=True)
    for name in ("index.html", "objects.inv", "pages/one.html", ".nojekyll"):
        (folder / name).write_text(words)
    return folder


def put(site, words, tmp_path):
    with replacing(site) as replace:
        replace(built(tmp_path / f"built {words}", words))


def words_in(site):
    return {path.read_text() for path in site.rglob("*.html")}


def test_a_book_is_replaced_and_nothing_else_is_left(tmp_path):
    site = tmp_path / "a" / "site"
    for words in ("old", "new"):
        put(site, words, tmp_path)
        assert words_in(site) == {words}
    assert (site / STAMP).read_text().splitlines() == [".nojekyll", "index.html", "objects.inv", "pages/one.html"]
    assert os.listdir(site.parent) == ["site"]


@pytest.mark.parametrize("file", ["thesis.tex", "pages/notes.txt", "new/folder/x", ".git"])
@pytest.mark.parametrize("kind", ["of another project", "ours"])
def test_what_is_not_of_the_book_is_not_deleted(kind, file, tmp_path):
    site = tmp_path / "site"
    put(site, "old", tmp_path) if kind == "ours" else built(site, "old")
    (site / file).parent.mkdir(parents=True, exist_ok=True)
    (site / file).write_text("years of work")
    words = "holds no book" if kind != "ours" else f"holds {file}, not of the book"
    with pytest.raises(BookError, match=words):
        put(site, "new", tmp_path)
    assert (site / file).read_text() == "years of work"
    assert words_in(site) == {"old"}


def test_what_comes_while_the_book_is_built_is_not_deleted(tmp_path):
    site = tmp_path / "site"
    put(site, "old", tmp_path)
    with replacing(site) as replace:
        (site / "thesis.tex").touch()
        with pytest.raises(BookError, match=r"holds thesis\.tex, not of the book"):
            replace(built(tmp_path / "built", "new"))
    assert words_in(site) == {"old"}
    assert (site / "thesis.tex").exists()


def test_what_a_file_manager_adds_is_no_hindrance(tmp_path):
    site = tmp_path / "site"
    put(site, "old", tmp_path)
    (site / "pages" / ".DS_Store").touch()
    put(site, "new", tmp_path)
    assert words_in(site) == {"new"}


@pytest.mark.parametrize("at", [1, 2])
def test_the_old_book_stays_if_the_replacement_fails(at, tmp_path, monkeypatch):
    site, rename, seen = tmp_path / "site", Path.rename, []
    put(site, "old", tmp_path)

    def failing(self, target):
        seen.append(target)
        if len(seen) == at:
            raise KeyboardInterrupt
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(KeyboardInterrupt):
        put(site, "new", tmp_path)
    assert words_in(site) == {"old"}
    assert sorted(os.listdir(tmp_path)) == ["built new", "built old", "site"]


@pytest.mark.parametrize(
    ("left", "there"),
    [(["new"], "old"), (["old", "new"], None), (["old"], "new"), (["old"], "empty"), (["old", ".lock"], None)],
)
def test_what_a_killed_build_left_is_repaired(left, there, tmp_path):
    site, beside = tmp_path / "site", tmp_path / ".site.cogdyn"
    for name in ("old", "new"):
        if name in left:
            put(beside / name, name, tmp_path)
    if ".lock" in left:
        (beside / ".lock").write_text("12345")
    if there == "empty":
        site.mkdir()
    elif there is not None:
        put(site, there, tmp_path)
    with pytest.raises(BookError, match="a page fails"), replacing(site):
        raise BookError("a page fails")
    assert words_in(site) == {"new" if there == "new" else "old"}
    assert not beside.exists()


def test_two_builds_do_not_share_a_place(tmp_path):
    (tmp_path / ".site.cogdyn").mkdir()
    with locked(tmp_path / ".site.cogdyn"), pytest.raises(FolderInUse, match="is at work"):
        put(tmp_path / "site", "new", tmp_path)


linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has /proc")


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("file", "is a file"),
        ("file/below", "there is a file in its place"),
        ("cwd", "the folder you are in"),
        ("cwd/..", "or one above it"),
        ("/", "where a disk is mounted"),
        pytest.param("/proc/none", "'/proc/.none.cogdyn'", marks=linux),
    ],
)
def test_a_place_that_cannot_be_written_is_refused_before_the_build(place, words, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "cwd").mkdir()
    monkeypatch.chdir(tmp_path / "cwd")
    monkeypatch.setattr(book_build, "_build", lambda folder: pytest.fail("it was built"))
    with pytest.raises((BookError, OSError), match=words):
        build_book(tmp_path / place)
    assert sorted(os.listdir(tmp_path)) == ["cwd", "file"]
    assert (tmp_path / "file").read_text() == "mine"
