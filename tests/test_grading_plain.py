"""Answers as plain data: what comes back is what was sent, and nothing else can be sent."""

import json
import socket
import struct
import threading
import time

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from cogdyn.lessons.grading.inside import answers, plain

leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
leaves |= arrays.arrays(
    st.sampled_from([bool, np.int64, np.uint8, np.float32, np.float64, complex]), arrays.array_shapes()
)
values = st.recursive(
    leaves, lambda of: st.lists(of, max_size=3) | st.dictionaries(st.text(), of, max_size=3), max_leaves=8
)


def same(a, b):
    if isinstance(a, np.ndarray):
        return isinstance(b, np.ndarray) and a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple):
        return type(a) is type(b) and len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    return type(a) is type(b) and a == b


@settings(max_examples=60, deadline=None)
@given(values)
def test_what_comes_back_is_what_was_sent(value):
    assert same(plain.unpack(json.loads(json.dumps(plain.pack(value)))), value)


def test_tuples_numbers_of_numpy_and_tensors_are_plain():
    assert plain.unpack(plain.pack((1, (2.5,)))) == (1, (2.5,))
    assert plain.unpack(plain.pack(np.float32(0.5))) == np.float32(0.5)
    assert same(plain.unpack(plain.pack(torch.eye(2))), np.eye(2, dtype=np.float32))
    assert same(plain.unpack(plain.pack(np.arange(3, dtype=">i4"))), np.arange(3, dtype="<i4"))


def nested(n):
    return [nested(n - 1)] if n else []


@pytest.mark.parametrize(
    "value",
    [object(), {1: 2}, {3}, b"x", np.array(["a"]), np.array([None]), lambda: 0, [{3}], nested(plain.DEEPEST + 1)],
)
def test_what_is_not_plain_is_refused(value):
    with pytest.raises(plain.NotPlain):
        plain.pack(value)


def test_what_is_nested_deeply_but_not_too_deeply_is_plain():
    assert plain.unpack(plain.pack(nested(plain.DEEPEST))) == nested(plain.DEEPEST)


@pytest.mark.parametrize(
    "value",
    [
        [],
        {"list": 1},
        {"dict": []},
        {"a": 1, "b": 2},
        {"array": "float64", "shape": [2], "data": ""},
        {"array": "O", "shape": [1], "data": "AAAAAAAAAAA="},
        {"array": "float64", "shape": [-1], "data": "AAAAAAAAAAA="},
        {"array": "float64", "shape": [10**30, 0, 1], "data": 7},
        {"array": "float64", "shape": "1", "data": "AAAAAAAAAAA="},
        {"array": "not a type", "shape": [1], "data": "AAAAAAAAAAA="},
        {"array": [["a", "O"]], "shape": [1], "data": "AAAAAAAAAAA="},
        {"array": "float64", "shape": [True], "data": "AAAAAAAAAAA="},
    ],
)
def test_what_pack_does_not_write_is_not_read(value):
    with pytest.raises(plain.NotPlain):
        plain.unpack(value)


@pytest.mark.parametrize(
    "value",
    [
        ["x" * 100],
        ["x"] * 51,
        [""] * 101,
        [[]] * 101,
        {"x" * 100: 1},
        [{"x" * 25: 1}] * 4,
    ],
    ids=["a word", "words", "empty words", "lists", "a name", "names"],
)
def test_an_answer_holds_no_more_than_so_many_items_and_letters(value, monkeypatch):
    monkeypatch.setattr(plain, "MOST", 100)
    with pytest.raises(plain.NotPlain, match="items and letters"):
        plain.unpack(plain.pack(value))


def test_a_message_of_too_many_items_is_refused_before_it_is_built(line):
    content = b'{"value": [' + b"[]," * 2000 + b"[]]}"
    for most in (1000, None):
        line[0].sendall(struct.pack("!I", len(content)) + content)
        if most is None:
            assert len(plain.read(line[1], None, most)["value"]) == 2001
        else:
            with pytest.raises(plain.NotPlain, match="more than 1,000 items"):
                plain.read(line[1], None, most)


@pytest.mark.parametrize("value", [["a"], [1, "a"], [["a" * 10**6] + ["b"] * 10**5], "a", None, [None], {}, [[1], 2]])
def test_only_numbers_become_an_array(value):
    assert plain.numbers(value) is None


@pytest.mark.parametrize("value", [1, True, 2.5, 1j, [1, 2.5], ((1,), (2,)), np.eye(2), [np.eye(2), np.eye(2)], []])
def test_numbers_become_the_array_that_numpy_makes_of_them(value):
    assert same(plain.numbers(value), np.asarray(value))


def test_a_text_is_cut_and_can_be_printed_and_encoded():
    assert plain.text("x" * 10**6) == "x" * (plain.LONGEST - 1) + "…"
    assert plain.text("two\nlines \ud800\x1b]52;c;\u202e") == "two\nlines \ufffd\ufffd]52;c;\ufffd"
    assert plain.text("größer\t中文", 80) == "größer\t中文"
    assert plain.text(["x"]) == plain.text(None) == ""


@pytest.fixture
def line():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


@pytest.mark.parametrize(
    "content",
    [b"[1]", b"{", b"\xff\xfe", b"[" * 10**5, b"1" * 10**5, b'"x"', b"NaN"],
    ids=["list", "half", "bytes", "deep", "number", "word", "nan"],
)
def test_what_is_no_message_is_not_read(line, content):
    line[0].sendall(struct.pack("!I", len(content)) + content)
    with pytest.raises(plain.NotPlain):
        plain.read(line[1])


def test_a_message_that_is_too_large_is_not_read(line):
    line[0].sendall(struct.pack("!I", plain.LARGEST + 1))
    with pytest.raises(plain.NotPlain, match="at most"):
        plain.read(line[1])
    with pytest.raises(plain.NotPlain, match="too large"):
        plain.write(line[0], {"x": "x" * plain.LARGEST})


def test_a_message_that_comes_byte_by_byte_does_not_come_in_time(line):
    def drip():
        for byte in struct.pack("!I", 100) + b"x" * 100:
            try:
                line[0].sendall(bytes([byte]))
            except OSError:
                return
            time.sleep(0.05)

    threading.Thread(target=drip, daemon=True).start()
    with pytest.raises(TimeoutError):
        plain.read(line[1], time.monotonic() + 0.3)


def test_the_other_side_is_gone(line):
    line[0].close()
    with pytest.raises(EOFError):
        plain.read(line[1])


def test_an_error_is_told_with_the_line_of_the_cell():
    space = {}
    found = answers.run_cell("def f():\n    return 1 / 0\nf()", "cell 3", space)
    assert found == {
        "error": "ZeroDivisionError",
        "message": "division by zero",
        "where": "cell 3, line 2: return 1 / 0",
    }
    assert answers.run_cell("x = (", "cell 4", space)["error"] == "SyntaxError"
    assert answers.run_cell("x = 1", "cell 5", space) is None
    assert space["x"] == 1
    assert answers.answer(space, "call", "g", {}) == {"error": "missing", "message": ""}
    assert answers.answer({"f": lambda: {1}}, "call", "f", {})["error"] == "not plain"


def test_what_is_hidden_cannot_be_imported():
    hidden = answers.Hidden(["torch"])
    assert hidden.find_spec("torchvision", None) is None
    for name in ("torch", "torch.nn"):
        with pytest.raises(ModuleNotFoundError, match="torch is no part of this assignment"):
            hidden.find_spec(name, None)
