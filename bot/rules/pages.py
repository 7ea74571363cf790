"""Generated Markdown pages: the catalogue of playbooks, and the closed list of failure classes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from bot.model.failure import FailureClass, Group
from bot.model.rule import Playbook
from bot.rules.examples import FIRES, QUIET, examples

META = "meta.yaml"
GO_RELEASE = re.compile(r"^go_version: \W?go(\d+\.\d+)", re.MULTILINE)
GROUPS = {
    Group.CRASH: "It crashed, and the text says why",
    Group.STOPPED: "It was stopped from outside, or never came up",
    Group.ILL: "It runs, but it is ill",
    Group.SEEN: "What others saw of it",
}


def catalogue_page(playbooks: Sequence[Playbook], classes: Mapping[str, FailureClass]) -> str:
    """Return every playbook by failure class: what it says, how bad it is, what it needs, and how many examples hold it."""
    lines = ["# The playbooks", "", "Written by `gocrash docs catalogue`; do not edit.", ""]
    lines.append(
        f"{len(playbooks)} playbooks for {len({playbook.rule.failure_class for playbook in playbooks})} failure classes."
    )
    for group, title in GROUPS.items():
        lines += ["", f"## {title}", ""]
        lines.append("| class | playbook | what it says | severity, confidence | needs | fires / quiet | Go of the examples |")
        lines.append("|---|---|---|---|---|---|---|")
        names = [name for name, failure in classes.items() if failure.group is group]
        lines += [row for name in names for row in _rows(name, playbooks)]
    return "\n".join(lines) + "\n"


def classes_page(classes: Mapping[str, FailureClass]) -> str:
    """Return the closed list of failure classes by group, in the order of the list."""
    lines = ["# Failure classes", "", "Written by `gocrash docs classes`; do not edit. A team's own classes start with `x-`."]
    for group, title in GROUPS.items():
        lines += ["", f"## {title}", "", "| class | meaning | phase |", "|---|---|---|"]
        lines += [f"| `{name}` | {found.title} | {found.phase} |" for name, found in classes.items() if found.group is group]
    return "\n".join(lines) + "\n"


def _rows(failure_class: str, playbooks: Sequence[Playbook]) -> Iterator[str]:
    own = [playbook for playbook in playbooks if playbook.rule.failure_class == failure_class]
    if not own:
        yield f"| `{failure_class}` | none yet | | | | | |"
    for playbook in own:
        rule, found = playbook.rule, [example.name for example in examples(playbook)]
        counts = " / ".join(str(sum(name.startswith(prefix) for name in found)) for prefix in (FIRES, QUIET))
        link = f"[{playbook.name}]({playbook.name}/rule.yaml)"
        sure, versions = f"{rule.severity}, {rule.confidence}", ", ".join(_go_releases(playbook))
        yield f"| `{failure_class}` | {link} | {rule.title} | {sure} | {', '.join(rule.needs)} | {counts} | {versions} |"


def _go_releases(playbook: Playbook) -> list[str]:
    """Return the Go releases that the examples were recorded with, as their `meta.yaml` says: `1.21`, `1.27`."""
    metas = [example / META for example in examples(playbook)]
    return sorted(
        {found[1] for meta in metas if meta.exists() and (found := GO_RELEASE.search(meta.read_text(encoding="utf-8")))}
    )
