"""What a study may ask for, and the table in which its results stand."""

import math

import numpy as np
import pytest
from toy_study import toy

from cogdyn.lessons.studies.runner import plan
from cogdyn.lessons.studies.study import job_key
from cogdyn.lessons.studies.table import read_table, text_table, tidy, write_csv


@pytest.fixture
def log(tmp_path):
    return tmp_path / "log"


@pytest.mark.parametrize(
    ("job", "message"),
    [
        ({"seed": 1, "failed": True}, "a job cannot have failed"),
        ({"sizes": [1, 2]}, r"sizes is \[1, 2\]; a cell"),
        ({"arm": "1.5"}, "arm is '1.5'; a word"),
        ({"rate": math.nan}, "rate is NaN; where there is no value, a cell of the table holds None"),
    ],
)
def test_a_job_is_words_and_numbers(log, job, message):
    study = toy(log, [])
    study.jobs(False).append(job)
    with pytest.raises(ValueError, match=message):
        plan(study, quick=False)


def test_a_study_has_runs_and_each_once(log):
    with pytest.raises(ValueError, match="has no runs"):
        plan(toy(log, []), quick=False)
    study = toy(log, ["measure"])
    study.jobs(False).append(dict(reversed(study.jobs(False)[0].items())))
    with pytest.raises(ValueError, match="asks twice"):
        plan(study, quick=False)
    assert job_key({"a": 1, "b": "x"}) == job_key({"b": "x", "a": 1}) == '{"a":1,"b":"x"}'
    assert job_key({"a": 1}) != job_key({"a": 1.0})


def test_a_table_reads_back_as_it_was_written(tmp_path):
    values = ["a, b", 'say "x"', "NaNs", "2.13.0+cpu", 1, 0.1 + 0.2, 1e-300, 3.0, -math.inf, True, False, None, 10**20]
    rows = [tidy({"value": value, "n": np.float32(0.5), "k": np.int64(7)}) for value in values]
    (tmp_path / "table.csv").write_text(write_csv(rows))
    back = read_table(tmp_path / "table.csv")
    assert [(row["value"], type(row["value"])) for row in back] == [(value, type(value)) for value in values]
    assert {(row["n"], row["k"]) for row in back} == {(0.5, 7)}
    for bad in ("", "1", "true", "NaN", "two\nlines", "two\rlines"):
        with pytest.raises(ValueError, match="does not read as a number"):
            tidy({"value": bad})


@pytest.mark.parametrize("text", ["", "a,b\n1\n", "a,b\n1,2,3\n", 'a,b\n1,"2', "a\n" + "x" * 200_000, "a\n\udcff\n"])
def test_what_is_no_table_is_one_sentence(tmp_path, text):
    (tmp_path / "table.csv").write_text(text, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(ValueError, match=r"table\.csv is not the table of a study: .*\.$"):
        read_table(tmp_path / "table.csv")


def test_text_table():
    rows = [{"arm": "SCTT", "score": 0.98765, "steps": 12000}, {"arm": "CD", "score": None, "steps": 400}]
    assert text_table(rows).splitlines() == ["arm    score  steps", "SCTT  0.9877  12000", "CD         -    400"]
