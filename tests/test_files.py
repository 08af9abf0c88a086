"""What killed processes leave among the temporary files."""

import tempfile

from cogdyn.agents.files import LOCK, temporary_folder


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
