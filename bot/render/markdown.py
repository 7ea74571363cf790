"""Diagnosis → standard Markdown, in the same order as the terminal.

Text from outside stands in code spans or in fences longer than any run of backticks inside them, so that it cannot end them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from bot.model.diagnosis import Diagnosis, Finding, Proof
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
    utc_text,
)
from bot.render.prose import marks, one_line, printable, spans

_MARKS = marks("*_~[]<>|\\#&^=")
_BACKTICKS = re.compile(r"`+")


def markdown(diagnosis: Diagnosis) -> str:
    """Return the diagnosis as one Markdown document."""
    first = diagnosis.findings[0] if diagnosis.findings else None
    word = f"{first.severity.capitalize()}: " if first else ""
    parts = [f"# {word}{inline(diagnosis.verdict)}", f"{inline(diagnosis.service)}, {utc_text(diagnosis.started_at)}"]
    if first:
        parts += [_about(first, diagnosis), *_proof(first.proofs), *_section("Next steps", first.next_steps, numbered=True)]
        parts += _section("This explains", map(symptom_text, all_symptoms(first)))
        if runbook := diagnosis.runbooks.get(first.fingerprint):
            parts += [f"## Runbook: {inline(first.title)}", _below(printable(runbook).strip())]
    if others := diagnosis.findings[1:]:
        parts += ["## Also found", *(_other(finding, diagnosis) for finding in others)]
    parts += _section(changes_title(diagnosis), changes_text(diagnosis))
    parts += _section("Not looked at", not_looked_at(diagnosis))
    facts = filter(None, (read_text(diagnosis), masked_text(diagnosis), cost_text(diagnosis)))
    return "\n\n".join([*parts, "---", "\n".join(f"{fact}  " for fact in facts).rstrip()]) + "\n"


def inline(text: str) -> str:
    """Return outside text as one line of Markdown: every word with a markup character in it stands in a code span."""
    return "".join(code(span.text) if span.code else span.text for span in spans(one_line(text), _MARKS))


def code(text: str) -> str:
    """Return outside text as a code span; backticks in it become apostrophes."""
    shown = one_line(text).replace("`", "'")
    return f"`{shown}`" if shown else ""


def fence(text: str) -> str:
    """Return outside text as a fenced block that nothing inside it can end."""
    body = printable(text).rstrip("\n")
    longest = max((len(run) for run in _BACKTICKS.findall(body)), default=0)
    bar = "`" * max(3, longest + 1)
    return f"{bar}text\n{body}\n{bar}"


def _about(finding: Finding, diagnosis: Diagnosis) -> str:
    """Return the table-like list: culprit, class, confidence, instances, earlier incidents."""
    lines = []
    if finding.culprit:
        lines.append(
            f"- **Culprit:** {' at '.join(filter(None, map(code, (finding.culprit.function, place_text(finding.culprit)))))}"
        )
    lines.append(f"- **Failure:** {finding.failure_class} ({code(finding.playbook)})")
    lines.append(f"- **Confidence:** {CONFIDENCE[finding.confidence]}")
    if where := instances_text(finding, diagnosis):
        lines.append(f"- **Where:** {inline(where)}")
    for incident, address in seen_before(finding, diagnosis):
        lines.append(f"- **Seen before:** {inline(incident)}{f' {inline(address)}' if address else ''}")
    return "\n".join(lines)


def _proof(proofs: tuple[Proof, ...]) -> Iterator[str]:
    """Yield every piece of evidence: a line that says whose it is, and the text itself."""
    if proofs:
        yield "## Proof"
    for proof in proofs:
        yield inline(proof_text(proof))
        if proof.excerpt.strip():
            yield fence(proof.excerpt)


def _section(title: str, lines: Iterable[str], *, numbered: bool = False) -> list[str]:
    shown = [f"{f'{number}.' if numbered else '-'} {inline(line)}" for number, line in enumerate(lines, start=1)]
    return [f"## {title}", "\n".join(shown)] if shown else []


def _other(finding: Finding, diagnosis: Diagnosis) -> str:
    """Return one of the other findings: its summary as a heading, and the same list as the first one has."""
    lines = [f"### {finding.severity.capitalize()}: {inline(finding.summary)}", "", _about(finding, diagnosis)]
    lines += [f"- **Next:** {inline(step)}" for step in finding.next_steps[:1]]
    lines += [f"- **Explains:** {inline(symptom_text(symptom))}" for symptom in all_symptoms(finding)]
    return "\n".join(lines)


def _below(runbook: str) -> str:
    """Return a runbook with its headings one level deeper, so that they stand under the report's own heading."""
    lines, fenced = [], False
    for line in runbook.splitlines():
        fenced ^= line.lstrip().startswith(("```", "~~~"))
        lines.append(f"#{line}" if line.startswith("#") and not fenced else line)
    return "\n".join(lines)
