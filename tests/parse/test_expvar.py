"""Pages of expvar: a real one, and what only looks like one."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import ParseError
from bot.model.evidence import Evidence, Kind
from bot.model.profiles import MetricsPage
from bot.parse.expvar import parse_expvar
from bot.parse.read import read
from bot.parse.sniff import sniff

PAGE = json.dumps(
    {
        "cmdline": ["/app/shop", "--token=s3cret"],
        "requests": 12,
        "ready": True,
        "memstats": {"HeapInuse": 1622016, "StackInuse": 65536, "GCCPUFraction": 0.25, "PauseNs": [0, 51000, 1230000, 0]},
    }
).encode()


def test_a_page_is_recognised_and_read_as_metrics() -> None:
    assert sniff(PAGE) is Kind.METRICS
    evidence = Evidence(kind=Kind.METRICS, name="metrics.json", content=PAGE, source="test", collected_at=datetime.now(UTC))
    page = read(evidence).reading
    assert isinstance(page, MetricsPage)
    assert page.value("go_memstats_stack_inuse_bytes") == 65536
    assert page.points["go_gc_duration_seconds"][0].value == pytest.approx(0.00123)
    assert page.value("requests") == 12
    assert "ready" not in page.points
    assert "s3cret" not in str(page)


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"{}", b'{"memstats": 1}', b"[" * 100_000, b"go_goroutines 3\n"])
def test_what_is_no_page_of_variables_is_refused(data: bytes) -> None:
    with pytest.raises(ParseError, match="set metrics_path"):
        parse_expvar(data)


@given(
    st.dictionaries(
        st.sampled_from(["HeapInuse", "PauseNs", "GCCPUFraction", "x"]),
        st.one_of(
            st.none(), st.integers(), st.floats(), st.text(max_size=3), st.lists(st.one_of(st.integers(), st.text(max_size=3)))
        ),
    ),
    st.binary(max_size=3),
)
def test_nothing_else_is_ever_raised(memory: dict[str, object], noise: bytes) -> None:
    data = json.dumps({"memstats": memory, "n": 10**400}).encode()
    assert isinstance(parse_expvar(data), MetricsPage)
    with suppress(ParseError):
        parse_expvar(data[: len(data) // 2] + noise + data[len(data) // 2 :])
