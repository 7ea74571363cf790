"""The guide for playbook authors, followed word for word; and the generated pages beside it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from cli import gocrash

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "playbooks" / "README.md").read_text()
RECORDED = ROOT / "tests" / "goservices" / "recorded" / "go1.27"
EVIDENCE = {"$EVIDENCE": str(RECORDED / "leak-chan-send"), "$HEALTHY": str(RECORDED / "healthy")}


def test_the_walk_leads_to_a_playbook_that_works(tmp_path: Path) -> None:
    (tmp_path / "gocrash.yaml").write_text("playbooks: [ours]\n")
    blocks = re.findall(r"```(\w+)\n(.*?)```", GUIDE, re.DOTALL)
    files = {"yaml": "rule.yaml", "markdown": "runbook.md.j2"}
    assert [kind for kind, _ in blocks] == ["sh", "sh", "yaml", "markdown", "sh", "sh"]
    playbook = tmp_path / "ours" / "cache-warm-up-stuck"
    for kind, block in blocks:
        if kind in files:
            (playbook / files[kind]).write_text(block)
            continue
        for line in block.strip().splitlines():
            words = [EVIDENCE.get(word, word) for word in line.split()]
            assert words[0] == "gocrash"
            # Until the rule is written, the directory is not yet a playbook, and the configuration would say so.
            config = [] if (playbook / "runbook.md.j2").exists() else ["--config", _empty(tmp_path)]
            run = gocrash(*words[1:], *config, cwd=tmp_path)
            assert run.status == 0, run.out + run.err
    runbook = (playbook / "examples" / "fires-first-seen" / "expected.md").read_text()
    assert "480 goroutines of" in runbook
    answer = gocrash("diagnose", EVIDENCE["$EVIDENCE"], cwd=tmp_path)
    assert answer.out.splitlines()[0].endswith("480 warm-ups wait in pricing.(*Pool).fetch")


def _empty(directory: Path) -> str:
    path = directory / "empty.yaml"
    path.write_text("{}\n")
    return str(path)


@pytest.mark.parametrize("what", ["schema", "catalogue", "classes"])
def test_generated_files_are_current(what: str) -> None:
    run = gocrash("docs", what, "--check")
    assert run.status == 0, run.err
