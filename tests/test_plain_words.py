"""Plain words: names, docstrings, messages and pages use the words of the field (CONTRIBUTING, "Plain words").

Each check is a function of a text that returns what is wrong, so it can be shown a bad example.
"""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CODE = sorted(path for floor in ("envs", "agents", "lessons") for path in (ROOT / floor).rglob("*.py"))
BOOK = sorted(path for ext in ("md", "toml") for path in (ROOT / "book").rglob(f"*.{ext}"))
PAGES = [ROOT / "README.md", *(path for path in BOOK if "_build" not in path.parts)]

# Names

IRREGULAR = re.compile(
    "asked|begun|broken|brought|built|caught|chosen|done|drawn|driven|fallen|felt|foretold|found|frozen|given|gone|"
    "grown|heard|held|hidden|kept|known|laid|lent|lost|made|meant|met|paid|said|seen|sent|shown|sought|spent|spoken|"
    "taken|taught|told|thought|thrown|understood|won|worn|written"
)
"""Participles that do not end in -ed; such as are nouns or verbs as well (cut, read, run, set) are left out."""
FIELD = re.compile(
    "annealed|attended|balanced|centred|demixed|distracted|fixed|frozen|gated|graded|inhibited|isolated|lesioned|mixed|"
    "observed|preferred|published|recorded|shuffled|silenced|targeted|trained"
)
"""Participles that the field uses as terms."""
PLATFORM = re.compile(
    "allowed|closed|diverged|done|ended|expected|failed|finished|hidden|passed|rejected|skipped|terminated|timed|"
    "typechecked|unanswered"
)
"""Participles that every platform uses for states."""
NO_PARTICIPLE = re.compile("bed|deed|exceed|feed|heed|need|proceed|red|seed|shed|speed|succeed|weed")
ON_DISK = {
    "envs/noisy.py": {"added"},
    "envs/reporting.py": {"seen", "reported"},
    "envs/tasks/reversals.py": {"counted"},
    "envs/tasks/streams/memory.py": {"held"},
    "lessons/grading/follow_through.py": {"replaced"},
    "lessons/grading/judging.py": {"seen"},
}
"""Arguments of tasks in saved runs, and fields of saved results: with other names they could not be read any more."""


def participle(name):
    """Whether a name is a participle and nothing else."""
    word = re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
    return bool(IRREGULAR.fullmatch(word) or (re.fullmatch("[a-z]+ed", word) and not NO_PARTICIPLE.fullmatch(word)))


def public_names(text, module=""):
    """Yield (line, kind, name) of the public names that a module defines."""
    yield 1, "module", module
    yield from _names_in(ast.parse(text).body, of_class=False)


def _names_in(body, of_class):
    for node in body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield node.lineno, "class", node.name
            yield from _names_in(node.body, of_class=True)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if not re.match(r"_(?!_)", node.name):
                yield node.lineno, "function", node.name
                arguments = node.args
                every = (
                    *arguments.posonlyargs,
                    *arguments.args,
                    *arguments.kwonlyargs,
                    arguments.vararg,
                    arguments.kwarg,
                )
                yield from ((one.lineno, "parameter", one.arg) for one in every if one is not None)
            for inner in ast.walk(node):
                if isinstance(inner, ast.Attribute) and isinstance(inner.ctx, ast.Store) and _is_self(inner.value):
                    yield inner.lineno, "attribute", inner.attr
        elif of_class and isinstance(node, ast.AnnAssign | ast.Assign):
            for target in [node.target] if isinstance(node, ast.AnnAssign) else node.targets:
                if isinstance(target, ast.Name):
                    yield node.lineno, "attribute", target.id


def _is_self(node):
    return isinstance(node, ast.Name) and node.id == "self"


def bare_participles(text, module="", allowed=frozenset()):
    """Public names that are a participle instead of the thing's name.

    A function may end in -ed, as Python's own ``sorted`` and ``reversed``: it returns a changed copy.
    """
    return [
        f"{line}: {kind} {name}"
        for line, kind, name in public_names(text, module)
        if not name.startswith("_") and participle(name) and name not in allowed
        if not (FIELD.fullmatch(name.lower()) or PLATFORM.fullmatch(name.lower()))
        if kind != "function" or IRREGULAR.fullmatch(name)
    ]


def in_files(paths, problems):
    """What ``problems(place, text)`` finds in each file."""
    places = ((path.relative_to(ROOT).as_posix(), path.read_text("utf-8")) for path in paths)
    return [f"{place} {problem}" for place, text in places for problem in problems(place, text)]


def test_names_are_the_things():
    assert in_files(CODE, lambda at, text: bare_participles(text, Path(at).stem, ON_DISK.get(at, set()))) == []


@pytest.mark.parametrize(
    ("text", "bad"),
    [
        ("def add(found): pass", ["1: parameter found"]),
        ("def add(*, wanted=1): pass", ["1: parameter wanted"]),
        ("def told(error): pass", ["1: function told"]),
        ("class Held: pass", ["1: class Held"]),
        ("class A:\n    shown: int = 0", ["2: attribute shown"]),
        ("class A:\n    def b(self):\n        self.said = 1", ["3: attribute said"]),
        ("def add(gradient, n_found, trained, seed): pass", []),
        ("def _add(found): given = found", []),
        ("def shuffled(rows): pass", []),
    ],
)
def test_a_check_of_names_tells_bad_from_good(text, bad):
    assert bare_participles(text) == bad


# Words

WORDS = {
    r"\b(?:is|are|was|were|be|been|being|gets?|not) told\b(?! apart)": (
        "reported, shown; an error signal reaches its unit",
        "What is told is the 90th percentile.",
        "How can the two be told apart?",
    ),
    r"\btells\b(?!(?: \S+){0,5} (?:apart|from)\b)|\btell (?:of|all|the name)\b": (
        "reports, describes, shows",
        "The table tells how many learned.",
        "It tells one place from another.",
    ),
    r"\bgoes on\b|\bgo on (?:to|with|from|where)\b": (
        "resumes, continues",
        "Run again, it goes on.",
        "From go on, zero it.",
    ),
    r"\banew\b": ("again", "Signs are drawn anew.", "Signs are drawn again."),
    r"\bonce for each\.": ("may be repeated", "NAME=VALUE; once for each.", "It is drawn once for each trial."),
    r"\bdoes without\b(?! noise)|\b(?:to|can|cannot) do without\b": (
        "without, off",
        "None to do without Dale's law.",
        "They act as they do without training.",
    ),
    r"\bbut for\b": ("except", "All are alike but for one.", "Not for one bin, but also for all."),
    r"(?:^|[.;:] )Beside\b": ("besides, next to", "All is done. Beside that, one more.", "A label beside the points."),
    r"\bfore(?:see|sees|saw|seen|told|tell)\b": ("predict", "It foresees its credit.", "A measure of foresight."),
    r"\bcarried forward\b": ("forward mode", "A change carried forward.", "Credit is carried back."),
    r"\bmakes? (?:it|them|the \w+) again\b": ("reconstruct", "A dictionary that makes it again.", "Make a new one."),
    r"\bhears?\b|\bheard (?:by|of|in)\b": ("receive", "What a unit hears.", "Evidence is seen, heard, or both."),
    r"\bmend(?:s|ed|ing)?\b": ("repair", "What may mend them.", "An amended version."),
    r"\bsh(?:ake[ns]?|ook|aking)\b": ("perturb", "Weights that shake.", "A shallow network."),
    r"\bat hand\b": ("available", "The text was not at hand.", "The hand is at rest."),
    r"\blies? in (?:``|:|the (?:code|file|folder|module|package)\b)": (
        "is in",
        "It lies in the folder of the run.",
        "What of the velocity lies in the plane.",
    ),
    r"\bstands? (?:in (?!for\b)(?:the (?!way|docstring)|:|``|both|every)|at first|there|beside|before)": (
        "is in, is",
        "The equation stands in the docstring of LossRule; it stands there.",
        "A network stands still, and letters can stand in one order.",
    ),
    r"\bthe begin\b": ("the start", "From the begin of a period.", "At the beginning of a block."),
    r"\ban error if none\b": ("invalid", "It is an error if none is named.", "An error if there is no task."),
    r"\bnone of (?:those|tanh units)\b": (
        "not one of",
        "An argument is none of those allowed.",
        "None of the three learned.",
    ),
    r"\bas ever\b": ("as before, as usual", "It must go off as ever.", "It is as clever as before."),
}
"""A pattern of odd English: what to write instead, an example that it refuses, one that it lets pass."""


def odd_words(text):
    """What is odd in a text, with its line."""
    return [
        f"{1 + text.count(chr(10), 0, match.start())}: {' '.join(match[0].split())!r}; write {instead}"
        for pattern, (instead, _, _) in WORDS.items()
        for match in re.finditer(pattern.replace(" ", r"\s+"), text)
    ]


def words_for_users(text):
    """Yield (line, text) of the docstrings of a module, its errors and the help of its options."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            # After a name, a string of its own documents the name.
            for one in node.body:
                if (
                    isinstance(one, ast.Expr)
                    and isinstance(one.value, ast.Constant)
                    and isinstance(one.value.value, str)
                ):
                    yield one.lineno, one.value.value
        elif isinstance(node, ast.Raise) or (isinstance(node, ast.keyword) and node.arg == "help"):
            strings = [one for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str)]
            yield from ((one.lineno, one.value) for one in strings)


def test_docstrings_and_messages_are_plain():
    def problems(_, text):
        return [f"{line} + {odd}" for line, words in words_for_users(text) for odd in odd_words(words)]

    assert in_files(CODE, problems) == []


def test_pages_are_plain():
    assert in_files(PAGES, lambda _, text: odd_words(text)) == []


def test_a_pattern_tells_bad_from_good():
    assert [pattern for pattern, (_, bad, _) in WORDS.items() if not re.search(pattern, bad)] == []
    assert [pattern for pattern, (_, _, good) in WORDS.items() if re.search(pattern, good)] == []


def test_docstrings_errors_and_help_are_read():
    text = (
        '"""A."""\nX = 1\n"""B."""\ndef f(x: Annotated[int, Option(help="C.")]):\n    """D."""\n'
        '    raise ValueError(f"E {x}.")\ny = "not read"\n'
    )
    assert sorted(part for _, part in words_for_users(text)) == [".", "A.", "B.", "C.", "D.", "E "]
