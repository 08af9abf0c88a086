"""Predictions are kept, quizzes explain."""

import pytest
import traitlets
from node import evaluate, needs_node

from cogdyn.lessons.widgets.choice import predict, quiz, recall

OPTIONS = [("slower", "A unit goes a smaller part of the way.", True), ("faster", "That is a smaller tau.", False)]


def test_a_recall_follows_its_prediction():
    asked = predict("test/follows", "What happens?", ["this", "that"])
    shown = recall("test/follows")
    assert shown.choice is None
    asked.choice = 1
    assert (shown.choice, shown.options[shown.choice]["text"]) == (1, "that")
    assert recall("test/follows").choice == 1


def test_a_recall_of_another_page_stands_alone():
    shown = recall("test/asked elsewhere")
    assert (shown.key, shown.options, shown.choice) == ("test/asked elsewhere", [], None)


def test_a_quiz_carries_an_explanation_for_every_option():
    asked = quiz("A larger `tau` makes a unit ...", OPTIONS)
    assert [option["explanation"] for option in asked.options] == [why for _, why, _ in OPTIONS]
    assert [option["correct"] for option in asked.options] == [True, False]


def test_a_choice_must_be_one_of_the_options():
    asked = quiz("?", OPTIONS)
    with pytest.raises(traitlets.TraitError, match="there are 2 options"):
        asked.choice = 2


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (OPTIONS[:1], "at least two"),
        ([OPTIONS[0], OPTIONS[0]], "alike"),
        ([OPTIONS[1], ("other", "Because.", False)], "no option is correct"),
        ([OPTIONS[0], ("other", " ", False)], "'other' has no explanation"),
    ],
)
def test_a_quiz_that_would_leave_a_reader_alone_is_refused(options, words):
    with pytest.raises(ValueError, match=words):
        quiz("?", options)


@needs_node
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", [("span", "plain")]),
        (
            "a `tau` of *all* units",
            [("span", "a "), ("code", "tau"), ("span", " of "), ("em", "all"), ("span", " units")],
        ),
        ("2 * 3 * 4 and a `b", [("span", "2 * 3 * 4 and a `b")]),
        ("<b>`<i>`", [("span", "<b>"), ("code", "<i>")]),
    ],
)
def test_code_and_emphasis_are_marked(text, expected):
    found = evaluate("choice.mjs", "module.pieces(data)", text)
    assert [(piece["tag"], piece["text"]) for piece in found] == expected


@needs_node
def test_a_choice_is_kept_and_forgotten_even_where_a_page_has_no_storage():
    kept = "(module.keepChoice('k', 'this'), module.recallChoice('k'))"
    assert evaluate("choice.mjs", kept) == "this"
    assert evaluate("choice.mjs", f"({kept}, module.forgetChoice('k'), module.recallChoice('k'))") is None
