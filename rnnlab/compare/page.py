"""One HTML page that needs nothing else: table, words, pictures, every pair."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from html import escape

from rnnlab import __version__
from rnnlab.compare.comparison import Comparison
from rnnlab.compare.importance import Importance
from rnnlab.compare.plots.draw import Picture
from rnnlab.compare.tables.importance import (
    HEAD,
    LABELS,
    importance_lines,
    importance_rows,
    importance_title,
)
from rnnlab.compare.tables.pairs import HEAD as PAIR_HEAD
from rnnlab.compare.tables.pairs import pair_rows
from rnnlab.compare.tables.rows import BASELINE, label_columns, rows, shown
from rnnlab.compare.words import passages
from rnnlab.errors import one_line

MOST_LINES = 1000
"""Of more pairs the first are listed: nobody reads them, and a browser must."""

# Nothing may be loaded or run, whatever a name manages to say.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #222; margin: 2rem auto; max-width: 68rem;
       padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .9rem; }
th, td { padding: .25rem .7rem; text-align: left; border-bottom: 1px solid #ddd; }
th { border-bottom: 2px solid #888; } .number { text-align: right;
     font-variant-numeric: tabular-nums; white-space: nowrap; }
.baseline td { color: #666; } td, li { overflow-wrap: anywhere; }
img { max-width: 100%; height: auto; } footer { color: #666; font-size: .85rem; margin-top: 3rem; }
"""


def page(comparison: Comparison, pictures: Iterable[Picture]) -> str:
    """Return the page. Every text in it is escaped: names come from strangers' configs."""
    metric = comparison.metric
    title = f"{metric.name}, {metric.better} is better" if metric.better else metric.name
    parts = [
        f"<h1>{_text(title)}</h1>",
        _samples(comparison),
        *(
            f"<h2>{_text(passage.heading)}</h2>{_list(passage.lines)}"
            for passage in passages(comparison)
        ),
    ]
    if comparison.importance is not None:
        parts.append(_importance(comparison.importance))
    if comparison.remarks:
        parts.append(f"<h2>Note</h2>{_list(comparison.remarks)}")
    parts += map(_figure, pictures)
    if comparison.pairs:
        parts.append(f"<h2>Every pair</h2>{_pairs(comparison)}")
    body = "\n".join(parts)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{_text(title)}</title>
<style>{_STYLE}</style>
</head>
<body>
{body}
<footer>rnnlab {_text(__version__)}. Intervals are Student's t at 95%, not corrected; p-values are
two-sided, Holm's correction is over all pairs. How many seeds would be needed is for a power of 0.8
if the true difference were the one observed.</footer>
</body>
</html>
"""


def _text(text: str) -> str:
    return escape(one_line(text), quote=True)


def _list(lines: Sequence[str]) -> str:
    items = [f"<li>{_text(line)}</li>" for line in lines[:MOST_LINES]]
    if len(lines) > MOST_LINES:
        items.append(f"<li>and {len(lines) - MOST_LINES} more</li>")
    return f"<ul>{''.join(items)}</ul>"


def _samples(comparison: Comparison) -> str:
    head, cells = shown(comparison)
    kinds = [row.kind for row in rows(comparison)]
    return _table(head, cells, kinds, label_columns(comparison))


def _importance(importance: Importance) -> str:
    cells = importance_rows(importance)
    title = f"<h2>{_text(importance_title(importance))}</h2>"
    whole = _table(HEAD, cells, [""] * len(cells), LABELS) if cells else ""
    return title + whole + _list(list(importance_lines(importance)))


def _pairs(comparison: Comparison) -> str:
    cells = pair_rows(comparison)
    more = len(cells) - MOST_LINES
    said = f"<p>The first {MOST_LINES} of {len(cells)}.</p>" if more > 0 else ""
    return said + _table(PAIR_HEAD, cells[:MOST_LINES], [""] * min(len(cells), MOST_LINES), 2)


def _table(
    head: Sequence[str], cells: Sequence[Sequence[str]], kinds: Sequence[str], labels: int
) -> str:
    def row(tag: str, texts: Sequence[str]) -> str:
        kinds = ["", ' class="number"']
        return "".join(
            f"<{tag}{kinds[place >= labels]}>{_text(text)}</{tag}>"
            for place, text in enumerate(texts)
        )

    styles = {BASELINE: ' class="baseline"'}
    body = "\n".join(
        f"<tr{styles.get(kind, '')}>{row('td', texts)}</tr>"
        for kind, texts in zip(kinds, cells, strict=True)
    )
    return (
        f'<div class="scroll"><table>\n<thead><tr>{row("th", head)}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody>\n</table></div>"
    )


def _figure(picture: Picture) -> str:
    data = b64encode(picture.png).decode("ascii")
    title = _text(picture.title)
    return f'<h2>{title}</h2>\n<img alt="{title}" src="data:image/png;base64,{data}">'
