"""The look of the pages that the grader writes: each a file of its own that loads nothing."""

from __future__ import annotations

from html import escape

from .printable import printable

STYLE = """
:root { color-scheme: light dark; --right: #00734f; --wrong: #b84a00; --line: #8886; }
@media (prefers-color-scheme: dark) { :root { --right: #3ddba8; --wrong: #ff9a57; } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin: 1.6rem 0 .4rem; } section h2 { margin: 0; }
section { border-left: .3rem solid var(--line); padding: .1rem 1rem; margin: 1.2rem 0; }
section.right { border-color: var(--right); } section.wrong { border-color: var(--wrong); }
.right b { color: var(--right); } .wrong b { color: var(--wrong); }
table { border-collapse: collapse; }
td, th { border-bottom: 1px solid var(--line); padding: .25rem .8rem; text-align: left; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
code { overflow-wrap: anywhere; } img { max-width: 100%; } small { opacity: .8; }
"""

_LONGEST = 2000
"""Characters of one text on a page."""


def words(text: str) -> str:
    """Text as HTML, one line of printable characters, whatever was in it."""
    return escape(printable(text, _LONGEST))


def page(title: str, body: str) -> bytes:
    """A page of HTML.

    Args:
        title: Its title, as text.
        body: What is in it, as HTML.
    """
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{words(title)}</title>'
    text = (
        f'<!doctype html>\n<html lang="en"><head>{head}<style>{STYLE}</style></head>\n<body>\n{body}\n</body></html>\n'
    )
    return text.encode("utf-8", errors="replace")
