from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.errors import ParseError
from bot.model.diagnosis import Diagnosis
from bot.model.facts import CollectionRow, Facts, GatewayErrorRow, GoroutineGroupRow
from bot.model.failure import FailureClass
from bot.model.rule import Playbook
from bot.rules.examples import check_examples, examples
from bot.rules.load import load_playbooks
from bot.rules.match import MatchContext, match

SAMPLES = Path(__file__).parent / "data" / "playbooks"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)

Check = Callable[..., list[str]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the sample playbooks, each with examples whose `facts.txt` says how many goroutines and refusals there are."""
    folder = tmp_path / "playbooks"
    shutil.copytree(SAMPLES, folder)
    for name, facts in {
        "stuck-senders/examples/fires-many": "2000 0",
        "stuck-senders/examples/fires-and-is-refused": "2000 5",
        "stuck-senders/examples/quiet-few": "20 0",
        "gateway-refused/examples/fires-refused": "0 5",
        "gateway-refused/examples/quiet-nothing": "0 0",
    }.items():
        (folder / name).mkdir(parents=True)
        (folder / name / "facts.txt").write_text(facts)
    return folder


@pytest.fixture
def playbooks(folder: Path, classes: Mapping[str, FailureClass]) -> tuple[Playbook, ...]:
    return load_playbooks([folder], classes=classes)


@pytest.fixture
def check(
    folder: Path,
    playbooks: tuple[Playbook, ...],
    classes: Mapping[str, FailureClass],
    group: Callable[..., GoroutineGroupRow],
) -> Check:
    """Checks the examples, and returns the problems without the folder."""

    def diagnose(example: Path) -> Diagnosis:
        text = (example / "facts.txt").read_text()
        if text == "broken":
            raise ParseError("these bytes are no dump")
        goroutines, refusals = (int(word) for word in text.split())
        facts = Facts(
            goroutine_groups=(group(count=goroutines),),
            gateway_errors=(GatewayErrorRow(kind="refused", upstream="10.0.0.1:80", count=refusals),),
            collection=tuple(
                CollectionRow(target="a:6060", kind=kind, ok=True, truncated=False) for kind in ("goroutine", "gateway.log")
            ),
        )
        matched = match(playbooks, facts, context=MatchContext(service="checkout", classes=classes))
        return Diagnosis(
            service="checkout", started_at=NOON, duration_seconds=0.1, verdict="", targets=(), findings=matched.findings
        )

    def run(*, update: bool = False) -> list[str]:
        return [problem.removeprefix(f"{folder}/") for problem in check_examples(playbooks, diagnose, update=update)]

    return run


def test_what_is_missing_is_named(check: Check) -> None:
    update = "is missing: run `gocrash check --update`, and read what it wrote"
    assert check() == [
        f"gateway-refused/examples/fires-refused/expected.yaml:1: {update}",
        f"gateway-refused/examples/fires-refused/expected.md:1: {update}",
        f"gateway-refused/examples/quiet-nothing/expected.yaml:1: {update}",
        f"stuck-senders/examples/fires-and-is-refused/expected.yaml:1: {update}",
        f"stuck-senders/examples/fires-and-is-refused/expected.md:1: {update}",
        f"stuck-senders/examples/fires-many/expected.yaml:1: {update}",
        f"stuck-senders/examples/fires-many/expected.md:1: {update}",
        f"stuck-senders/examples/quiet-few/expected.yaml:1: {update}",
    ]


def test_what_was_written_is_what_is_expected(folder: Path, check: Check) -> None:
    assert check(update=True) == []
    assert check() == []
    example = folder / "stuck-senders" / "examples" / "fires-and-is-refused"
    assert (
        (example / "expected.yaml").read_text()
        == """\
# What the whole catalogue says about this example. Rewritten by `gocrash check --update`; read it before you keep it.
findings:
- playbook: stuck-senders
  severity: high
  confidence: likely
  culprit: example.com/shop.send
  explains:
  - gateway-refused
"""
    )
    assert (example / "expected.md").read_text().startswith("## Meaning\n\n2000 goroutines wait in")
    assert not (folder / "stuck-senders" / "examples" / "quiet-few" / "expected.md").exists()


def test_differences_are_named_with_their_line(folder: Path, check: Check) -> None:
    check(update=True)
    example = folder / "stuck-senders" / "examples" / "fires-and-is-refused"
    expected = (example / "expected.yaml").read_text()
    changed = expected.replace("high", "medium").replace("shop.send", "shop.recv").replace("\n  - gateway-refused", " []")
    (example / "expected.yaml").write_text(changed)
    (example / "expected.md").write_text((example / "expected.md").read_text().replace("Memory", "Money"))
    assert [problem.removeprefix("stuck-senders/examples/fires-and-is-refused/") for problem in check()] == [
        "expected.yaml:4: findings[0].severity: expected medium, got high",
        "expected.yaml:6: findings[0].culprit: expected example.com/shop.recv, got example.com/shop.send",
        "expected.yaml:7: findings[0].explains: expected nothing, got gateway-refused",
        "expected.md:7: expected `Money of checkout grows with every one.`, got `Memory of checkout grows with every one.`",
    ]


def test_another_finding_is_a_difference(folder: Path, check: Check) -> None:
    check(update=True)
    (folder / "stuck-senders" / "examples" / "quiet-few" / "facts.txt").write_text("20 5")
    assert check() == ["stuck-senders/examples/quiet-few/expected.yaml:2: findings: expected nothing, got gateway-refused"]


def test_an_example_that_contradicts_its_name(folder: Path, check: Check) -> None:
    check(update=True)
    examples_of = folder / "stuck-senders" / "examples"
    (examples_of / "fires-many" / "facts.txt").write_text("2 0")
    (examples_of / "quiet-few" / "facts.txt").write_text("2000 0")
    said = "2000 goroutines stuck sending in shop.send (/src/shop/send.go:7)"
    assert check(update=True) == [
        "stuck-senders/examples/fires-many:1: expected stuck-senders, got nothing",
        f"stuck-senders/examples/quiet-few:1: expected no stuck-senders, got: {said}",
    ]
    assert not (examples_of / "fires-many" / "expected.md").exists()


def test_both_sorts_of_examples_are_needed(folder: Path, check: Check, playbooks: tuple[Playbook, ...]) -> None:
    check(update=True)
    shutil.rmtree(folder / "gateway-refused" / "examples" / "quiet-nothing")
    (folder / "gateway-refused" / "examples" / "sometimes").mkdir()
    assert check() == [
        "gateway-refused/examples:1: needs at least one example whose name starts with `quiet-`",
        "gateway-refused/examples/sometimes:1: the name of an example starts with `fires-` or `quiet-`",
    ]
    assert [example.name for example in examples(playbooks[0])] == ["fires-refused", "sometimes"]


def test_an_example_that_cannot_be_read(folder: Path, check: Check) -> None:
    check(update=True)
    (folder / "gateway-refused" / "examples" / "fires-refused" / "facts.txt").write_text("broken")
    (folder / "gateway-refused" / "examples" / "quiet-nothing" / "expected.yaml").write_text("findigs: []\n")
    assert check() == [
        "gateway-refused/examples/fires-refused:1: these bytes are no dump",
        "gateway-refused/examples/quiet-nothing/expected.yaml:1: findigs: unknown key, did you mean `findings`?",
    ]
