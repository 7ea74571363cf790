"""One pull from servers that answer well, badly, endlessly, or not at all."""

from __future__ import annotations

import gzip
import socket
import ssl
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from misbehaving import Misbehaving, always, http_answer

from bot.collect.connection import Connection, read_address
from bot.collect.pprof import PROTO_STARTS, Answer, Ask, Refusal, pull
from bot.errors import CollectError
from bot.model.access import Access, Limits
from bot.model.evidence import Kind

Serve = Callable[..., Misbehaving]

DATA = Path(__file__).parent / "data"
HEAP = Ask(Kind.HEAP, "heap.pb.gz", "/debug/pprof/heap", PROTO_STARTS)
PROFILE = gzip.compress(b"\x0a\x00profile")
QUICK = Limits(deadline_seconds=0.4, connect_seconds=0.3, max_bytes=1_000_000)


def ask(
    url: str, *, access: Access | None = None, limits: Limits = QUICK, asking: Ask = HEAP, spool: Path | None = None
) -> Answer | Refusal:
    connection = Connection(url, access or Access(), limits)
    try:
        return pull(connection, asking, limits=limits, directory=spool)
    finally:
        connection.close()


def reason(result: Answer | Refusal) -> str:
    assert isinstance(result, Refusal)
    return result.reason


def test_a_profile_arrives_with_its_source_and_duration(serve: Serve) -> None:
    server = serve(always(http_answer(PROFILE)))
    result = ask(server.url)
    assert isinstance(result, Answer)
    assert result.content == PROFILE
    assert result.source == f"{server.url}/debug/pprof/heap"
    assert 0 < result.duration_seconds < 5
    assert b"accept-encoding: identity" in server.requests[0].lower()


@pytest.mark.parametrize(
    ("status", "body", "phrase"),
    [
        ("404 Not Found", b"404 page not found\n", "404: no pprof here; is net/http/pprof mounted?"),
        ("401 Unauthorized", b"", "401: set auth in the configuration"),
        ("403 Forbidden", b"", "403: not allowed; check auth in the configuration"),
        ("500 Internal Server Error", b"Could not enable tracing: \x1b[31mbusy\nmore", "500: Could not enable tracing: [31mbusy"),
        ("502 Bad Gateway", b"<html>nginx</html>", "502: Bad Gateway"),
        ("503 Service Unavailable", b"", "503: Service Unavailable"),
    ],
)
def test_a_status_becomes_a_phrase(serve: Serve, status: str, body: bytes, phrase: str) -> None:
    assert reason(ask(serve(always(http_answer(body, status=status))).url)) == phrase


def test_a_404_says_what_the_question_means_by_it(serve: Serve) -> None:
    asking = Ask(Kind.GOROUTINELEAK, "goroutineleak.txt", "/debug/pprof/goroutineleak?debug=1", (), "needs Go 1.27")
    assert reason(ask(serve(always(http_answer(b"", status="404 Not Found"))).url, asking=asking)) == "404: needs Go 1.27"


def test_a_redirect_is_not_followed_and_shows_no_secrets(serve: Serve) -> None:
    other = serve(always(http_answer(PROFILE)))
    location = f"http://user:hunter2@{other.place}/login?token=hunter2"
    result = ask(serve(always(http_answer(b"", status="302 Found", Location=location))).url)
    assert reason(result) == f"answered with a redirect to http://{other.place}/login; not followed"
    assert other.connections == 0


@pytest.mark.parametrize(
    ("answer", "phrase"),
    [
        (http_answer(b"whatever", Content_Type="text/html; charset=utf-8"), "answered with an HTML page, not a profile"),
        (http_answer(b"\n<!DOCTYPE html><title>login</title>"), "answered with an HTML page, not a profile"),
        (http_answer(b'{"error": "no"}'), "answered with JSON, not a profile"),
        (http_answer(b"hello"), "answered with something else, not a profile"),
        (http_answer(b""), "answered with nothing"),
        (http_answer(b"x", Content_Encoding="br"), "answered with an answer encoded as br, not a profile"),
        (http_answer(b"not gzip", Content_Encoding="gzip"), "answered with damaged gzip data"),
    ],
)
def test_a_wrong_answer_is_recognised(serve: Serve, answer: bytes, phrase: str) -> None:
    assert reason(ask(serve(always(answer)).url)) == phrase


def test_an_answer_compressed_without_being_asked_to_is_unpacked(serve: Serve) -> None:
    result = ask(serve(always(http_answer(gzip.compress(PROFILE), Content_Encoding="gzip"))).url)
    assert isinstance(result, Answer)
    assert result.content == PROFILE


def test_a_gzip_bomb_is_stopped_at_the_cap(serve: Serve, tmp_path: Path) -> None:
    bomb = gzip.compress(b"\x0a" * 200_000_000, compresslevel=1)
    server = serve(always(http_answer(bomb, Content_Encoding="gzip")))
    limits = Limits(deadline_seconds=10, max_bytes=8_000_000)
    assert reason(ask(server.url, limits=limits, spool=tmp_path)) == "more than 8 MB; stopped reading"
    assert list(tmp_path.iterdir()) == []


def test_an_endless_answer_is_stopped_at_the_cap(serve: Serve) -> None:
    sent = 0

    def endless(connection: socket.socket, _request: bytes) -> None:
        nonlocal sent
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(1024):
            connection.sendall(b"\x0a" * 1_000_000)
            sent += 1

    assert (
        reason(ask(serve(endless).url, limits=Limits(deadline_seconds=10, max_bytes=2_000_000)))
        == "more than 2 MB; stopped reading"
    )
    assert sent < 100


def test_a_large_answer_goes_to_a_file(serve: Serve, tmp_path: Path) -> None:
    body = b"\x0a" + bytes(9_000_000)
    result = ask(serve(always(http_answer(body))).url, limits=Limits(), spool=tmp_path)
    assert isinstance(result, Answer)
    assert isinstance(result.content, Path)
    assert result.content.parent == tmp_path
    assert result.content.read_bytes() == body


def drip(prefix: bytes, server: list[Misbehaving]) -> Callable[[socket.socket, bytes], None]:
    def reply(connection: socket.socket, _request: bytes) -> None:
        connection.sendall(prefix)
        for _ in range(200):
            if server[0].closing.wait(0.05):
                return
            connection.sendall(b"x")

    return reply


@pytest.mark.parametrize(
    ("prefix", "phrase"),
    [
        (b"", "no answer within 0.4 s"),
        (b"HTTP/1.1 200 OK\r\nX-Slow: ", "no answer within 0.4 s"),
        (b"HTTP/1.1 200 OK\r\n\r\n\x0a", " within 0.4 s"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n\x0a", " within 0.4 s"),
        (b"HTTP/1.1 500 Sick\r\nContent-Length: 1000\r\n\r\n", " within 0.4 s"),
    ],
)
@pytest.mark.parametrize("secure", [False, True])
def test_a_dripping_server_is_given_up_at_the_deadline(serve: Serve, prefix: bytes, phrase: str, *, secure: bool) -> None:
    servers: list[Misbehaving] = []
    servers.append(serve(drip(prefix, servers), context=server_context() if secure else None))
    started = time.monotonic()
    result = ask(servers[0].url, access=Access(tls_ca=DATA / "localhost.pem"))
    assert reason(result).endswith(phrase)
    assert isinstance(result, Refusal)
    assert result.late
    assert time.monotonic() - started < 8


def test_a_silent_server_is_given_up_at_the_deadline(serve: Serve) -> None:
    servers: list[Misbehaving] = []
    servers.append(serve(lambda _connection, _request: servers[0].closing.wait(10) and None))
    started = time.monotonic()
    result = ask(servers[0].url)
    assert result == Refusal("no answer within 0.4 s", late=True)
    assert time.monotonic() - started < 8


def test_a_server_that_hangs_up(serve: Serve) -> None:
    server = serve(lambda connection, _request: connection.shutdown(socket.SHUT_RDWR))
    assert reason(ask(server.url)) == f"{server.place} closed the connection without an answer"
    assert len(server.requests) == 1


def test_a_server_that_hangs_up_in_the_middle(serve: Serve) -> None:
    def half(connection: socket.socket, _request: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n\x0a")
        connection.shutdown(socket.SHUT_RDWR)

    server = serve(half)
    assert reason(ask(server.url)) == f"{server.place} closed the connection in the middle of the answer"


def test_a_server_that_does_not_speak_http(serve: Serve) -> None:
    server = serve(always(b"SSH-2.0-OpenSSH_9.9\r\n\r\n"))
    assert reason(ask(server.url)) == f"what {server.place} answered is not HTTP; are scheme and port right?"


def test_nothing_listens() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{unused.getsockname()[1]}"
        result = ask(f"http://{place}")
    assert result == Refusal(f"connection refused: nothing listens on {place}", unreachable=True)


def test_a_name_that_does_not_exist() -> None:
    phrase = reason(ask("http://shop.invalid:6060"))
    assert phrase == "the name of shop.invalid:6060 is not known; correct the target in the configuration"


def test_a_unix_socket(serve: Serve, tmp_path: Path) -> None:
    server = serve(always(http_answer(PROFILE)), socket_path=tmp_path / "shop.sock")
    result = ask(server.url)
    assert isinstance(result, Answer)
    assert result.source == f"unix:{tmp_path}/shop.sock/debug/pprof/heap"
    assert isinstance(ask(f"http+unix://{str(tmp_path).replace('/', '%2F')}%2Fshop.sock"), Answer)
    with pytest.raises(CollectError, match=r"there is no socket at \S+/none\.sock; is the service running\?"):
        ask(f"unix://{tmp_path}/none.sock")


def server_context(*, clients: bool = False) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(DATA / "localhost.pem", DATA / "localhost.key")
    if clients:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(DATA / "localhost.pem")
    return context


def test_a_certificate_is_checked_unless_told_not_to(serve: Serve) -> None:
    server = serve(always(http_answer(PROFILE)), context=server_context())
    phrase = reason(ask(server.url))
    assert phrase.startswith(f"the certificate of {server.place} is not trusted (self-signed certificate")
    assert phrase.endswith("set tls.ca in the configuration")
    assert isinstance(ask(server.url, access=Access(tls_ca=DATA / "localhost.pem")), Answer)
    assert isinstance(ask(server.url, access=Access(tls_verify=False)), Answer)


def test_a_client_certificate_is_presented(serve: Serve) -> None:
    server = serve(always(http_answer(PROFILE)), context=server_context(clients=True))
    trusting = Access(tls_ca=DATA / "localhost.pem")
    assert isinstance(ask(server.url, access=trusting), Refusal)
    known = Access(tls_ca=DATA / "localhost.pem", tls_cert=DATA / "localhost.pem", tls_key=DATA / "localhost.key")
    assert isinstance(ask(server.url, access=known), Answer)


def test_https_to_a_plain_port(serve: Serve) -> None:
    server = serve(always(http_answer(PROFILE)))
    phrase = reason(ask(server.url.replace("http:", "https:")))
    assert phrase.startswith(f"no TLS with {server.place} (")
    assert phrase.endswith("are scheme and port right?")


def test_unusable_tls_files() -> None:
    with pytest.raises(CollectError, match=r"cannot use the TLS files /none\.pem: .*correct tls in the configuration"):
        Connection("https://127.0.0.1:1", Access(tls_ca=Path("/none.pem")), QUICK)


@pytest.mark.parametrize(
    ("url", "access", "sent"),
    [
        ("http://{}", Access(user="bot", password="hunter2"), b"Authorization: Basic Ym90Omh1bnRlcjI="),  # noqa: S106 - nobody's password
        ("http://bot:hunter2@{}", Access(), b"Authorization: Basic Ym90Omh1bnRlcjI="),
        ("http://{}", Access(bearer="hunter2"), b"Authorization: Bearer hunter2"),
    ],
)
def test_credentials_are_sent_and_never_shown(serve: Serve, url: str, access: Access, sent: bytes) -> None:
    server = serve(always(http_answer(PROFILE)))
    result = ask(url.format(server.place), access=access)
    assert isinstance(result, Answer)
    assert sent.lower() in server.requests[0].lower()
    assert "hunter2" not in result.source + repr(access) + repr(read_address(url.format(server.place)))


def test_credentials_that_are_not_accepted(serve: Serve) -> None:
    server = serve(always(http_answer(b"", status="401 Unauthorized")))
    assert reason(ask(server.url, access=Access(bearer="old"))) == "401: not allowed; check auth in the configuration"


def test_proxies_of_the_environment_are_not_used(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = serve(always(http_answer(b"", status="502 Bad Gateway")))
    for name in ("http_proxy", "all_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy.url)
    assert isinstance(ask(serve(always(http_answer(PROFILE))).url), Answer)
    assert proxy.connections == 0


def test_the_connection_is_kept_between_pulls(serve: Serve) -> None:
    server = serve(always(http_answer(PROFILE)))
    connection = Connection(server.url, Access(), QUICK)
    for _ in range(3):
        assert isinstance(pull(connection, HEAP, limits=QUICK), Answer)
    connection.close()
    assert (server.connections, len(server.requests)) == (1, 3)


@pytest.mark.parametrize(
    ("url", "base", "place"),
    [
        ("http://10.0.3.7:6060/", "http://10.0.3.7:6060", "10.0.3.7:6060"),
        ("https://shop.example/prefix", "https://shop.example/prefix", "shop.example:443"),
        ("http://[::1]:6060", "http://[::1]:6060", "[::1]:6060"),
        ("http+unix://%2Frun%2Fshop.sock/x", "http://localhost/x", "/run/shop.sock"),
    ],
)
def test_addresses(url: str, base: str, place: str) -> None:
    address = read_address(url)
    assert (address.base, address.place) == (base, place)


@pytest.mark.parametrize("url", ["", "ftp://host", "http://", "http://host:port", "http://[::1", "unix://", "shop:6060"])
def test_what_is_not_an_address(url: str) -> None:
    with pytest.raises(CollectError, match="write http://host:port in the configuration"):
        read_address(url)


def test_the_pprof_path_may_stand_in_the_url(serve: Serve) -> None:
    server = serve(always(http_answer(PROFILE)))
    assert isinstance(ask(f"{server.url}/debug/pprof/"), Answer)
    assert server.requests[0].startswith(b"GET /debug/pprof/heap ")


def test_a_pull_ends_when_everything_is_due_however_much_of_its_deadline_is_left(serve: Serve) -> None:
    servers: list[Misbehaving] = []
    servers.append(serve(lambda _connection, _request: servers[0].closing.wait(10) and None))
    started = time.monotonic()
    assert ask(servers[0].url, limits=Limits(due_at=started + 0.3)) == Refusal("no answer within 0.3 s", late=True)
    assert time.monotonic() - started < 8
    assert ask(servers[0].url, limits=Limits(due_at=started + 0.3)) == Refusal("not asked: no time was left for it", late=True)
    assert len(servers[0].requests) == 1


def test_connecting_gives_up_when_everything_is_due() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        host, port = full.getsockname()
        with socket.create_connection((host, port)):  # takes the only place in the queue
            started = time.monotonic()
            said = reason(ask(f"http://{host}:{port}", limits=Limits(due_at=started + 0.4)))
            assert time.monotonic() - started < 8
    assert "within 0.4 s" in said
