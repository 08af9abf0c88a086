"""Files where the disk is full, and what killed processes leave behind."""

import os
import sys
import tempfile
from contextlib import contextmanager

import pytest
from typer.testing import CliRunner

from cogdyn.agents.training.files import LOCK, locked, temporary_folder, write_atomically
from cogdyn.lessons.commands.main import app
from cogdyn.lessons.pages.notebooks import write_notebooks


@contextmanager
def full_disk():
    """No file can grow, as on a full disk; the system calls it a file that is too large."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on the size of a file")


@posix
def test_what_cannot_be_written_is_named_and_what_was_there_stays(tmp_path):
    file = tmp_path / "grades.csv"
    write_atomically(file, b"old")
    with full_disk(), pytest.raises(OSError, match=f"too large: '{file}'$"):
        write_atomically(file, b"new")
    assert file.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["grades.csv"]
    with pytest.raises(FileNotFoundError, match=f"'{tmp_path / 'none' / 'grades.csv'}'$"):
        write_atomically(tmp_path / "none" / "grades.csv", b"new")


@posix
@pytest.mark.parametrize(
    ("line", "file"),
    [
        ("train GoNogo --units 4 --steps 1 --batch-size 2 --out run", "run/.model.next"),
        ("lessons mine --no-open", "mine/01-"),
        ("assignment release out --only 2", "out/02-"),
    ],
)
def test_a_command_on_a_full_disk_names_the_file_and_leaves_none(line, file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with full_disk():
        result = CliRunner().invoke(app, line.split())
    assert result.exit_code == 1
    assert f"error: [Errno 27] File too large: '{file}" in result.stderr
    assert [names for _, _, names in os.walk(tmp_path) if names] == []


def test_notebooks_half_written_by_the_killed_go(tmp_path):
    half = tmp_path / ".01-remembering.ipynb.12345.part"
    half.write_text("{")
    write_notebooks(tmp_path, say=lambda line: None)
    assert not half.exists()


@posix
def test_a_full_disk_has_room_for_a_lock(tmp_path):
    with full_disk(), locked(tmp_path):
        pass


def test_a_temporary_folder_goes_and_takes_those_of_the_killed_along(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    killed, foreign = tmp_path / "work-killed", tmp_path / "work-without-lock"
    for folder in (killed, foreign):
        (folder / "within").mkdir(parents=True)
    (killed / LOCK).write_text("12345")
    (tmp_path / "work-link").symlink_to(foreign)
    with temporary_folder("work-") as mine:
        assert mine.is_dir()
        assert not killed.exists()
        with temporary_folder("work-") as other:
            assert mine.is_dir()
            assert other != mine
    assert sorted(path.name for path in tmp_path.iterdir()) == ["work-link", "work-without-lock"]
