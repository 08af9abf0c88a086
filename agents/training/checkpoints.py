"""The folder into which a training writes its runs: claimed, taken up, and written so that a kill costs nothing."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

from ..network.protocol import first_parameter
from .files import check_unicode, folder_made, locked, remove_parts, write_atomically
from .model_file import MODEL, read_header, read_model
from .run import Run, differences, load_run

NEXT = ".model.next"
"""The checkpoint of a network of an ensemble, until those of all its networks are there."""


class Checkpoints:
    """Within the block the folder is there, can be written, and belongs to this process alone.

    Args:
        out: The folder; None to write nothing.
        size: Number of networks S, whose runs are in ``out/network-1``, ...; None for one, whose run is in ``out``.

    Raises:
        ArgumentError: If the name of the folder is not UTF-8.
        OSError: If the folder cannot be written.
        FolderInUse: If another process trains into it.
    """

    def __init__(self, out: str | os.PathLike[str] | None, size: int | None):
        self.out = None if out is None else Path(out)
        self._size, self._stack = size, ExitStack()
        self._places: dict[int, Path] = {}

    def __enter__(self) -> Checkpoints:
        """Claim the folder."""
        with ExitStack() as stack:
            if self.out is not None:
                check_unicode("out", self.out)
                stack.enter_context(folder_made(self.out))
                stack.enter_context(locked(self.out))
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Release the folder."""
        self._stack.close()

    def take_up(self, runs: Sequence[Run[Any]], resume: bool) -> None:
        """Bring runs to where those in the folder are.

        Raises:
            ValueError: If there is nothing to resume, or something that shall not be, or the runs of another training.
        """
        if self.out is None:
            if resume:
                raise ValueError("resume=True needs out, the folder of the run.")
            return
        self._places = {id(run): folder for run, folder in zip(runs, self._folders, strict=True)}
        if resume:
            folders = [self.out, *self.out.glob("network-*")]
            for folder in folders:
                remove_parts(folder)
            settle(folders)
        there = [path.parent for path in sorted(self.out.glob(f"network-*/{MODEL}"))]
        single = (self.out / MODEL).exists()
        if not resume:
            if single or there:
                what = "a run" if single else f"an ensemble of {len(there)} networks"
                raise ValueError(
                    f"{self.out} holds {what} already; choose another folder, or resume=True to resume it."
                )
            return
        if not single and not there:
            raise ValueError(f"there is no run to resume in {self.out}.")
        if self._size is not None and single:
            raise ValueError(f"{self.out} holds the run of one network, not an ensemble of {self._size}.")
        if (self._size is None and not single) or (self._size is not None and {*there} != {*self._folders}):
            raise ValueError(
                f"{self.out} holds an ensemble of {len(there)} networks; resume it with ensemble={len(there)}."
            )
        for run, folder in zip(runs, self._folders, strict=True):
            _continue(run, load_run(folder))
            run.written_to(folder)  # a kill may have come between the two files

    def write(self, runs: Sequence[Run[Any]]) -> None:
        """Write checkpoints of some of the runs: after a kill, all of them are found, or none."""
        places = [(run, self._places[id(run)]) for run in runs if self.out is not None]
        for run, folder in places:
            folder.mkdir(exist_ok=True)
            write_atomically(folder / NEXT, run.content())
        for run, folder in places:
            os.replace(folder / NEXT, folder / MODEL)
            run.written_to(folder)

    @property
    def _folders(self) -> list[Path]:
        assert self.out is not None
        return [self.out] if self._size is None else [self.out / f"network-{s + 1}" for s in range(self._size)]


def settle(folders: Sequence[Path]) -> None:
    """End what a kill interrupted in :meth:`Checkpoints.write`: if one checkpoint took its place, the others do too."""
    steps = {read_header(folder / MODEL)["step"] for folder in folders if (folder / MODEL).is_file()}
    for folder in folders:
        if (folder / NEXT).is_file():
            if read_model(folder / NEXT)[0]["step"] in steps:
                os.replace(folder / NEXT, folder / MODEL)
            else:
                (folder / NEXT).unlink()


NAMES = {"loop": "a compiled loop", "steps": "PyTorch's operations"}
"""Words for how a rule learned in every bin."""


def _continue(run: Run[Any], earlier: Run[Any]) -> None:
    """Bring a run to where an earlier one of the same training is.

    Raises:
        ValueError: If it is of another training; it says what differs.
    """
    for part in ("task", "network", "rule", "training"):
        parts = [run.config[part], earlier.config[part]]
        if parts[0].get("name") != parts[1].get("name"):  # the arguments of another class say nothing
            parts = [{"name": each.get("name", "RateRNN")} for each in parts]
        if differ := differences(*parts):
            raise ValueError(f"{earlier.path} was trained with another {part}: {differ}.")
    ours, theirs = (first_parameter(each.network).dtype for each in (run, earlier))
    if ours != theirs:
        raise ValueError(f"{earlier.path} holds a network in {theirs}, and this one is in {ours}.")
    mine, its = run.config.get("path"), earlier.config.get("path")
    if mine and its and mine != its:
        told = f"{earlier.path} learned by {NAMES[its]} and resumes by {NAMES[mine]}, which round differently."
        warnings.warn(told, stacklevel=2)
    run.network.load_state_dict(earlier.network.state_dict())
    run.metrics, run.memory = earlier.metrics, earlier.memory
