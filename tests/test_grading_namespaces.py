"""Where user namespaces are forbidden, or there are none: what is still in force, what is said, what is refused."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from homework import hand_in, homework, shut_off
from typer.testing import CliRunner

from cogdyn.lessons.commands.main import app
from cogdyn.lessons.grading import grade as grading
from cogdyn.lessons.grading import namespaces, sandbox
from cogdyn.lessons.grading.inside import kernel
from cogdyn.lessons.grading.protections import Protections, SandboxError

UBUNTU = "kernel.apparmor_restrict_unprivileged_userns"


def settings(folder, **values):
    """A tree of settings as the kernel shows it; names with two underscores for a dot."""
    for name, value in values.items():
        path = folder.joinpath(*name.split("__"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{value}\n")
    return folder


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, ""),
        ({"user__max_user_namespaces": 9000, "kernel__apparmor_restrict_unprivileged_userns": 0}, ""),
        (
            {"user__max_user_namespaces": 9000, "kernel__apparmor_restrict_unprivileged_userns": 1},
            f"user namespaces are forbidden by {UBUNTU}; an administrator allows them with: sudo sysctl -w {UBUNTU}=0",
        ),
        (
            {"user__max_user_namespaces": 0, "kernel__unprivileged_userns_clone": 0},
            "user namespaces are forbidden by kernel.unprivileged_userns_clone and user.max_user_namespaces; "
            "an administrator allows them with: "
            "sudo sysctl -w kernel.unprivileged_userns_clone=1 user.max_user_namespaces=10000",
        ),
    ],
)
def test_the_command_that_helps_is_named(values, said, tmp_path, monkeypatch):
    monkeypatch.setattr(namespaces, "SETTINGS", settings(tmp_path, **values))
    assert namespaces.remedy() == said


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system is the reason")
def test_the_reason_comes_with_what_helps(tmp_path, monkeypatch):
    def refused(*given):
        raise SandboxError("a submission could not be shut off, PermissionError: unshare.")

    monkeypatch.setattr(sandbox, "Nursery", refused)
    monkeypatch.setattr(namespaces, "SETTINGS", settings(tmp_path, kernel__apparmor_restrict_unprivileged_userns=1))
    reason = sandbox.why_not_isolated()
    assert reason.startswith("a submission could not be shut off, PermissionError: unshare; user namespaces are")
    assert reason.endswith(f"sudo sysctl -w {UBUNTU}=0")
    monkeypatch.setattr(namespaces, "SETTINGS", tmp_path / "none")
    assert sandbox.why_not_isolated() == "a submission could not be shut off, PermissionError: unshare"


def test_what_is_not_in_force_is_named():
    elsewhere = Protections().in_words()  # on macOS
    assert elsewhere == (
        "in force: own process, limits; "
        "NOT in force: memory limit, own processes, no network, read only files, system call filter"
    )
    shut = dict.fromkeys(("memory_limit", "own_processes", "no_network", "read_only_files"), True)
    assert Protections(**shut).isolated
    assert Protections(**shut).in_words().endswith("NOT in force: system call filter")  # libseccomp is missing
    every = shut | {"system_call_filter": True}
    assert "NOT" not in Protections(**every).in_words()


@pytest.mark.skipif(os.name == "nt", reason="submissions are run on Linux or macOS")
def test_the_report_says_that_submissions_were_not_shut_off(tmp_path, monkeypatch):
    for module in (grading, sandbox):
        monkeypatch.setattr(module, "why_not_isolated", lambda *modules: "nobody may")
    monkeypatch.setattr(sandbox, "readable_by_all", lambda: True)
    hand_in(tmp_path / "in" / "anna.ipynb", homework(2))
    out = tmp_path / "grades.csv"
    result = CliRunner().invoke(app, ["assignment", "grade", str(tmp_path / "in"), "--out", str(out)])
    assert result.exit_code == 0, result.output
    assert "NOT in force: own processes, no network, read only files" in result.output
    assert "Submissions were not shut off" in result.output
    assert "The reason: nobody may." in result.output
    page = (tmp_path / "grades" / "summary.html").read_text()
    assert "NOT in force: own processes, no network, read only files" in page
    assert "Submissions were not shut off" in page
    assert "NOT in force" in (tmp_path / "grades" / "feedback" / "anna.html").read_text()


@shut_off
def test_the_report_is_silent_where_they_were(tmp_path):
    hand_in(tmp_path / "in" / "anna.ipynb", homework(2))
    result = CliRunner().invoke(app, ["assignment", "grade", str(tmp_path / "in"), "--out", str(tmp_path / "g.csv")])
    assert "NOT" not in result.output
    assert "not shut off" not in result.output + (tmp_path / "g" / "summary.html").read_text()


def forbid_namespaces():
    """Go on where nobody may make a namespace, as an ordinary user."""
    user, group = os.geteuid(), os.getegid()
    kernel.unshare(kernel.NEW_USERS)
    for name, text in (("setgroups", "deny"), ("uid_map", f"1000 {user} 1"), ("gid_map", f"1000 {group} 1")):
        Path(f"/proc/self/{name}").write_text(text)
    Path("/proc/sys/user/max_user_namespaces").write_text("0")


@pytest.mark.slow
@shut_off
@pytest.mark.parametrize("required", [True, False])
def test_a_system_that_forbids_namespaces(required, tmp_path):
    hand_in(tmp_path / "in" / "anna.ipynb", homework(2, solved=True))
    out = tmp_path / "grades.csv"
    words = ["assignment", "grade", str(tmp_path / "in"), "--out", str(out), *["--require-isolation"] * required]
    done = subprocess.run(
        [sys.executable, "-m", "cogdyn", *words],
        preexec_fn=forbid_namespaces,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    helps = "an administrator allows them with: sudo sysctl -w user.max_user_namespaces=10000"
    if required:
        assert done.returncode == 1
        assert "submissions cannot be shut off here, as --require-isolation asks" in done.stderr
        assert helps in done.stderr
        assert done.stderr.count("\n") == 1
        assert not out.exists()
    else:
        assert done.returncode == 0, done.stderr
        assert helps in done.stdout
        assert '"anna","02-bptt-by-hand",12,12' in out.read_text()
