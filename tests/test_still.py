"""What stays of a widget in a notebook whose kernel is gone."""

import pytest

from cogdyn.lessons.chapters.bridges.widget import LiveTransmission
from cogdyn.lessons.widgets import still
from cogdyn.lessons.widgets.choice import predict, quiz

VIEW = "application/vnd.jupyter.widget-view+json"
PICTURE = "data:image/png;base64,iVBORw0KGgo="


@pytest.fixture
def shown(monkeypatch):
    """What a notebook shows, in order: bundles, and the HTML of stills as it is now."""
    outputs = []

    class Handle:
        def __init__(self, html):
            self.place = len(outputs)
            outputs.append(html.data)

        def update(self, html):
            outputs[self.place] = html.data

    def display(output, raw=False, display_id=False):
        return Handle(output) if display_id else outputs.append(output)

    monkeypatch.setattr(still, "display", display)
    return outputs


def test_a_widget_leaves_a_still_below_itself_with_the_way_back(shown):
    LiveTransmission(20, [])._ipython_display_()
    bundle, html = shown
    assert VIEW in bundle
    assert html.startswith('<div class="cogdyn-still">')
    assert "Run All Cells" in html
    assert "cogdyn book" in html


def test_the_still_is_the_picture_that_the_browser_sent_last(shown):
    live = LiveTransmission(20, [])
    live._ipython_display_()
    for words in ("first", '<b>"last"'):
        live._handle_custom_msg({"still": PICTURE, "words": words}, [])
    live._handle_custom_msg({"still": "javascript:alert(1)", "words": "no picture"}, [])
    assert len(shown) == 2
    assert f'<img alt="&lt;b&gt;&quot;last&quot;" src="{PICTURE}"' in shown[1]


def test_the_still_of_a_question_shows_what_was_chosen_and_no_answer(shown):
    asked = quiz("Why *<so>*?", [("this", "Because it is.", True), ("that", "It is not.", False)])
    asked._ipython_display_()
    assert "Why &lt;so&gt;?" in shown[1]
    assert "You chose: nothing" in shown[1]
    asked.choice = 1
    assert "You chose: that" in shown[1]
    assert "It is not" not in shown[1]


def test_style_of_a_widget_hides_the_still_where_the_widget_lives():
    for widget in (predict("still/key", "?", ["a", "b"]), LiveTransmission(20, [])):
        assert ".cogdyn-still {\n  display: none;" in str(widget._css)
