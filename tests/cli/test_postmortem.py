"""`gocrash incident postmortem` and the HTML timeline, as people ask for them and as a browser shows them."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from browser import browser
from cli import gocrash
from memory import remember

from bot.incidents.store import Store
from bot.model.incident import Status


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with one incident from alert to resolved."""
    directory = tmp_path_factory.mktemp("data")
    moment = datetime.now(UTC) - timedelta(hours=2)
    with Store(directory) as store:
        number = remember(store, "lock-convoy", now=moment).number
        store.timeline.add(number, kind="alert", text="HighLatency", actor="alertmanager", now=moment - timedelta(minutes=4))
        store.incidents.set_severity(number, "SEV2", actor="ana", now=moment)
        for minutes, status in ((12, Status.IDENTIFIED), (31, Status.MITIGATED), (70, Status.RESOLVED)):
            store.incidents.change_status(number, status, text="why", actor="ana", now=moment + timedelta(minutes=minutes))
        store.incidents.add_note(number, "<script>document.title = 'owned'</script>", actor="ben", now=moment)
    (directory / "gocrash.yaml").write_text(
        "services:\n"
        "  checkout:\n"
        "    targets: ['http://127.0.0.1:6060']\n"
        "    slo: {objective: 99.9}\n"
        "    own_modules: [example.com/shop]\n"
        "    source_url: 'https://git.example.com/shop/{path}#L{line}'\n"
    )
    return directory


def page(data: Path, *words: str) -> str:
    run = gocrash("incident", *words, GOCRASH_DATA=str(data), GOCRASH_CONFIG=str(data / "gocrash.yaml"))
    assert (run.status, run.err) == (0, "")
    return run.out


def test_a_draft_holds_cause_culprit_times_and_prevention(data: Path) -> None:
    draft = page(data, "postmortem", "INC-1")
    for said in (
        "(<https://git.example.com/shop/ledger/book.go#L31>)",
        "- Alerts: 1",
        "this incident took 31 min of the 40 min 19 s",
        "- Lasted: 31 min until it was mitigated, 1 h 10 min until it was resolved (",
        "- Taken on: after 12 min (",
        "- Resolved: after 1 h 10 min (",
        "- First diagnosis: after 0 ms (",
        "- The cause was named: after 0 ms",
        "### So that it does not come again\n\n- [ ] Hold locks for memory, not for waiting:",
        "goroutine 29 [sync.Mutex.Lock]:",
    ):
        assert said in draft, said


def test_every_claim_leads_to_the_evidence_that_holds_it(data: Path) -> None:
    draft = page(data, "postmortem", "INC-1")
    (row,) = (line for line in draft.splitlines() if "goroutine.txt |" in line)
    number, sha256 = re.findall(r"^\| (E\d+) .* `([0-9a-f]{64})` \|$", row)[0]
    assert b"goroutine 29 [sync.Mutex.Lock]:" in (data / "evidence" / sha256[:2] / sha256).read_bytes()
    cited = [line for line in draft.splitlines() if f"[{number}](#evidence)" in line]
    assert [line.split()[0] for line in cited] == ["-", "-", "120", "To", "Proof,", "-"]
    html = page(data, "postmortem", "INC-1", "--format", "html")
    for place in (number.lower(), "timeline"):
        assert html.count(f'id="{place}"') == 1
        assert f'href="#{place}"' in html
    assert '<li class="task">' in html
    assert "[ ]" not in html


def test_an_incident_without_any_diagnosis_has_a_draft_too(tmp_path: Path) -> None:
    gocrash("incident", "open", "checkout", "slow", "--data", tmp_path)
    run = gocrash("incident", "postmortem", "1", "--data", tmp_path)
    assert (run.status, run.err) == (0, "")
    assert run.out.startswith("# Postmortem of INC-1: slow\n")


@pytest.mark.debian
@pytest.mark.parametrize("words", [("timeline",), ("postmortem",)])
def test_the_pages_show_a_drawing_in_a_browser_and_run_nothing(data: Path, tmp_path: Path, words: tuple[str, ...]) -> None:
    file = tmp_path / "page.html"
    file.write_text(page(data, *words, "INC-1", "--format", "html"), "utf-8")
    with browser(1200, 1000) as shown:
        shown.open(file.as_uri())
        assert "owned" not in shown.run("document.title")
        assert (
            shown.run("[...document.querySelectorAll('.timeline svg rect')].map(r => r.getBoundingClientRect().width > 20)")
            == [True] * 3
        )
        events = json.loads(page(data, "timeline", "INC-1", "--format", "json"))["events"]
        assert shown.run("document.querySelectorAll('.timeline svg circle').length") == len(events)
        assert shown.run("document.querySelectorAll('.chart svg circle').length") == 1
        assert shown.run("document.documentElement.scrollWidth <= window.innerWidth")
        assert "document.title = 'owned'" in shown.run("document.body.innerText")


@pytest.mark.debian
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_charts_can_be_read_on_either_ground(data: Path, tmp_path: Path, scheme: str) -> None:
    file = tmp_path / "page.html"
    file.write_text(page(data, "stats", "--format", "html"), "utf-8")
    with browser() as shown:
        shown.prefer(scheme)
        shown.open(file.as_uri())
        colours = "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.querySelector('.bar')).fill]"
        ground, bar = shown.run(colours)
        assert contrast(ground, bar) > 3
        assert shown.run("[...document.querySelectorAll('.chart svg')].every(s => s.getBoundingClientRect().width > 600)")
        assert shown.run("document.documentElement.scrollWidth <= window.innerWidth")


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours as https://www.w3.org/TR/WCAG21/#dfn-contrast-ratio defines it."""

    def luminance(colour: str) -> float:
        shares = [int(number) / 255 for number in re.findall(r"\d+", colour)[:3]]
        red, green, blue = (share / 12.92 if share <= 0.03928 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    dark, light = sorted(map(luminance, (one, other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.debian
def test_a_dot_leads_to_its_event(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_text(page(data, "timeline", "INC-1", "--format", "html"), "utf-8")
    with browser() as shown:
        shown.open(file.as_uri())
        shown.run("document.querySelector('svg a:last-of-type circle').dispatchEvent(new MouseEvent('click', {bubbles: true}))")
        shown.wait("document.querySelector('tr:target') !== null")
