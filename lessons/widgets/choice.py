"""Questions in a lesson: a prediction that is kept, its recall after the experiment, and a quiz that explains."""

import re
import tomllib
from collections.abc import Sequence
from html import escape
from pathlib import Path
from weakref import WeakValueDictionary

from ...envs.names import check_name
from ...envs.typechecked import typechecked
from .browser_module import browser_module
from .extra import anywidget, traitlets
from .still import WithStill, widget_style

_PAGES = Path(__file__).parents[2] / "book" / "lessons"


class Question(WithStill, anywidget.AnyWidget):
    """A question with options, made by :func:`predict`, :func:`recall`, :func:`quiz` and :func:`ask`.

    It works with no kernel in a static page. ``choice`` is the index of the reader's option, or None.
    """

    _esm = browser_module("element.mjs", "progress.mjs", "choice.mjs")
    _css = widget_style("choice.css")

    kind = traitlets.Enum(("predict", "recall", "quiz"), "quiz").tag(sync=True)
    key = traitlets.Unicode().tag(sync=True)
    question = traitlets.Unicode().tag(sync=True)
    options = traitlets.List(traitlets.Dict()).tag(sync=True)
    choice = traitlets.Int(None, allow_none=True).tag(sync=True)

    @traitlets.validate("choice")
    def _check_chosen(self, proposal: dict) -> int | None:
        chosen = proposal["value"]
        if chosen is not None and not 0 <= chosen < len(self.options):
            raise traitlets.TraitError(f"choice is {chosen}, but there are {len(self.options)} options")
        return chosen

    @traitlets.observe("choice")
    def _keep(self, _: object) -> None:
        self._renew_still()

    def _still_body(self) -> str:
        """The question and what was chosen; no answer, which is for the widget to give."""
        question, *options = (_unmarked(text) for text in (self.question, *(one["text"] for one in self.options)))
        chosen = "nothing" if self.choice is None else options[self.choice]
        listed = "".join(f"<li>{text}</li>" for text in options)
        return f"<p>{question}</p><ul>{listed}</ul><p>You chose: {chosen}</p>"


_predictions: WeakValueDictionary[str, Question] = WeakValueDictionary()


def predict(key: str, question: str, options: Sequence[str]) -> Question:
    """Ask for a prediction before an experiment and keep it, in the notebook and in the reader's browser.

    Args:
        key: Name under which the prediction is kept, unique in the course ("memory/long-delay").
        question: What to predict; code goes between backticks and emphasis between asterisks.
        options: At least two possible outcomes; none is marked as right, the experiment decides.

    Raises:
        ValueError: If there are fewer than two options, or two alike.
    """
    texts = [{"text": text} for text in _distinct(options)]
    _predictions[key] = widget = Question(kind="predict", key=key, question=question, options=texts)
    return widget


def recall(key: str) -> Question:
    """Show what the reader predicted under this key, or that there is no prediction yet.

    Args:
        key: The key given to :func:`predict`, on this page or on an earlier one.
    """
    asked = _predictions.get(key)
    if asked is None:
        return Question(kind="recall", key=key)
    widget = Question(kind="recall", key=key, question=asked.question, options=asked.options, choice=asked.choice)
    traitlets.dlink((asked, "choice"), (widget, "choice"))
    return widget


def quiz(question: str, options: Sequence[tuple[str, str, bool]]) -> Question:
    """Ask a question whose every option, right or wrong, answers with an explanation.

    Args:
        question: The question; code goes between backticks and emphasis between asterisks.
        options: Text, explanation, and whether it is correct, of each option; at least one is correct.

    Raises:
        ValueError: If there are fewer than two options, two are alike, none is correct or one has no explanation.
    """
    _distinct([text for text, _, _ in options])
    unexplained = [text for text, explanation, _ in options if not explanation.strip()]
    if unexplained:
        raise ValueError(f"the option {unexplained[0]!r} has no explanation; a reader who picks it should learn why")
    if not any(correct for _, _, correct in options):
        raise ValueError("no option is correct")
    full = [{"text": text, "explanation": why, "correct": bool(correct)} for text, why, correct in options]
    return Question(kind="quiz", question=question, options=full)


@typechecked
def ask(name: str) -> Question:
    """Ask a question of a quiz that is next to its page, so that no cell of a notebook shows the answer.

    What was answered is kept in the reader's browser, for the page "Your course".

    Args:
        name: ``"PAGE/QUESTION"``: the table QUESTION beside the page ``book/lessons/01-PAGE.md``, in ``01-PAGE.toml``,
            with ``question`` and ``options``, each with ``text``, ``why`` and, where it is, ``correct = true``.

    Raises:
        ValueError: If there is no such page or question.
    """
    page, _, question = name.partition("/")
    pages = {file.stem[3:]: file for file in _PAGES.glob("*.toml")}
    check_name("page", page, pages)
    quizzes = tomllib.loads(pages[page].read_text("utf-8"))
    check_name("question", question, [*quizzes])
    stored = quizzes[question]
    asked = quiz(
        stored["question"],
        [(option["text"], option["why"], option.get("correct", False)) for option in stored["options"]],
    )
    asked.key = name
    return asked


def _unmarked(text: str) -> str:
    """A text as HTML, without the marks of code and emphasis."""
    return escape(re.sub(r"[`*]", "", text))


def _distinct(texts: Sequence[str]) -> Sequence[str]:
    if len(texts) < 2:
        raise ValueError(f"a question needs at least two options, got {len(texts)}")
    if len(set(texts)) < len(texts):
        raise ValueError("two options are alike")
    return texts
