"""HTML pages that need nothing else: what they are made of, and what a browser may do with them.

Every text is escaped: names come from strangers' configs.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from html import escape

from rnnlab.compare.plots.picture import Picture
from rnnlab.errors import one_line

MOST_LINES = 1000
"""Of more lines the first are listed: nobody reads them, and a browser must."""

# Nothing may be loaded or run, whatever a name manages to say.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #222; margin: 2rem auto; max-width: 68rem;
       padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
h3 { font-size: 1rem; margin-bottom: 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .9rem; }
th, td { padding: .25rem .7rem; text-align: left; border-bottom: 1px solid #ddd; }
th { border-bottom: 2px solid #888; } .number { text-align: right;
     font-variant-numeric: tabular-nums; white-space: nowrap; }
.baseline td { color: #666; } li, p, h1 { overflow-wrap: anywhere; }
img { max-width: 100%; height: auto; } footer { color: #666; font-size: .85rem; margin-top: 3rem; }
"""


def document(title: str, body: str, footer: str) -> str:
    """Return a whole page.

    Args:
        title: A text, for the window.
        body: HTML.
        footer: HTML.
    """
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{as_text(title)}</title>
<style>{_STYLE}</style>
</head>
<body>
{body}
<footer>{footer}</footer>
</body>
</html>
"""


def as_text(text: str) -> str:
    """Return a text as HTML shows it, on one line."""
    return escape(one_line(text), quote=True)


def as_list(lines: Sequence[str]) -> str:
    """Return texts as a list."""
    items = [f"<li>{as_text(line)}</li>" for line in lines[:MOST_LINES]]
    if len(lines) > MOST_LINES:
        items.append(f"<li>and {len(lines) - MOST_LINES} more</li>")
    return f"<ul>{''.join(items)}</ul>"


def as_table(
    head: Sequence[str],
    cells: Sequence[Sequence[str]],
    labels: int,
    styles: Sequence[str] | None = None,
) -> str:
    """Return texts as a table.

    Args:
        head: Of the columns.
        cells: Of each row.
        labels: How many columns on the left are names; the others are numbers.
        styles: Of each row, the class that styles it, or an empty text.
    """

    def row(tag: str, texts: Sequence[str]) -> str:
        kinds = ["", ' class="number"']
        return "".join(
            f"<{tag}{kinds[place >= labels]}>{as_text(text)}</{tag}>"
            for place, text in enumerate(texts)
        )

    classes = [f' class="{style}"' if style else "" for style in styles or [""] * len(cells)]
    body = "\n".join(
        f"<tr{named}>{row('td', texts)}</tr>" for named, texts in zip(classes, cells, strict=True)
    )
    return (
        f'<div class="scroll"><table>\n<thead><tr>{row("th", head)}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody>\n</table></div>"
    )


def as_figure(picture: Picture, heading: str = "h2", width: int | None = None) -> str:
    """Return a picture below its title, within the page.

    Args:
        picture: The picture.
        heading: The tag of its title.
        width: In pixels of a browser, at most; None for that of the file.
    """
    data = b64encode(picture.png).decode("ascii")
    title = as_text(picture.title)
    wide = "" if width is None else f' width="{width}"'
    return (
        f"<{heading}>{title}</{heading}>\n"
        f'<img alt="{title}"{wide} src="data:image/png;base64,{data}">'
    )
