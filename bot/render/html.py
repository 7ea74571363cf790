"""Diagnosis → one HTML page that stands alone: styles and pictures inside, no script, nothing loaded; made to be printed too."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup

from bot.model.diagnosis import Diagnosis
from bot.model.message import Figure
from bot.model.units import format_duration, format_size
from bot.render import phrases
from bot.render.prose import Span, one_line, printable, spans

_NO_MARKS = re.compile("(?!)")  # HTML is escaped, so no character needs to stand in code
TEMPLATES = Path(__file__).parent / "templates"


def html(diagnosis: Diagnosis, *, figures: Sequence[Figure] = ()) -> str:
    """Return the report of a diagnosis as one HTML page, with figures (flame graphs, charts) inside it."""
    first = diagnosis.findings[0] if diagnosis.findings else None
    markdown = diagnosis.runbooks.get(first.fingerprint, "") if first else ""
    return environment().get_template("report.html.j2").render(
        diagnosis=diagnosis,
        figures=figures,
        runbook=markdown_html(markdown),
        changes=list(phrases.changes_text(diagnosis)),
        changes_title=phrases.changes_title(diagnosis),
        missing=list(phrases.not_looked_at(diagnosis)),
    )  # fmt: skip


@cache
def environment() -> Environment:
    """Return the template environment; every value is escaped unless it was made HTML by `markdown_html` or `_data_url`."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {
        "line": one_line,
        "prose": _prose,
        "printable": printable,
        "place": phrases.place_text,
        "utc": phrases.utc_text,
        "bytes": format_size,
        "seconds": format_duration,
        "whose": phrases.proof_text,
        "picture": _data_url,
    }
    environment.globals |= {
        "confidence": phrases.CONFIDENCE,
        "instances": phrases.instances_text,
        "symptoms": phrases.all_symptoms,
        "seen_before": phrases.seen_before,
        "cost": phrases.cost_text,
        "read": phrases.read_text,
        "masked": phrases.masked_text,
    }
    return environment


def markdown_html(markdown: str) -> Markup:
    """Return Markdown as HTML; HTML inside it is shown, not used, and only links of the web survive."""
    renderer = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    return Markup(renderer.render(printable(markdown)))  # noqa: S704 - the renderer escapes what stands in the Markdown


def _prose(text: str) -> Markup:
    """Return outside text as one line; what stands between backticks is code."""
    return Markup().join(Markup("<code>{}</code>").format(span.text) if span.code else span.text for span in _words(text))


def _words(text: str) -> tuple[Span, ...]:
    return spans(one_line(text), _NO_MARKS)


def _data_url(png: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"
