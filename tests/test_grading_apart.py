"""What keeps a submission apart from the grader, from this machine and from its neighbours."""

import errno
import json
import os
import sys
import threading

import pytest
from homework import TIGHT, shut_off
from hostile import HOARDING, SPINNING

from cogdyn.lessons.grading import sandbox, view
from cogdyn.lessons.grading.inside import kernel
from cogdyn.lessons.grading.marking import Attempt
from cogdyn.lessons.grading.protections import Ended, Limits, OutOfTime
from cogdyn.lessons.grading.sandbox import Nursery

pytestmark = shut_off
SHORT = Limits(cell_s=0.4, patience=1000)
"""In CPU time, however long a busy machine takes to give it."""


def small(limits=TIGHT, core=None):
    return Nursery([], [], True, limits, core)


def remarks_of(nursery, *cells):
    with Attempt(nursery, list(enumerate(cells, 1)), 0) as attempt:
        return attempt.remarks()


def seen_by(nursery, source):
    """What a cell puts into ``seen``."""
    (remark,) = remarks_of(nursery, f"{source}\nimport json\nraise RuntimeError(json.dumps(seen))")
    return json.loads(remark[remark.index("{") : remark.rindex("}") + 1])


@pytest.fixture(scope="module")
def nursery():
    with small() as nursery:
        yield nursery


@pytest.mark.parametrize("name", [*HOARDING])
def test_memory_that_no_process_maps_counts_or_is_refused(name, nursery):
    (remark,) = remarks_of(nursery, HOARDING[name])
    assert "raised PermissionError" in remark or remark == "cell 1 was left out: it took too much memory."


def test_files_in_memory_count():
    writing = "for k in range(20):\n    open(f'{k}', 'wb').write(bytes(2**23))\nimport time\ntime.sleep(60)"
    with small(Limits(memory_of_all=2**27, file=2**28)) as nursery:
        assert remarks_of(nursery, writing) == ("cell 1 was left out: it took too much memory.",)


REFUSED = {
    "keyctl": (1, 0),
    "add_key": (0, 0, 0, 0, 0),
    "request_key": (0, 0, 0, 0),
    "bpf": (0, 0, 0),
    "perf_event_open": (0, 0, -1, -1, 0),
    "userfaultfd": (1,),
    "io_uring_setup": (1, 0),
    "memfd_create": (0, 0),
    "memfd_secret": (0,),
    "shmget": (0, 4096, 0o1600),
    "msgget": (0, 0o1600),
    "ptrace": (0, 0, 0, 0),
    "process_vm_readv": (0, 0, 0, 0, 0, 0),
    "unshare": (0x20000,),
    "clone": (0x10000000, 0, 0, 0, 0),
    "sched_setaffinity": (0, 0, 0),
    "socket": (40, 1, 0),
    "socketpair": (1, 2, 0, 0),
    "setsockopt": (0, 2**32 + 1, 2**32 + 7, 0, 0),
}


def test_calls_of_the_kernel_that_no_homework_needs_are_refused(nursery):
    """And not because their arguments make no sense: most would succeed, or fail in another way."""
    pyseccomp = pytest.importorskip("pyseccomp")
    calls = {name: (pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name), *more) for name, more in REFUSED.items()}
    seen = seen_by(
        nursery,
        "import ctypes\ncall = ctypes.CDLL(None, use_errno=True).syscall\nseen = {}\n"
        f"for name, words in {calls}.items():\n"
        "    seen[name] = ctypes.get_errno() if call(*map(ctypes.c_ulong, words)) < 0 else 0",
    )
    assert seen == dict.fromkeys(REFUSED, errno.EPERM)


def test_what_homework_may_need_works_all_the_same(nursery):
    assert not remarks_of(
        nursery,
        "import threading\nt = threading.Thread(target=print)\nt.start()\nt.join()",
        "import os\nif os.fork() == 0:\n    os._exit(3)\nassert os.wait()[1] >> 8 == 3",
        "import subprocess, sys\nassert subprocess.run([sys.executable, '-c', 'import numpy.linalg']).returncode == 0",
        "import multiprocessing\nwith multiprocessing.get_context('fork').Pool(2) as pool:\n"
        "    assert pool.map(abs, [-1, 2]) == [1, 2]",
        "import multiprocessing\na, b = multiprocessing.Pipe()\na.send(1)\nassert b.recv() == 1",
        "import asyncio\nasyncio.run(asyncio.sleep(0.001))",
        "import ctypes\nassert ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)(lambda x: x + 1)(3) == 4",
        "import tempfile\ntempfile.TemporaryFile().write(b'x')",
    )


CALLS = """
import ctypes, os
ADD, CONTROL = {"x86_64": (248, 250), "aarch64": (217, 219)}[os.uname().machine]
SESSION, USER = -3, -4
def call(*words):
    return ctypes.CDLL(None).syscall(*(word if isinstance(word, bytes) else ctypes.c_long(word) for word in words))
def join():
    return call(CONTROL, 1, 0)
def add(name, text, keyring=SESSION):
    return call(ADD, b"user", name, text, len(text), keyring)
def change_and_revoke(name):
    key = call(CONTROL, 10, SESSION, b"user", name, 0)
    call(CONTROL, 2, key, b"changed", 7)
    call(CONTROL, 3, key)
def read(name):
    text = ctypes.create_string_buffer(99)
    size = ctypes.CDLL(None).syscall(CONTROL, 11, call(CONTROL, 10, SESSION, b"user", name, 0), text, 99)
    return text.raw[:size].decode() if size > 0 else None
"""
"""The kernel's keyrings: the C library has no names for them."""


def test_keys_of_the_instructor_stay_theirs_and_no_notes_are_left():
    """In a session with a keyring, as PAM and systemd begin one: whoever is started there possesses its keys."""
    keys, seen = {}, {}
    exec(CALLS, keys)

    def session():  # a keyring is that of a thread, and of what it starts
        seen["a keyring"] = keys["join"]() > 0
        keys["add"](b"secret", b"TOPSECRET")
        seen["before"] = keys["read"](b"secret")
        with small() as nursery:
            steal = "found = read(b'secret')\nchange_and_revoke(b'secret')"
            leave = "add(b'note', b'x')\nadd(b'note', b'x', USER)"
            seen["stolen"] = remarks_of(nursery, f"{CALLS}{steal}\n{leave}\nraise RuntimeError(repr(found))")
            seen["note"] = remarks_of(nursery, f"{CALLS}raise RuntimeError(repr(read(b'note')))")
        seen["after"] = keys["read"](b"secret")
        kernel.leave_keyring()
        seen["from another keyring"] = keys["read"](b"secret")

    thread = threading.Thread(target=session)
    thread.start()
    thread.join()
    if not seen["a keyring"]:
        pytest.skip("this system lets nobody use keys")
    nothing = ("cell 1 raised RuntimeError: None.",)
    assert seen["before"] == seen["after"] == "TOPSECRET"
    assert seen["stolen"] == seen["note"] == nothing
    assert seen["from another keyring"] is None


def test_a_submission_sees_no_names_of_this_machine_and_is_killed_first(nursery):
    seen = seen_by(
        nursery,
        "import socket\nseen = {'host': socket.gethostname(), 'keys': open('/proc/keys').read()}\n"
        "try:\n    open('/proc/self/oom_score_adj', 'w').write('0')\nexcept OSError:\n    pass\n"
        "seen['oom'] = open('/proc/self/oom_score_adj').read()",
    )
    assert seen == {"host": "student", "keys": "", "oom": "1000\n"}


def test_folders_besides_python_and_the_installed_libraries_are_not_shown(tmp_path, monkeypatch):
    """Such as a ``.pth`` file in site-packages names for a package in development."""
    private = tmp_path / "private"
    private.mkdir()
    clean = sandbox.clean_environment()
    monkeypatch.setattr(sandbox, "clean_environment", lambda: clean | {"PYTHONPATH": str(private)})
    with small() as nursery:
        seen = seen_by(
            nursery, f"import os, sys\nseen = {{'path': sys.path, 'there': os.path.exists({str(private)!r})}}"
        )
    assert str(private) in seen["path"]
    assert not seen["there"]


def test_a_prefix_in_which_people_work_is_not_shown_whole(tmp_path, monkeypatch):
    for name in ("lib", "submissions"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    shown = view.visible()
    assert str(tmp_path / "lib") in shown
    assert not {str(path) for path in (tmp_path / "submissions", tmp_path, *tmp_path.parents)} & set(shown)


def test_a_hidden_module_is_covered_under_each_of_its_names(tmp_path, monkeypatch):
    (tmp_path / "real" / "borrowed").mkdir(parents=True)
    (tmp_path / "real" / "borrowed" / "__init__.py").touch()
    (tmp_path / "link").symlink_to("real")
    monkeypatch.syspath_prepend(tmp_path / "link")
    assert {str(tmp_path / folder / "borrowed") for folder in ("real", "link")} <= set(view.covered(["borrowed"]))


@pytest.mark.parametrize("umask", [0o077, 0o027])
def test_any_umask_will_do(umask):
    before = os.umask(umask)
    try:
        with small() as nursery:
            assert remarks_of(nursery, "open('x', 'w').write('x')") == ()
    finally:
        os.umask(before)


def working(seconds):
    return f"import os\nend = sum(os.times()[:2]) + {seconds}\nwhile sum(os.times()[:2]) < end:\n    pass\n"


CHILDREN = """
import os
for k in range(60):
    if os.fork() == 0:
        exec({work!r})
        os._exit(0)
    os.wait()
"""
ORPHAN = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork():
        os._exit(0)
    while True:
        pass
time.sleep(600)
"""


@pytest.fixture(scope="module")
def brief():
    with small(SHORT) as nursery:
        yield nursery


@pytest.mark.parametrize("source", [working(60), CHILDREN.format(work=working(0.05)), ORPHAN])
def test_cpu_time_is_that_of_all_processes(source, brief):
    """Of one, of children that have ended, of an orphan in a session of its own."""
    end = r"^it took longer than 0\.4 s of CPU time$"
    with brief.submission(0) as submission, pytest.raises(Ended, match=end) as ended:
        submission.run([(1, source)], lambda number: None)
    assert not isinstance(ended.value, OutOfTime)


def test_each_cell_has_its_own_cpu_time_and_all_have_a_total():
    began = []
    limits, end = Limits(cell_s=0.4, total_s=0.6, patience=1000), r"^it took longer than 0.6 s of CPU time in all$"
    with small(limits) as nursery, nursery.submission(0) as submission, pytest.raises(Ended, match=end):
        submission.run([(number, working(0.2)) for number in range(1, 60)], began.append)
    assert 3 <= len(began) < 59


def test_who_sleeps_is_ended_by_the_clock():
    limits, end = Limits(cell_s=0.4, patience=1), r"^it took longer than 0.4 s by the clock$"
    with small(limits) as nursery, nursery.submission(0) as submission, pytest.raises(OutOfTime, match=end):
        submission.run([(1, "import time\ntime.sleep(60)")], lambda number: None)


def test_a_neighbour_who_spins_takes_nothing():
    """Twenty processes beside one that needs much of the time that it is given."""
    remarks = {}

    def run(name, core, source):
        with small(SHORT, core) as nursery:
            remarks[name] = remarks_of(nursery, source)

    jobs = {"spins": SPINNING, "honest": working(0.25)}
    threads = [threading.Thread(target=run, args=(name, k, jobs[name])) for k, name in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert remarks == {"spins": ("cell 1 was left out: it took longer than 0.4 s of CPU time.",), "honest": ()}


def test_a_submission_stays_on_its_core():
    cores = sorted(os.sched_getaffinity(0))
    leaving = (
        "import os\ntry:\n    os.sched_setaffinity(0, range(999))\nexcept OSError:\n    pass\n"
        "seen = {'cores': list(os.sched_getaffinity(0))}"
    )
    for number in (len(cores) - 1, len(cores)):
        with small(core=number) as nursery:
            assert seen_by(nursery, leaving) == {"cores": [cores[number % len(cores)]]}
