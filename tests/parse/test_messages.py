from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.parse.messages import fold, fold_quoted, read_message

LINES = {
    '{"level":"error","ts":1763679817.5,"caller":"a/b.go:7","msg":"cannot bind","error":"address in use"}': (
        "error",
        "cannot bind: address in use",
    ),
    '{"severity":"WARNING","message":"slow","time":"2026-11-20T23:03:37Z"}': ("warn", "slow"),
    '{"level":"dpanic","msg":"boom"}': ("fatal", "boom"),
    '{"level":50,"msg":"boom"}': ("", "boom"),
    'time=2026-11-20T23:03:37.000Z level=ERROR msg="cannot bind" err="address in use"': ("error", "cannot bind: address in use"),
    'time="2026-11-20T23:03:37Z" level=warning msg=slow': ("warn", "slow"),
    "2026/11/20 23:03:37 main.go:12: cannot bind": ("", "cannot bind"),
    "2026/11/20 23:03:37.123456 [ERROR] cannot bind": ("error", "cannot bind"),
    "2026-11-20T23:03:37.123Z\tERROR\tshop/main.go:12\tcannot bind": ("error", "cannot bind"),
    "2026-11-20 23:03:37,123 WARN  - slow answer": ("warn", "slow answer"),
    "ERROR: cannot bind": ("error", "cannot bind"),
    "I1120 23:03:37.123456       1 main.go:12] ready": ("info", "ready"),
    "error while reading": ("", "error while reading"),
    "no words of a logger": ("", "no words of a logger"),
    "": ("", ""),
    '{"half": "a record': ("", '{"half": "a record'),
}


@pytest.mark.parametrize("line", LINES)
def test_loggers(line: str) -> None:
    assert read_message(line) == LINES[line]


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("took 12.5ms", "took #ms"),
        ("3f2a9b1c-77aa-4c1d-9e2f-aa11bb22cc33", "#"),
        ("at 0xc000123abc", "at #"),
        ("commit 9fceb02d0ae598e95dc970b74767f19372d61af8 is bad", "commit # is bad"),
        ("10.0.0.4:5432", "#:#"),
        ("deadbeef and feed", "deadbeef and feed"),
        ("user usr4f9a8s7d6f5g4h3j2k1l left", "user # left"),
    ],
)
def test_fold(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text())
def test_folding_leaves_no_digit_and_is_stable(text: str) -> None:
    folded = fold(text)
    assert fold(folded) == folded
    assert fold_quoted(fold_quoted(folded)) == fold_quoted(folded)


@given(st.text())
def test_any_line_has_a_message(line: str) -> None:
    assert isinstance(read_message(line).text, str)
