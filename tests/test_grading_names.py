"""Names of students: whose a submission is, and what files are called after people, in every script."""

import json
import re
import unicodedata
import zipfile
from urllib.parse import unquote

import pytest
from homework import hand_in, homework

from cogdyn.lessons.grading.assignment import assignment
from cogdyn.lessons.grading.intake import student_of
from cogdyn.lessons.grading.names import LONGEST, alike, file_names
from cogdyn.lessons.grading.recognition import read_class
from cogdyn.lessons.grading.release import write_release
from cogdyn.lessons.grading.roster import by_roster, read_roster
from cogdyn.lessons.grading.summary import summary_page
from cogdyn.lessons.grading.table import Line

SCRIPTS = {"Cyrillic": "ж", "Chinese": "王", "Thai": "ก้", "Devanagari": "कि", "Hangul": "한", "emoji": "🙂"}


@pytest.mark.parametrize("letters", SCRIPTS.values(), ids=list(SCRIPTS))
def test_pages_of_long_names_in_every_script(letters, tmp_path):
    name = (letters * 80)[:80]
    student = student_of(f"{name}_1234567_assignsubmission_file_").name
    assert student == name
    (stem,) = file_names([student]).values()
    assert stem.startswith(letters * 5)
    written = f".{stem}.html.1234567.part"  # as long as a file that is being written
    assert len(written.encode()) <= 143
    (tmp_path / written).write_text("")
    assert len(set(file_names([f"{name}{k}" for k in range(9)]).values())) == 9


def test_files_are_safe_and_readable():
    plain = ["anna ö", "O'Neil, Zoë (11)", "王小明", "Gal·la Puig", "علی\u200cرضا"]
    assert file_names(plain) == dict(zip(plain, plain, strict=True))
    odd = ["a/..\\b", "..", ".", "-x", "con", "NUL.txt", "a\x1b", "a:b", "50%25", "a#b", "a~b", "", "?", "a\u202e"]
    stems = file_names([*odd, "x" * 300, "\udcff"])
    for stem in stems.values():
        assert re.fullmatch(r'(?![.-])[^<>:"/\\|?*%#\x00-\x1f\u202e]*~[0-9a-f]{12}', stem), stem
        assert len(stem.encode()) <= LONGEST + 13
    assert len(set(stems.values())) == len(odd) + 2


def test_no_two_students_share_a_file_on_any_file_system():
    zoe = [unicodedata.normalize(form, "Zoë") for form in ("NFC", "NFD")]
    names = ["Anna", "anna", "ANNA", *zoe, "ﬁn", "fin", "straße", "strasse", "anna."]
    names += file_names(names).values()
    stems = file_names(names).values()
    assert len({unicodedata.normalize("NFD", stem).casefold() for stem in stems}) == len(set(names)) == 20
    assert file_names(["Anna", "anna"]) == file_names(["anna", "Anna"])


def test_the_summary_links_to_the_pages():
    names = ["Anna", "anna", "a/b <c> & 50%", "王" * 60, "'ben '"]
    page = summary_page(assignment(2), [Line(name, "") for name in names]).decode()
    links = re.findall(r'<a href="feedback/([^"]*)"', page)
    assert [unquote(link) for link in links] == [f"{file_names(names)[name]}.html" for name in names]


def read(folder):
    """Of each student the notes and whether there is something to grade."""
    return {name: (list(line.notes), found is not None) for name, (line, found) in read_class(folder)[1].items()}


def test_names_that_differ_by_little_are_two_students(tmp_path):
    for name in ("anna/x", "anna", "anna /x", "Ben (11)", "Carla", "Anna_3_4_x"):
        hand_in(tmp_path / f"{name}.ipynb", homework(2))
    for name in ("Ben_11", "Ben_12", "Dan_5"):
        hand_in(tmp_path / f"{name}_assignsubmission_file_" / "x.ipynb", homework(2))
    hand_in(tmp_path / "Dan_5_assignsubmission_onlinetext_" / "x.ipynb", homework(2))
    with zipfile.ZipFile(tmp_path / "carla.zip", "w") as archive:
        archive.writestr("x.ipynb", json.dumps(homework(2)))
    found = read(tmp_path)
    graded = {"anna", "'anna.ipynb'", "'anna '", "Anna", "Ben (11)", "Ben (12)", "Ben (11) (2)", "Carla", "carla"}
    assert {name for name, (_, there) in found.items() if there} == graded
    assert found["anna"][0][0] == "may be the same student as Anna, 'anna ', 'anna.ipynb'."
    assert found["carla"][0][0] == "may be the same student as Carla."
    assert not any("may be" in note for note in found["Ben (11)"][0])
    assert found["Dan"][0][0].startswith("there are 2 submissions")


def test_a_roster_in_every_script(tmp_path):
    """Vowels and tones are marks in many scripts; names that differ in them are different names."""
    names = ["राम", "रमा", "ก่า", "กา", "Zoë", "Zoe"]
    (tmp_path / "class.txt").write_text("\n".join(names), encoding="utf-8")
    handed_in = {unicodedata.normalize("NFD", name): name for name in names}
    assert by_roster(read_roster(tmp_path / "class.txt"), handed_in) == ({name: name for name in names}, {}, [])


def test_nobody_on_a_roster_is_replaced(tmp_path):
    (tmp_path / "class.csv").write_text("name,group\nanna,7\nben,anna\n")
    handed_in = {"7": "hers", "anna": "another", "A n n a": "third"}
    known, notes, missing = by_roster(read_roster(tmp_path / "class.csv"), handed_in)
    assert sorted(known.values()) == ["another", "hers", "third"]
    assert set(notes) == set(known) - {"anna"}
    assert missing == ["ben"]


def test_a_release_has_one_folder_for_each_student(tmp_path):
    which, zoe, long = assignment(2), "Zoë", "कि" * 33
    written = write_release(which, tmp_path, ["anna ", " anna", zoe, unicodedata.normalize("NFD", zoe), long])
    assert [path.parent.name for path in written] == ["anna", zoe, long]
    (tmp_path / zoe).rename(tmp_path / unicodedata.normalize("NFD", zoe))  # as macOS writes zips
    assert all(notes == [] and graded for notes, graded in read(tmp_path).values())


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (["Anna", "anna"], "'Anna' and 'anna' are one folder on some systems"),
        (["a" * 201], "200 bytes at most"),
        (["\x1b[2J"], r"'\?\[2J' cannot be the name of a folder"),
        ([" "], "cannot be the name of a folder"),
        (["NUL"], "cannot be the name of a folder"),
    ],
)
def test_a_release_refuses_names_of_no_folder(names, reason, tmp_path):
    with pytest.raises(ValueError, match=reason):
        write_release(assignment(2), tmp_path / "no", names)
    assert not (tmp_path / "no").exists()


def test_alike():
    assert alike("Anna. ") == alike("ａｎｎａ") == alike("an\u200dna")
    assert alike("राम") != alike("रमा")
