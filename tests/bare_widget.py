"""A widget on a page of its own, with neither kernel nor book, driven in headless Chromium."""

import json
from contextlib import contextmanager

from browser import browser_page

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>A widget</title><style>{css}</style>
<body><main id="root"></main><script type="module">
{esm}
const values = {values};
const heard = {{}};
const model = {{
  get: (name) => values[name],
  set(name, value) {{ values[name] = value; (heard[`change:${{name}}`] ?? []).forEach((then) => then()); }},
  save_changes() {{}},
  on(event, then) {{ (heard[event] ??= []).push(then); }},
  off() {{}},
}};
globalThis.values = values;
render({{ model, el: document.getElementById("root") }});
</script></body></html>"""


@contextmanager
def bare_widget(widget, folder, width=900):
    """A page that shows the widget alone, opened from disk; at the end nothing went wrong or asked for another host."""
    hidden = {"_esm", "_css", "layout", "tooltip", "tabbable"}
    values = {name: value for name, value in widget.get_state().items() if name not in hidden and name[0] != "_"}
    esm = str(widget._esm).replace("export default { render };", "").replace("</script", "<\\/script")
    file = folder / "widget.html"
    file.write_text(_PAGE.format(css=widget._css, esm=esm, values=json.dumps(values)), encoding="utf-8")
    with browser_page() as page:
        page.resize(width)
        page.open(file.as_uri())
        yield page
        assert page.complaints == []
        assert [url for url in page.requests if not url.startswith(("file:", "data:", "blob:"))] == []
