"""What a submission may take, what keeps it from harm, and how it can end."""

from __future__ import annotations

from dataclasses import dataclass, fields


class SandboxError(RuntimeError):
    """The system does not let submissions run; no submission is to blame."""


class Ended(Exception):
    """A submission is gone: it ended itself, took too long or too much, or sent what cannot be read."""


class OutOfTime(Ended):
    """A submission took too long by the clock, without the CPU time that it may take: others may have had it."""


@dataclass(frozen=True)
class Limits:
    """What a submission may take.

    Time is CPU time of all its processes together, those that have ended included, as the guard measures it: what
    others do on the machine costs a submission nothing. Who sleeps is ended by the clock. Where the system does not
    report CPU time (macOS), the clock alone counts.

    Attributes:
        cell_s: CPU time for each cell (s).
        answer_s: CPU time for each answer (s).
        total_s: CPU time for all of it (s).
        patience: Seconds by the clock for each second of CPU time that it may take.
        memory: Memory that one process may ask for, besides what Python and the libraries have (bytes).
        memory_of_all: Memory of all its processes together, what they share counted once, of its sockets, and of its
            files where these are in memory (bytes).
        file: Size of a file, and of all that it writes (bytes).
        processes: Number of processes and threads.
        files: Number of open files of a process.
        judging_s: Seconds of CPU time for judging its answers, all of them.
        judging_memory: Memory that judging them may ask for, besides what the judges have (bytes); only on Linux.
    """

    cell_s: float = 30
    answer_s: float = 15
    total_s: float = 180
    patience: int = 4
    memory: int = 2**31
    memory_of_all: int = 3 * 2**30
    file: int = 2**26
    processes: int = 32
    files: int = 256
    judging_s: int = 60
    judging_memory: int = 2**29


@dataclass(frozen=True)
class Protections:
    """What keeps a submission from harm, as it reported before any of its code ran.

    Attributes:
        own_process: A process, a session and an empty folder of its own, without our environment.
        limits: Time, number of processes, open files and size of files are limited.
        memory_limit: So is memory, of each process and of all together; only on Linux.
        own_processes: It sees no process but its own, and none of them outlives it.
        no_network: It has no network.
        read_only_files: It sees Python and the libraries, read-only, an empty home, and nothing else.
        other_user: It runs as a user to whom nothing belongs; only where the grader is root.
        system_call_filter: Calls of the kernel that no homework needs are refused, for keys, sockets, memory that
            counts for nobody, or the insides of the kernel; only on Linux with libseccomp.
    """

    own_process: bool = True
    limits: bool = True
    memory_limit: bool = False
    own_processes: bool = False
    no_network: bool = False
    read_only_files: bool = False
    other_user: bool = False
    system_call_filter: bool = False

    @classmethod
    def reported(cls, names: object) -> Protections:
        """Those that a submission names, before any of its own code runs."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: True for name in names if name in known} if isinstance(names, list) else {})

    @property
    def isolated(self) -> bool:
        """Whether it is shut off: from the network, from other processes and from files."""
        return self.own_processes and self.no_network and self.read_only_files

    def in_words(self) -> str:
        """One line that names those in force and those that are not."""
        on = [field.name.replace("_", " ") for field in fields(self) if getattr(self, field.name)]
        off = [name.replace("_", " ") for name in _WANTED if not getattr(self, name)]
        return "; ".join([f"in force: {', '.join(on)}", *([f"NOT in force: {', '.join(off)}"] if off else [])])


_WANTED = ("memory_limit", "own_processes", "no_network", "read_only_files", "system_call_filter")
ENDS = {
    b"memory": "it took too much memory",
    b"time": "it took longer than {seconds:g} s of CPU time",
    b"total": "it took longer than {total:g} s of CPU time in all",
    b"": "it ended itself, or crashed, or was stopped for the time or memory it took",
}
"""Why a submission is gone, as its guard reports it, and in words."""
NOT_SHUT_OFF = (
    "Submissions were not shut off: what the user they ran as can read, change or send, they could, solutions too; "
    "--require-isolation refuses that"
)
"""What to say where they ran so all the same."""
