"""The examples of playbooks, run against the whole catalogue: what must fire, what must stay quiet, what is said beside it.

What enters: playbooks, and a function that diagnoses a saved bundle with the whole catalogue. What leaves: one line per
difference. `expected.yaml` beside an example holds what the catalogue says about it, in order; `expected.md` beside one that
fires holds the playbook's runbook as it is filled in there. Both are written with `update`, and then read by a person.

    findings:
    - playbook: goroutine-leak-channel-send
      severity: high
      confidence: certain
      culprit: example.com/shop.(*Pool).fetch
      explains: [gateway-502]
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import zip_longest
from pathlib import Path

import yaml

from bot.errors import ConfigError, GocrashError
from bot.model.diagnosis import Diagnosis, Finding
from bot.model.evidence import Target
from bot.model.rule import Confidence, Playbook, Severity
from bot.rules.folders import EXAMPLES
from bot.rules.templates import render_runbook
from bot.yamlfile import read, structure

FIRES, QUIET = "fires-", "quiet-"
EXPECTED, EXPECTED_RUNBOOK = "expected.yaml", "expected.md"

_HEADER = (
    "# What the whole catalogue says about this example. Rewritten by `gocrash check --update`; read it before you keep it.\n"
)
_UPDATE = "run `gocrash check --update`, and read what it wrote"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedFinding:
    """One finding as an example expects it; `explains` names the playbooks of its symptoms."""

    playbook: str
    severity: Severity
    confidence: Confidence
    culprit: str | None = None
    explains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Expected:
    """The content of `expected.yaml`."""

    findings: tuple[ExpectedFinding, ...] = ()


def check_examples(
    playbooks: Sequence[Playbook], diagnose: Callable[[Path], Diagnosis], *, update: bool = False
) -> tuple[str, ...]:
    """Run the examples of some playbooks.

    Args:
        playbooks: whose examples are run.
        diagnose: gives what the whole catalogue says about the bundle in a directory.
        update: write `expected.yaml` and `expected.md` instead of comparing with them; contradictions are still reported.

    Returns:
        Problems as `path:line: field: reason`; none when every example says what its name and its expectation say.
    """
    return tuple(problem for playbook in playbooks for problem in _playbook_problems(playbook, diagnose, update=update))


def examples(playbook: Playbook) -> tuple[Path, ...]:
    """Return the directories of a playbook's examples, by name."""
    folder = playbook.directory / EXAMPLES
    return tuple(sorted(path for path in folder.iterdir() if path.is_dir())) if folder.is_dir() else ()


def _playbook_problems(playbook: Playbook, diagnose: Callable[[Path], Diagnosis], *, update: bool) -> Iterator[str]:
    found = examples(playbook)
    for prefix in (FIRES, QUIET):
        if not any(example.name.startswith(prefix) for example in found):
            yield f"{playbook.directory / EXAMPLES}:1: needs at least one example whose name starts with `{prefix}`"
    for example in found:
        if not example.name.startswith((FIRES, QUIET)):
            yield f"{example}:1: the name of an example starts with `{FIRES}` or `{QUIET}`"
            continue
        try:
            yield from _example_problems(playbook, example, diagnose(example), update=update)
        except ConfigError as error:
            yield from error.problems
        except GocrashError as error:
            yield f"{example}:1: {error}"


def _example_problems(playbook: Playbook, example: Path, diagnosis: Diagnosis, *, update: bool) -> Iterator[str]:
    yield from (f"{example}:1: {problem}" for problem in diagnosis.problems)
    everything = [each for finding in diagnosis.findings for each in (finding, *finding.symptoms)]
    fired = [finding for finding in everything if finding.playbook == playbook.name]
    if example.name.startswith(FIRES) and not fired:
        yield f"{example}:1: expected {playbook.name}, got {_names(diagnosis.findings)}"
    if example.name.startswith(QUIET) and fired:
        yield f"{example}:1: expected no {playbook.name}, got: {fired[0].summary}"
    got = Expected(tuple(_expected(finding) for finding in diagnosis.findings))
    runbook = _runbook(playbook, fired[0], diagnosis.service) if fired and example.name.startswith(FIRES) else ""
    if update:
        write_expected(example, got, runbook)
        return
    yield from _differences(example, got)
    if runbook:
        yield from _runbook_difference(example / EXPECTED_RUNBOOK, runbook)


def write_expected(example: Path, expected: Expected, runbook: str) -> None:
    """Write `expected.yaml`, and `expected.md` where there is a runbook; a stale one is removed."""
    listed = [
        {
            "playbook": finding.playbook,
            "severity": finding.severity.value,
            "confidence": finding.confidence.value,
            "culprit": finding.culprit,
            "explains": list(finding.explains),
        }
        for finding in expected.findings
    ]
    text = yaml.safe_dump({"findings": listed}, sort_keys=False, allow_unicode=True, width=1000)
    (example / EXPECTED).write_text(_HEADER + text, encoding="utf-8")
    if runbook:
        (example / EXPECTED_RUNBOOK).write_text(runbook, encoding="utf-8")
    else:
        (example / EXPECTED_RUNBOOK).unlink(missing_ok=True)


def _expected(finding: Finding) -> ExpectedFinding:
    return ExpectedFinding(
        playbook=finding.playbook,
        severity=finding.severity,
        confidence=finding.confidence,
        culprit=finding.culprit.function if finding.culprit else None,
        explains=tuple(dict.fromkeys(symptom.playbook for symptom in finding.symptoms)),
    )


def _runbook(playbook: Playbook, finding: Finding, service: str) -> str:
    target = Target(service, finding.instances[0] if finding.instances else "")
    return render_runbook(playbook, finding, service=service, target=target) + "\n"


def _differences(example: Path, got: Expected) -> Iterator[str]:
    """Yield where the findings differ from `expected.yaml`: in their order, or else field by field."""
    if not (example / EXPECTED).exists():
        yield f"{example / EXPECTED}:1: is missing: {_UPDATE}"
        return
    document = read(example / EXPECTED)
    expected = structure(document, Expected)
    if _names(expected.findings) != _names(got.findings):
        yield document.problem(("findings",), f"expected {_names(expected.findings)}, got {_names(got.findings)}")
        return
    for index, (wanted, found) in enumerate(zip(expected.findings, got.findings, strict=True)):
        for name in (item.name for item in fields(ExpectedFinding)):
            before, after = getattr(wanted, name), getattr(found, name)
            if before != after:
                yield document.problem(("findings", index, name), f"expected {_words(before)}, got {_words(after)}")


def _runbook_difference(path: Path, runbook: str) -> Iterator[str]:
    """Yield the first line in which the runbook differs from `expected.md`."""
    if not path.exists():
        yield f"{path}:1: is missing: {_UPDATE}"
        return
    expected = path.read_text(encoding="utf-8")
    pairs = zip_longest(expected.splitlines(), runbook.splitlines(), fillvalue="the end")
    for line, (before, after) in enumerate(pairs, 1):
        if before != after:
            yield f"{path}:{line}: expected `{before}`, got `{after}`"
            return


def _names(findings: Sequence[Finding] | Sequence[ExpectedFinding]) -> str:
    return ", ".join(finding.playbook for finding in findings) or "nothing"


def _words(value: object) -> str:
    return ", ".join(value) or "nothing" if isinstance(value, tuple) else "nothing" if value is None else str(value)
