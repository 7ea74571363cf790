from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.redact import MASK, Redactor

SECRETS = [
    ("Authorization: Bearer abc.def-ghi0123", "abc.def-ghi0123"),
    ("Authorization: Basic c2hvcDpodW50ZXIy", "c2hvcDpodW50ZXIy"),
    ("GET /?api_key=abcd1234&x=1", "abcd1234"),
    ('{"password":"hunter two"}', "hunter two"),
    ("postgres://shop:p-w_1@db/shop", "p-w_1"),
    ("AKIAIOSFODNN7EXAMPLE used", "AKIAIOSFODNN7EXAMPLE"),
    ("posting with xoxb-123456789012-abcdefghij", "xoxb-123456789012-abcdefghij"),
    ("key eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.s1gnature", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.s1gnature"),
    ("mail jo.doe+x@mail.example.com now", "jo.doe+x@mail.example.com"),
    ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc\n-----END RSA PRIVATE KEY-----", "MIIE"),
]
KEPT = [
    "\t/go/pkg/mod/github.com/lib/pq@v1.10.9/conn.go:120 +0x1b",
    "\t/go/pkg/mod/example.com/x@v0.0.0-20240101-abcdefabcdef/x.go:1",
    "example.com/shop/auth.(*TokenBucket).Take(0xc000123456, 0x1)",
    "goroutine 7 [chan receive, 12 minutes]:",
]


@pytest.mark.parametrize(("text", "secret"), SECRETS)
def test_a_secret_is_masked_and_counted(text: str, secret: str) -> None:
    masked, count = Redactor().text(text)
    assert secret not in masked
    assert MASK in masked
    assert count == 1


@pytest.mark.parametrize("text", KEPT)
def test_what_go_prints_is_left_alone(text: str) -> None:
    assert Redactor().text(text) == (text, 0)


def test_configured_patterns_are_masked_whole_or_by_their_group() -> None:
    redactor = Redactor(["x-internal-[a-z]+: .*", "order=(?P<secret>[0-9]+)"])
    assert redactor.text("x-internal-user: 7") == (MASK, 1)
    assert redactor.text("order=123 ok") == (f"order={MASK} ok", 1)


@given(st.text())
def test_masking_twice_changes_nothing_more(text: str) -> None:
    once, _ = Redactor().text(text)
    assert Redactor().text(once) == (once, 0)


def test_binary_evidence_keeps_its_length_and_gzip_is_masked_inside() -> None:
    raw = b"\x0a\x10token=abcdefgh\x00\xff"
    masked, count = Redactor().data(raw)
    assert (len(masked), count) == (len(raw), 1)
    assert b"abcdefgh" not in masked
    zipped, count = Redactor().data(gzip.compress(raw))
    assert (gzip.decompress(zipped), count) == (masked, 1)


def test_of_broken_gzip_only_the_masked_readable_part_is_kept() -> None:
    broken = gzip.compress(b"token=abcdefgh " * 1000, compresslevel=0)[:5000]
    kept, count = Redactor().data(broken)
    assert count > 100
    assert b"abcdefgh" not in gzip.decompress(kept)
