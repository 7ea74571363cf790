"""`gocrash incident stats` and `budget`, as people and pipelines call them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cli import Run, gocrash

from bot.incidents.store import Store
from bot.model.incident import Status


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with an outage of ten minutes of the service checkout, two days ago."""
    directory = tmp_path_factory.mktemp("data")
    moment = datetime.now(UTC) - timedelta(days=2)
    with Store(directory) as store:
        store.incidents.open_or_join(service="checkout", dedup_key="k", title="slow", severity="SEV2", opened_by="U1", now=moment)
        for minutes, status in ((3, Status.IDENTIFIED), (10, Status.MITIGATED), (40, Status.RESOLVED)):
            store.incidents.change_status(1, status, text="", actor="U1", now=moment + timedelta(minutes=minutes))
    (directory / "gocrash.yaml").write_text(
        "services:\n"
        "  checkout: {targets: ['http://127.0.0.1:6060'], slo: {objective: 99.95, window: 28d}}\n"
        "  payments: {targets: ['http://127.0.0.1:6060'], slo: {objective: 99.99, window: 365d}}\n"
        "  mail: {targets: ['http://127.0.0.1:6060']}\n"
    )
    return directory


def incident(data: Path, *words: str) -> Run:
    return gocrash("incident", *words, GOCRASH_DATA=str(data), GOCRASH_CONFIG=str(data / "gocrash.yaml"))


def test_stats_give_medians_by_service_class_and_severity(data: Path) -> None:
    run = incident(data, "stats")
    assert run.status == 0
    assert [line.split() for line in run.out.splitlines() if line.startswith(("checkout", "unknown", "SEV2"))] == [
        [name, "1", "0", "3", "min", "10", "min", "40", "min"] for name in ("checkout", "unknown", "SEV2")
    ]
    by_service = json.loads(incident(data, "stats", "checkout", "--format", "json").out)["by"]["service"]
    assert by_service[0]["mitigate_seconds"] == 600.0
    assert incident(data, "stats", "--since", "1d").out == "no incidents\n"
    assert incident(data, "stats", "payments").out == "no incidents\n"


def test_stats_come_as_markdown_and_as_a_page(data: Path) -> None:
    assert "| checkout | 1 | 0 | 3 min | 10 min | 40 min |" in incident(data, "stats", "--format", "markdown").out
    run = incident(data, "stats", "--format", "html")
    assert (run.status, run.err) == (0, "")
    assert "Error budget of checkout. left: 100 % → 50 %." in run.out
    assert "Error budget of payments" not in incident(data, "stats", "checkout", "--format", "html").out


def test_a_budget_says_what_is_left_and_who_took_the_rest(data: Path) -> None:
    run = incident(data, "budget", "checkout")
    assert (run.status, run.out) == (
        0,
        "checkout: 99.95 % over 28 d allows 20 min 10 s; 10 min spent, 10 min 10 s left (50 %)\n  INC-1     10 min\n",
    )
    found = json.loads(incident(data, "budget", "checkout", "--format", "json").out)
    assert (found["spent_seconds"], found["incidents"]) == (600.0, [{"key": "INC-1", "seconds": 600.0}])
    assert incident(data, "budget", "payments").out == (
        "payments: 99.99 % over 365 d allows 52 min 34 s; 0 ms spent, 52 min 34 s left (100 %)\n"
    )


@pytest.mark.parametrize(("share", "status"), [("15%", 0), ("50%", 0), ("51%", 1), ("100", 1)])
def test_a_deploy_pipeline_can_ask_whether_enough_is_left(data: Path, share: str, status: int) -> None:
    assert incident(data, "budget", "checkout", "--fail-below", share).status == status


def test_what_cannot_be_measured_is_said(data: Path) -> None:
    for words, sentence in (
        (("budget", "mail"), "`mail` has no objective: add `slo: {objective: 99.95, window: 28d}`"),
        (("budget", "chekout"), "did you mean `checkout`?"),
        (("budget", "checkout", "--fail-below", "some"), "`some` is no share: write 15%"),
    ):
        run = incident(data, *words)
        assert (run.status, run.out) == (2, "")
        assert sentence in run.err
