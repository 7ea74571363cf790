"""Diagnosis → a terminal: the first line is the answer, then why, then what to do.

Nothing printed here is read as markup, and every text from outside has its control characters shown as `�`. Lines that are meant
to be copied (the answer, places in the code, proof, commands) are never broken; prose is wrapped to the console's width.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable

from rich.console import Console
from rich.markdown import Markdown
from rich.padding import Padding
from rich.text import Text

from bot.model.diagnosis import Diagnosis, Finding, Proof
from bot.model.rule import Severity
from bot.render.phrases import (
    CONFIDENCE,
    all_symptoms,
    changes_text,
    changes_title,
    cost_text,
    instances_text,
    masked_text,
    not_looked_at,
    place_text,
    proof_text,
    read_text,
    seen_before,
    symptom_text,
)
from bot.render.prose import CODE_SPAN, one_line, printable

EXCERPT_LINES = 12
PROOFS_SHOWN = 3
STYLES = {
    Severity.CRITICAL: "bold white on red",
    Severity.HIGH: "bold red",
    Severity.MEDIUM: "bold yellow",
    Severity.LOW: "bold cyan",
    Severity.INFO: "bold blue",
}
_FENCES = re.compile(r"^ *```[^\n]*\n(.*?)\n *```$", re.DOTALL | re.MULTILINE)
_UNBROKEN = "\N{NO-BREAK SPACE}"  # textwrap does not break at it


def print_diagnosis(diagnosis: Diagnosis, console: Console) -> None:
    """Print a diagnosis, most important first; the last line is what it cost the service."""
    if diagnosis.findings:
        first, *others = diagnosis.findings
        _answer(console, first.severity, diagnosis.verdict)
        _why(console, first, diagnosis)
        _proof(console, first.proofs)
        _next_steps(console, first)
        _symptoms(console, first)
        _runbook(console, first, diagnosis)
        _others(console, others, diagnosis)
    else:
        _line(console, one_line(diagnosis.verdict), "bold green")
    _section(console, changes_title(diagnosis), changes_text(diagnosis))
    _section(console, "Not looked at", not_looked_at(diagnosis))
    console.print()
    for text in filter(None, (read_text(diagnosis), masked_text(diagnosis), cost_text(diagnosis))):
        _line(console, text, "dim")


def _answer(console: Console, severity: Severity, verdict: str) -> None:
    console.print(Text.assemble((severity.upper(), STYLES[severity]), "  ", (one_line(verdict), "bold")), soft_wrap=True)


def _why(console: Console, finding: Finding, diagnosis: Diagnosis) -> None:
    """Print the culprit, how sure it is, where it holds and whether it was seen before."""
    console.print()
    if finding.culprit:
        _line(console, f"  culprit     {one_line(finding.culprit.function)}")
        if place := place_text(finding.culprit):
            _line(console, f"              {place}", "cyan")
    _line(console, f"  failure     {finding.failure_class} ({finding.playbook})")
    _line(console, f"  confidence  {CONFIDENCE[finding.confidence]}")
    if where := instances_text(finding, diagnosis):
        _line(console, f"  where       {where}")
    for incident, address in seen_before(finding, diagnosis):
        _line(console, f"  seen before {incident}{f' {one_line(address)}' if address else ''}")


def _proof(console: Console, proofs: tuple[Proof, ...]) -> None:
    if not proofs:
        return
    _heading(console, "Proof")
    for proof in proofs[:PROOFS_SHOWN]:
        _line(console, f"  {proof_text(proof)}", "dim")
        lines = printable(proof.excerpt).strip("\n").splitlines()
        for line in lines[:EXCERPT_LINES]:
            _line(console, f"    {line}".rstrip())
        if rest := len(lines) - EXCERPT_LINES:
            _rest(console, rest, "line", indent="    ")
    _rest(console, len(proofs) - PROOFS_SHOWN, "piece of evidence", plural="pieces of evidence", indent="  ")


def _rest(console: Console, rest: int, noun: str, *, plural: str = "", indent: str) -> None:
    """Say how much more there is, when there is more."""
    if rest > 0:
        _line(console, f"{indent}… {rest:,} more {noun if rest == 1 else plural or noun + 's'} (--format json shows all)", "dim")


def _next_steps(console: Console, finding: Finding) -> None:
    _section(console, "Next steps", finding.next_steps, numbered=True)


def _symptoms(console: Console, finding: Finding) -> None:
    _section(console, "This explains", map(symptom_text, all_symptoms(finding)))


def _runbook(console: Console, finding: Finding, diagnosis: Diagnosis) -> None:
    """Print the whole runbook: laid out on a terminal, but its commands unbroken; as the Markdown it is into a file or a pipe."""
    runbook = printable(diagnosis.runbooks.get(finding.fingerprint, "")).strip()
    if not runbook:
        return
    _heading(console, f"Runbook: {one_line(finding.title)}")
    for index, piece in enumerate(_FENCES.split(runbook) if console.is_terminal else [runbook]):
        if console.is_terminal and index % 2 == 0:
            console.print(Padding(Markdown(piece, hyperlinks=False), (0, 0, 0, 2), expand=False))
        else:
            for line in piece.splitlines():
                _line(console, f"  {line}".rstrip())


def _others(console: Console, findings: list[Finding], diagnosis: Diagnosis) -> None:
    """Print the other findings in a few lines each."""
    if not findings:
        return
    _heading(console, "Also found")
    for finding in findings:
        summary = one_line(finding.summary)
        console.print(Text.assemble("  ", (finding.severity.upper(), STYLES[finding.severity]), f"  {summary}"), soft_wrap=True)
        about = [finding.playbook, str(finding.confidence), instances_text(finding, diagnosis)]
        _paragraph(console, ", ".join(filter(None, about)), "    ", style="dim")
        if finding.culprit:
            _line(console, f"    {one_line(finding.culprit.function)}  {place_text(finding.culprit)}".rstrip(), "cyan")
        if finding.next_steps:
            _paragraph(console, finding.next_steps[0], "    next: ")
        for symptom in all_symptoms(finding):
            _paragraph(console, symptom_text(symptom), "    explains: ")


def _section(console: Console, title: str, lines: Iterable[str], *, numbered: bool = False) -> None:
    """Print a heading and its lines; nothing when there are none."""
    shown = list(lines)
    if not shown:
        return
    _heading(console, title)
    for number, line in enumerate(shown, start=1):
        _paragraph(console, line, f"  {number}. " if numbered else "  - ")


def _heading(console: Console, title: str) -> None:
    console.print()
    _line(console, title, "bold underline" if console.is_terminal else "bold")


def _paragraph(console: Console, text: str, lead: str, *, style: str = "") -> None:
    """Print prose behind its lead, wrapped and indented; code between backticks stays on one line."""
    whole = CODE_SPAN.sub(lambda code: code.group().replace(" ", _UNBROKEN), one_line(text))
    wrapped = textwrap.wrap(
        whole,
        max(console.width, 40),
        initial_indent=lead,
        subsequent_indent=" " * len(lead),
        break_long_words=False,
        break_on_hyphens=False,
    )
    for line in wrapped:
        _line(console, line.replace(_UNBROKEN, " "), style)


def _line(console: Console, text: str, style: str = "") -> None:
    console.print(Text(text, style=style), soft_wrap=True)
