"""Questions in a lesson: a prediction that is kept, its recall after the experiment, and a quiz that explains."""

from collections.abc import Sequence
from pathlib import Path
from weakref import WeakValueDictionary

from .browser_module import browser_module
from .extra import anywidget, traitlets


class Choice(anywidget.AnyWidget):
    """A question with options, made by :func:`predict`, :func:`recall` and :func:`quiz`.

    It works with no kernel in a static page. ``chosen`` is the index of the reader's option, or None.
    """

    _esm = browser_module("element.mjs", "choice.mjs")
    _css = Path(__file__).with_name("choice.css")

    kind = traitlets.Enum(("predict", "recall", "quiz"), "quiz").tag(sync=True)
    key = traitlets.Unicode().tag(sync=True)
    question = traitlets.Unicode().tag(sync=True)
    options = traitlets.List(traitlets.Dict()).tag(sync=True)
    chosen = traitlets.Int(None, allow_none=True).tag(sync=True)

    @traitlets.validate("chosen")
    def _check_chosen(self, proposal: dict) -> int | None:
        chosen = proposal["value"]
        if chosen is not None and not 0 <= chosen < len(self.options):
            raise traitlets.TraitError(f"chosen is {chosen}, but there are {len(self.options)} options")
        return chosen


_predictions: WeakValueDictionary[str, Choice] = WeakValueDictionary()


def predict(key: str, question: str, options: Sequence[str]) -> Choice:
    """Ask for a prediction before an experiment and keep it, in the notebook and in the reader's browser.

    Args:
        key: Name under which the prediction is kept, unique in the course ("memory/long-delay").
        question: What to predict; code may stand between backticks and emphasis between asterisks.
        options: At least two possible outcomes; none is marked as right, the experiment tells.

    Raises:
        ValueError: If there are fewer than two options, or two alike.
    """
    texts = [{"text": text} for text in _distinct(options)]
    _predictions[key] = widget = Choice(kind="predict", key=key, question=question, options=texts)
    return widget


def recall(key: str) -> Choice:
    """Show what the reader predicted under this key, or that there is no prediction yet.

    Args:
        key: The key given to :func:`predict`, on this page or on an earlier one.
    """
    asked = _predictions.get(key)
    if asked is None:
        return Choice(kind="recall", key=key)
    widget = Choice(kind="recall", key=key, question=asked.question, options=asked.options, chosen=asked.chosen)
    traitlets.dlink((asked, "chosen"), (widget, "chosen"))
    return widget


def quiz(question: str, options: Sequence[tuple[str, str, bool]]) -> Choice:
    """Ask a question whose every option, right or wrong, answers with an explanation.

    Args:
        question: The question; code may stand between backticks and emphasis between asterisks.
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
    return Choice(kind="quiz", question=question, options=full)


def _distinct(texts: Sequence[str]) -> Sequence[str]:
    if len(texts) < 2:
        raise ValueError(f"a question needs at least two options, got {len(texts)}")
    if len(set(texts)) < len(texts):
        raise ValueError("two options are alike")
    return texts
