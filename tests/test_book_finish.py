"""What the build adds to the pages: pictures as lazy files, and the lessons as notebooks to download."""

import base64
import io
import re

import matplotlib.image
import numpy as np

from cogdyn.lessons.pages.finish import finish_site, in_rows, unpacked
from cogdyn.lessons.pages.notebooks import lesson_pages


def picture(width=30, height=20):
    file = io.BytesIO()
    matplotlib.image.imsave(file, np.zeros((height, width, 3)), format="png")
    return file.getvalue()


def address(content):
    return "data:image/png;base64," + base64.b64encode(content).decode()


def test_pictures_become_files_that_load_when_seen(tmp_path):
    page = f'<p><img alt="a > b" src="{address(picture())}"></p><img alt="again" src="{address(picture())}" id="x">'
    found = unpacked(page, tmp_path / "_images", "../_images")
    (file,) = (tmp_path / "_images").iterdir()
    assert file.read_bytes() == picture()
    assert found.count(f'src="../_images/{file.name}" width="30" height="20" loading="lazy"') == 2
    assert 'alt="a > b"' in found
    assert "base64" not in found


def test_what_widgets_carry_stays_as_it_is(tmp_path):
    page = f'<script>{{"value": "<p>", "picture": "{address(picture())}"}}</script><img src="plain.png">'
    assert unpacked(page, tmp_path / "_images", "_images") == page
    assert not (tmp_path / "_images").exists()


def test_long_formulas_of_several_parts_stand_in_rows():
    trace = r"P_{ij}(t) = (1 - \alpha)\, P_{ij}(t-1) + \alpha f'(x_i(t))\, r_j(t-1)"
    change = r"\Delta W_{ij} \propto -\sum_t L_i(t) P_{ij}(t)"
    rows = rf"\begin{{gathered}} {trace}, \\ {change}, \\ L = e W \end{{gathered}}"
    assert in_rows(rf"{trace}, \quad {change}, \qquad L = e W") == rows
    for short in (
        r"a = b, \quad c = d",
        trace + " + " + change,
        rf"\sqrt{{{trace}, \quad {change}}}",
        rf"a &= {trace} \\ b",
    ):
        assert in_rows(short) == short


def test_every_lesson_offers_its_notebook(tmp_path):
    (tmp_path / "lessons").mkdir()
    for page in lesson_pages():
        link = f'<a href="../_sources/lessons/{page.stem}.md" title="Download source file">\n<span>.md</span>\n</a>'
        (tmp_path / "lessons" / f"{page.stem}.html").write_text(f'{link}<a href="other.md">.md</a>')
    finish_site(tmp_path)
    for page in lesson_pages():
        text = (tmp_path / "lessons" / f"{page.stem}.html").read_text()
        (target,) = re.findall(r'<a href="\.\./(_sources/lessons/[^"]+)"', text)
        assert target.endswith(f"/{page.stem}.ipynb")
        assert (tmp_path / target).read_text().startswith("{")
        assert text.count(".ipynb</span>") == 1
        assert text.endswith('<a href="other.md">.md</a>')
