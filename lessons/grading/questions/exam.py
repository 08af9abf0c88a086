"""An exam: questions drawn from the bank with a seed for each student, as pages to print, and the key."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ....agents.training.files import write_atomically
from ....envs.errors import ArgumentError
from ....envs.numbers import whole_number
from ....envs.typechecked import typechecked
from ..names import file_names
from ..pages import page, words
from ..roster import read_roster
from ..secret_seed import secret_seed
from ..table import harmless
from .bank import BankQuestion, Option

LETTERS = "abcdefgh"


@dataclass(frozen=True)
class Paper:
    """What one student is asked.

    Attributes:
        student: Whose it is.
        questions: The questions in their order.
        options: The options of each question in the order of their letters.
    """

    student: str
    questions: tuple[BankQuestion, ...]
    options: tuple[tuple[Option, ...], ...]

    @property
    def key(self) -> list[str]:
        """The letter of the right answer to each question."""
        return [LETTERS[[option.correct for option in options].index(True)] for options in self.options]


@typechecked
def draw_paper(questions: Sequence[BankQuestion], student: str, seed: int, n_questions: int = 20) -> Paper:
    """Draw questions for a student, from all lessons as evenly as possible, and the order of their options.

    The same seed, student and bank give the same paper, whoever else sits the exam.

    Args:
        questions: The bank.
        student: Name of the student.
        seed: Seed of the exam; keep it to yourself until it is over.
        n_questions: Number of questions.

    Raises:
        ArgumentError: If there are fewer questions than are asked for.
    """
    n_questions = whole_number("n_questions", n_questions, minimum=1)
    if n_questions > len(questions):
        raise ArgumentError(f"n_questions is {n_questions}, and there are {len(questions)} questions to draw from.")
    digest = hashlib.sha256(f"{seed} {student}".encode()).digest()
    rng = np.random.default_rng(int.from_bytes(digest[:8], "little"))
    rounds: dict[str, list[BankQuestion]] = {}
    for i in rng.permutation(len(questions)):
        rounds.setdefault(questions[i].lesson, []).append(questions[i])
    # Round after round each lesson gives one question; lessons come in a drawn order, so that the last round is fair.
    in_turn = sorted(
        ((k, at, question) for at, lesson in enumerate(rounds.values()) for k, question in enumerate(lesson)),
        key=lambda one: one[:2],
    )
    selection = [question for *_, question in in_turn[:n_questions]]
    shuffled = [selection[i] for i in rng.permutation(len(selection))]
    options = tuple(tuple(one.options[i] for i in rng.permutation(len(one.options))) for one in shuffled)
    return Paper(student, tuple(shuffled), options)


def paper_page(title: str, paper: Paper) -> bytes:
    """The paper as a page of HTML to print; it loads nothing and says no answer.

    Args:
        title: Name of the exam.
        paper: The paper.
    """
    parts = [f"<h1>{words(title)}</h1>", f"<p><strong>{words(paper.student)}</strong></p>"]
    parts.append("<p>One answer to each question is right. Write its letter on the line.</p>")
    for number, (question, options) in enumerate(zip(paper.questions, paper.options, strict=True), 1):
        listed = "".join(f"<li>{_with_code(option.text)}</li>" for option in options)
        parts.append(
            f'<section style="break-inside: avoid"><h2>{number}. {_with_code(question.text)}</h2>'
            f'<ol type="a">{listed}</ol><p>Answer: ______</p></section>'
        )
    return page(f"{title}: {paper.student}", "\n".join(parts))


def key_table(papers: Sequence[Paper]) -> bytes:
    """The right letters as CSV: a line for each student, with the name of each question beside its letter.

    Args:
        papers: The papers, all of as many questions.
    """
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    n_questions = max((len(paper.questions) for paper in papers), default=0)
    heads = [head for number in range(1, n_questions + 1) for head in (str(number), f"question {number}")]
    table.writerow(["student", *heads])
    for paper in papers:
        pairs = zip(paper.key, paper.questions, strict=True)
        cells = [cell for letter, one in pairs for cell in (letter, f"{one.lesson}/{one.name}")]
        table.writerow([harmless(paper.student), *cells])
    return text.getvalue().encode()


@typechecked
def write_exam(
    folder: Path, students: Path, questions: Sequence[BankQuestion], title: str, n_questions: int, seed: int | None
) -> list[Paper]:
    """Write a paper for each student into ``folder/papers``, and the key beside them.

    Args:
        folder: Where to write.
        students: A name on each line, or a table (CSV) with a column of names.
        questions: The bank.
        title: Name of the exam.
        n_questions: Number of questions of a paper.
        seed: Seed of the exam; None for a secret one, kept in ``folder/seed``, so that the same papers can be drawn
            again.

    Raises:
        ValueError: If there is no name, or fewer questions than are asked for.
        OSError: If something cannot be written.
    """
    names = [entry.name for entry in read_roster(students)]
    (folder / "papers").mkdir(parents=True, exist_ok=True)
    seed = secret_seed(folder) % 2**64 if seed is None else whole_number("seed", seed, minimum=0)
    papers = [draw_paper(questions, name, seed, n_questions) for name in names]
    files = file_names(names)
    for paper in papers:
        write_atomically(folder / "papers" / f"{files[paper.student]}.html", paper_page(title, paper))
    write_atomically(folder / "key.csv", key_table(papers))
    return papers


def _with_code(text: str) -> str:
    """Text as HTML, with what stands between backticks as code."""
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", words(text))
