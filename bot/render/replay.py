"""Two JSON answers about the same evidence, then and now → what changed, as lines or as JSON.

>>> finding = {"playbook": "heap-growth", "fingerprint": "f", "severity": "high", "confidence": "likely", "summary": "grew",
...            "culprit": None, "explains": []}
>>> compare({"findings": [finding]}, {"findings": [{**finding, "severity": "medium"}]})
(Difference(kind='changed', playbook='heap-growth', text='severity: high → medium'),)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bot.render.prose import one_line

Document = Mapping[str, Any]

_COMPARED = ("severity", "confidence", "summary", "culprit")


@dataclass(frozen=True, slots=True)
class Difference:
    """What became of one finding: `same`, `changed`, `new` or `gone`; `text` says what it is or what changed in it."""

    kind: str
    playbook: str
    text: str


def compare(before: Document | None, after: Document) -> tuple[Difference, ...]:
    """Return what became of every finding, those of today first. Without an earlier answer every finding is new."""
    old = {finding["fingerprint"]: finding for finding in before["findings"]} if before else {}
    new = {finding["fingerprint"]: finding for finding in after["findings"]}
    found = [_difference(old.get(fingerprint), finding) for fingerprint, finding in new.items()]
    gone = [_gone(finding, after) for fingerprint, finding in old.items() if fingerprint not in new]
    return (*found, *gone)


def replay_text(before: Document | None, after: Document, differences: Sequence[Difference]) -> str:
    """Return the verdicts and the differences as lines."""
    then = one_line(before["verdict"]) if before else "not saved with the evidence"
    lines = [f"service  {one_line(after['service'])}, evidence of {after['started_at']}", f"then     {then}"]
    lines.append(f"today    {one_line(after['verdict'])}")
    lines += [f"{each.kind:<8} {each.playbook}: {one_line(each.text)}" for each in differences]
    if before and all(each.kind == "same" for each in differences):
        lines.append("nothing changed")
    return "".join(f"{line}\n" for line in lines)


def replay_json(before: Document | None, after: Document, differences: Sequence[Difference]) -> dict[str, Any]:
    """Return both answers and the differences as what JSON can hold."""
    return {"schema_version": 1, "then": before, "today": after, "differences": [asdict(each) for each in differences]}


def _difference(old: Document | None, new: Document) -> Difference:
    if old is None:
        return Difference("new", new["playbook"], f"{new['severity']}, {new['confidence']}: {new['summary']}")
    changes = "; ".join(_changes(old, new))
    return Difference("changed" if changes else "same", new["playbook"], changes or new["summary"])


def _changes(old: Document, new: Document) -> Iterator[str]:
    for name in _COMPARED:
        if old[name] != new[name]:
            yield f"{name}: {_value(old[name])} → {_value(new[name])}"


def _value(value: str | Mapping[str, Any] | None) -> str:
    if isinstance(value, Mapping):
        return f"{value['function']} ({value['file']}:{value['line']})"
    return value or "none"


def _gone(old: Document, after: Document) -> Difference:
    """Say what a finding was, or which finding of today explains it."""
    explained = next((finding["playbook"] for finding in after["findings"] if old["playbook"] in finding["explains"]), "")
    return Difference("gone", old["playbook"], f"explained by {explained} today" if explained else str(old["summary"]))
