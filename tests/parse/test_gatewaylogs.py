from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.parse.gatewaylogs import classify

NGINX = '2026/11/20 23:03:37 [error] 31#31: *7 {}, client: 10.0.0.9, server: shop, request: "GET / HTTP/1.1", upstream: "{}"'
ADDRESS = "http://10.0.0.4:8080/pay"
ENVOY = '[2026-11-20T23:03:37.000Z] "GET /pay HTTP/1.1" {} - "-" 0 91 12 - "10.0.0.9" "curl/8" "id-1" "shop" "10.0.0.4:8080"'
HAPROXY = (
    "Nov 20 23:03:37 lb haproxy[12]: 10.0.0.9:1234 [20/Nov/2026:23:03:37.000] front {} 0/0/-1/-1/3 {} 0 - - {} 1/1/0/0/3 0/0 "
    '"GET /pay HTTP/1.1"'
)
UPSTREAM = "10.0.0.4:8080"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            NGINX.format("connect() failed (111: Connection refused) while connecting to upstream", ADDRESS),
            ("refused", UPSTREAM, None),
        ),
        (
            NGINX.format("upstream prematurely closed connection while reading response header from upstream", ADDRESS),
            ("premature-close", UPSTREAM, None),
        ),
        (
            NGINX.format("upstream timed out (110: Connection timed out) while reading upstream", ADDRESS),
            ("timeout", UPSTREAM, None),
        ),
        (
            NGINX.format("recv() failed (104: Connection reset by peer) while reading upstream", ADDRESS),
            ("reset", UPSTREAM, None),
        ),
        (NGINX.format("no live upstreams while connecting to upstream", "http://shop/pay"), ("no-live-upstream", "shop", None)),
        (NGINX.format('"/usr/share/nginx/html/x" is forbidden (13: Permission denied)', ADDRESS), None),
        (ENVOY.format("503 UF"), ("refused", UPSTREAM, 503)),
        (
            ENVOY.format("503 UC upstream_reset_before_response_started{connection_termination}"),
            ("premature-close", UPSTREAM, 503),
        ),
        (ENVOY.format("504 UT"), ("timeout", UPSTREAM, 504)),
        (ENVOY.format("503 UF,URX"), ("refused", UPSTREAM, 503)),
        (ENVOY.format("503 UH").replace(f'"{UPSTREAM}"', '"-"'), ("no-live-upstream", "", 503)),
        (ENVOY.format("200 -"), None),
        (HAPROXY.format("shop/web-1", 503, "SC--"), ("refused", "shop/web-1", 503)),
        (HAPROXY.format("shop/web-1", 502, "SH--"), ("premature-close", "shop/web-1", 502)),
        (HAPROXY.format("shop/web-1", 504, "sH--"), ("timeout", "shop/web-1", 504)),
        (HAPROXY.format("shop/<NOSRV>", 503, "SC--"), ("no-live-upstream", "shop/<NOSRV>", 503)),
        (HAPROXY.format("shop/web-1", 200, "----"), None),
        ("2026/11/20 23:03:37 dial tcp 10.0.0.4:8080: connection refused", None),
    ],
)
def test_lines_of_gateways(line: str, expected: tuple[str, str, int | None] | None) -> None:
    assert classify(line) == expected


@given(st.text())
def test_any_line_is_classified_or_not(text: str) -> None:
    assert classify(text) is None
