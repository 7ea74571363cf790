"""No secret survives in any form in which programs write it, JSON stays JSON, and what Go prints stays as it is."""

from __future__ import annotations

import gzip
import io
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.redact import BLOCK_BYTES, MASK, Redactor

# One word each, as they stand in configurations; the last is numbers only.
PASSWORDS = (
    "hunter2",
    "abc{x.1",
    "%s!wo$rd",
    "0x-not-hex",
    "s3cr3t-Pa55_w.rd",
    "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    "83645201",
)
NAMED = {
    "assignment": "login password=§ failed",
    "colon": "login with password: §",
    "query": "GET /v1/pay?user=maya&access_token=§&x=1",
    "query inside JSON": r'{"url":"/v1/pay?token=§\u0026x=1"}',
    "encoded query": "redirect_uri=%2Fcb%3Ftoken%3D§%26x%3D1",
    "header": "X-Api-Key: §",
    "vault header": "> X-Vault-Token: §\r\n> Accept: */*",
    "authorization": "Authorization: Bearer §",
    "proxy": "proxy-authorization: Basic §",
    "own scheme": "Authorization: GenieKey §",
    "header in a map": "map[Accept:[*/*] Authorization:[Bearer §] X-Trace:[7]]",
    "header as Go syntax": 'http.Header{"Authorization":[]string{"Bearer §"}, "Accept":[]string{"*/*"}}',
    "header in JSON": '{"headers":{"Authorization":["Bearer §"],"Accept":["*/*"]}}',
    "YAML": "db:\n  user: shop\n  password: §\n  port: 5432\n",
    "YAML, aligned": "api_key:        §",
    "YAML, quoted": "  client-secret: '§'",
    "YAML, block": "  password: |\n    §\n  next: 1",
    "environment": "PATH=/bin\nDB_PASSWORD=§\nHOME=/root\n",
    "exported": 'export STRIPE_SECRET="§"',
    "environment as Go prints it": "[HOME=/root SMTP_PASS=§ PORT=80]",
    "environment in JSON": '{"Env":["PORT=80","REDIS_PASSWORD=§"]}',
    "environment of a pod": '{"name":"DB_PASSWORD","value":"§"}',
    "environment of a pod in YAML": "- name: DB_PASSWORD\n  value: §\n",
    "environment of a pod as Go prints it": "{Name:DB_PASSWORD Value:§ ValueFrom:nil}",
    "struct, %+v": "config &{User:maya Password:§ Port:5432}",
    "struct, %+v, last": "config {User:maya Password:§}",
    "struct, %#v": 'main.Config{User:"maya", Password:"§", Port:5432}',
    "map": "map[password:§ user:maya]",
    "JSON": '{"user":"maya","password":"§","port":5432}',
    "JSON, spaced": '{\n  "clientSecret" : "§",\n  "port" : 1\n}',
    "JSON, a list": '{"tokens":["§"],"port":1}',
    "JSON in JSON": r'{"log":"{\"password\":\"§\"}\n","stream":"stderr"}',
    "JSON in JSON in JSON": r'{"a":"{\"b\":\"{\\\"token\\\":\\\"§\\\",\\\"n\\\":1}\"}"}',
    "text in JSON": r'{"log":"password=\"§\"\n","stream":"stdout"}',
    "bare text in JSON": r'{"log":"password=§\nnext"}',
    "single quotes in JSON": """{"log":"password=\\u0027§\\u0027","q":"password='§'"}""",
    "after a line end in JSON": r'{"log":"first\npassword: §\tx"}',
    "cut off": '{"user":"maya","password":"§',
    "Python": "{'user': 'maya', 'password': '§'}",
    "Ruby": '{"password"=>"§"}',
    "XML": "<password>§</password>",
    "flag": "exec: mysqld --password § --port 1",
    "flag with one dash": "./shop -db-password=§ -v",
    "arguments in JSON": '{"args":["--token","§","-v"]}',
    "data source": "shop: user=shop password=§ host=db sslmode=disable",
    "ADO": "Server=db;User=shop;Password=§;Port=1",
    "Postgres": "dial postgres://shop:§@db.internal:5432/shop",
    "Redis": "redis://:§@cache:6379/0",
    "AMQP": "amqp://guest:§@mq/%2f",
    "MongoDB": "mongodb://shop:§@h1:27017,h2:27017/db",
    "URL in JSON": r'{"dsn":"postgres:\/\/x","log":"open \"postgres://shop:§@db/shop\"\n"}',
    "MySQL": "shop:§@tcp(db:3306)/shop",
    "MySQL in JSON": r'{"log":"dsn \"shop:§@tcp(db:3306)/shop\"\n"}',
    "cookie": "Cookie: theme=§; sid=§",
    "cookie in a map": "map[Accept:[*/*] Cookie:[sid=§; theme=§]]",
    "cookie in JSON": '{"Cookie":["sid=§"],"port":1}',
    "set-cookie": "Set-Cookie: sid=§; Path=/; HttpOnly",
    "YAML, commented": "token: §  # rotate me",
    "HTML": "password=&#34;§&#34;",
    "hash": '{"password_hash":"§"}',
}
SHAPED = {
    "e-mail": "jo.doe+x@mail.example.com",
    "e-mail in a query": "maya%40example.org",
    "AWS": "AKIAIOSFODNN7EXAMPLE",
    "AWS, temporary": "ASIAIOSFODNN7EXAMPLE",
    "Google": "AIzaSyA-1234567890abcdefghijklmnopqrstu",
    "Google OAuth": "ya29.a0AfH6SMBx-1234567890abcdef",
    "GitHub": "ghp_0123456789abcdefghijABCDEFGHIJ012345",
    "GitHub, fine-grained": "github_pat_11ABCDEFG0abcdefghijkl_mnopqrstuvwxyz",
    "GitLab": "glpat-abcdefghij0123456789",
    "Slack": "xoxb-123456789012-abcdefghij",
    "Slack app": "xapp-1-A0123456789-123456-abcdef",
    "Slack webhook": "https://hooks.slack.com/services/T0123/B0123/abcdefghijklmnop",
    "Stripe": "sk_live_4eC39HqLyjWDarjtT1zdp7dc",
    "Stripe, restricted": "rk_test_4eC39HqLyjWDarjtT1zdp7dc",
    "JWT": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.s1gnature",
    "bearer": "Bearer abc.def-ghi0123",
    "signature": "sig=abcdEFGH0123%2Fijkl%3D",
}
AROUND = {
    "bare": "§",
    "prose": "it was § now",
    "brackets": "(§), [§]",
    "JSON": '{"a":"§","b":[1,"§"]}',
    "after a line end in JSON": r'{"log":"first\n§\n"}',
    "after a tab in JSON in JSON": r'{"a":"{\"b\":\"\\t§\\n\"}"}',
    "quoted in JSON": r'{"log":"got \"§\"\n"}',
}
KEPT = (
    "\t/go/pkg/mod/github.com/lib/pq@v1.10.9/conn.go:120 +0x1b",
    "\t/go/pkg/mod/example.com/x@v0.0.0-20240101-abcdefabcdef/x.go:1",
    "example.com/shop/auth.(*TokenBucket).Take(0xc000123456, 0x1)",
    "example.com/shop.(*Token).Refresh(0xc000123456, {0xc0000140a8, 0x7})",
    "example.com/shop/secret.Load({0x0, 0x0})",
    "example.com/shop.tokenize(0xc000123456)",
    "\t/src/auth/token.go:31 +0x2c",
    "\t/src/password/secret.go:12",
    "goroutine 7 [chan receive, 12 minutes]:",
    "goroutine 7 gp=0xc000006fc0 m=3 mp=0xc000100008 [running]:",
    "{Token:0xc000123456 Password:<nil> Secret:(*string)(0xc0001) Auth:auth.Token{ID:1}}",
    '{"token_type":"x","max_tokens":128000,"secretName":"db","passwordResetRequired":false}',
    '{"automountServiceAccountToken":true,"token":null,"secret":{"secretName":"x"},"password":12}',
    'token_type="x" token_count=12 secret_name=db passwd_file=/etc/x',
    "--- PASS: TestCheckout (0.01s)",
    "PWD=/srv/shop",
    "bypass=everything compass=north monkey=banana key=cache:31 primary_key=id",
    "oauth2: cannot fetch token: 401 Unauthorized",
    "get secret: not found",
    "fetch token: rpc error: code = Unavailable",
    "basic authentication failed, authorization failed: try again",
    "rbac.authorization.k8s.io/v1 roles",
    'pq: password authentication failed for user "shop"',
    "http://127.0.0.1:6060/debug/pprof/goroutine?debug=2",
    "http://[::1]:8080/x and http://db:5432/@home",
    "postgres://shop:xxxxx@db/shop",
    "password=${DB_PASSWORD} token=%s secret=[masked] password=****",
    '{"prompt":"Enter password:","token":"","next":"x"}',
    "SIGQUIT: quit, design=abcdefghijklmnopqrstu",
    "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
)
PEM = "-----BEGIN {0}PRIVATE KEY-----\n{1}\n{2}\nq83v==\n-----END {0}PRIVATE KEY-----\n"
LINES = ("MIIEpAIBAAKCAQEA" * 4, "z9Jxk3vQpLr0tWcY" * 4)


def shape_of(value: Any) -> Any:  # noqa: ANN401  # whatever JSON holds
    if isinstance(value, dict):
        return {key: shape_of(each) for key, each in value.items()}
    if isinstance(value, list):
        return [shape_of(each) for each in value]
    return type(value)


def is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("form", NAMED.values(), ids=NAMED)
@pytest.mark.parametrize("secret", PASSWORDS)
def test_what_a_name_says_is_secret_survives_in_no_form(form: str, secret: str) -> None:
    check(form.replace("§", secret), secret)


@pytest.mark.parametrize("around", AROUND.values(), ids=AROUND)
@pytest.mark.parametrize("secret", SHAPED.values(), ids=SHAPED)
def test_what_looks_like_a_secret_survives_nowhere(around: str, secret: str) -> None:
    check(around.replace("§", secret), secret)


def check(text: str, secret: str) -> None:
    essence = secret.removeprefix("Bearer ").removeprefix("https://hooks.slack.com/services/").removeprefix("sig=")
    redactor, times = Redactor(), text.count(secret)
    masked, count = redactor.text(text)
    assert essence not in masked
    assert (MASK in masked, count) == (True, times)
    assert redactor.text(masked) == (masked, 0)
    data, count = redactor.data(text.encode())
    assert essence.encode() not in data
    assert (len(data), count) == (len(text.encode()), times)
    assert redactor.data(data) == (data, 0)
    if is_json(text):
        assert shape_of(json.loads(data)) == shape_of(json.loads(text))


@pytest.mark.parametrize("text", KEPT)
def test_what_is_no_secret_is_left_alone(text: str) -> None:
    assert Redactor().text(text) == (text, 0)
    assert Redactor().data(text.encode()) == (text.encode(), 0)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (
            "Set-Cookie: sid=abc123; Path=/; Expires=Wed, 21 Oct 2026 07:28:00 GMT",
            "Set-Cookie: sid=[masked]; Path=/; Expires=Wed, 21 Oct 2026 07:28:00 GMT",
        ),
        ("&{User:maya Password:correct horse battery Host:db}", "&{User:maya Password:[masked] Host:db}"),
        ("passphrase: correct horse battery", "passphrase: [masked]"),
        ('{"password":"say \\"hi\\" to\\\\","a":1}', '{"password":"[masked]","a":1}'),
        (r'{"log":"password=\"a\\\"b\\\\\" next\n"}', r'{"log":"password=\"[masked]\" next\n"}'),
        (
            'parse "postgres://shop:p#ss/w@db/x": invalid port ":p" after host',
            'parse "postgres://shop:[masked]@db/x": invalid port ":[masked]" after host',
        ),
        ("token: Bearer abcdef0123", "token: Bearer [masked]"),
    ],
)
def test_only_the_secret_is_masked(text: str, masked: str) -> None:
    assert Redactor().text(text) == (masked, 1)


def test_a_number_in_json_stays_a_number() -> None:
    assert Redactor().data(b'{"password":12345678,"max_tokens":12345678}') == (b'{"password":99999999,"max_tokens":12345678}', 1)
    assert Redactor().data(b'{"password":99999999}')[1] == 0


@pytest.mark.parametrize("kind", ["", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED "])
def test_private_keys_are_masked_in_whatever_they_stand(kind: str) -> None:
    key = PEM.format(kind, *LINES)
    forms = {
        "plain": f"loaded\n{key}done\n",
        "JSON": json.dumps({"private_key": key, "id": 7}),
        "JSON in JSON": json.dumps({"log": json.dumps({"tls": key}) + "\n"}),
        "one JSON object a line": "".join(
            json.dumps({"log": f"{line}\n", "stream": "stderr"}) + "\n" for line in key.splitlines()
        ),
        "container lines": "".join(f"2026-11-20T23:03:30.123456789Z stderr F {line}\n" for line in key.splitlines()),
        "cut off": f"loaded\n{key}"[:170] + "\n2026/11/20 23:03:30 what follows stays\n",
    }
    for name, text in forms.items():
        masked, count = Redactor().data(text.encode())
        assert [line for line in LINES if line[:24].encode() in masked] == [], name
        assert count == 1, name
        assert Redactor().data(masked) == (masked, 0), name
        assert [shape_of(json.loads(line)) for line in masked.splitlines() if name.startswith(("JSON", "one"))] == [
            shape_of(json.loads(line)) for line in text.splitlines() if name.startswith(("JSON", "one"))
        ]
    assert b"what follows stays" in Redactor().data(forms["cut off"].encode())[0]


def test_configured_patterns_are_masked_whole_or_by_their_group() -> None:
    redactor = Redactor(["x-internal-[a-z]+: .*", "order=(?P<secret>[0-9]+)"])
    assert redactor.text("x-internal-user: 7") == (MASK, 1)
    assert redactor.text("order=123 ok") == (f"order={MASK} ok", 1)


def test_a_configured_pattern_that_reaches_over_json_leaves_its_structure() -> None:
    text = b'{"log":"x-internal-user: maya","nn":[-15,true,null,"b"],"c":"d"}'
    masked, count = Redactor(["x-internal-[a-z]+: .*"]).data(text)
    assert count == 1
    assert b"maya" not in masked
    assert types_of(json.loads(masked)) == [str, [int, bool, type(None), str], str]


def test_a_private_key_across_blocks_of_a_stream_is_masked_and_so_is_every_line() -> None:
    line = b"password=hunter2 and some more words\n"
    text = line * (BLOCK_BYTES // len(line)) + PEM.format("", *LINES).encode() + line * (BLOCK_BYTES // len(line))
    sink = io.BytesIO()
    assert Redactor().stream(io.BytesIO(text), sink) == 2 * (BLOCK_BYTES // len(line)) + 1
    assert [secret for secret in (b"hunter2", *(each.encode() for each in LINES)) if secret in sink.getvalue()] == []
    packed = io.BytesIO()
    Redactor().stream(io.BytesIO(gzip.compress(text, compresslevel=0)), packed)
    assert gzip.decompress(packed.getvalue()) == sink.getvalue()


@pytest.mark.parametrize(
    "worst", ["token=", "\\", 'password="', "eyJ", "a@", "://a:", "-----BEGIN PRIVATE KEY-----", "Cookie: a=b;", "token: Bearer "]
)
def test_the_time_grows_with_the_length_only(worst: str) -> None:
    def seconds(length: int) -> float:
        text = ('token=\\"' + worst * (length // len(worst))).encode()
        begun = time.process_time()
        Redactor().data(text)
        return time.process_time() - begun

    # Quadratic would be 64 times as long; the machine is shared.
    assert seconds(1 << 19) < 30 * max(min(seconds(1 << 16), seconds(1 << 16)), 0.005)


def test_a_secret_that_has_several_signs_counts_once() -> None:
    assert Redactor(["abc[0-9]+"]).text("Authorization: Bearer abc0123456") == (f"Authorization: Bearer {MASK}", 1)


FRAGMENTS = st.sampled_from(
    [
        *(
            "password",
            "token",
            "secret",
            "api_key",
            "Authorization",
            "Cookie",
            "pass",
            "=",
            ":",
            ": ",
            "\\",
            '"',
            "'",
            "\n",
            "\\n",
            " ",
            ",",
        ),
        *("hunter2", "maya@example.org", "Bearer ", "postgres://shop:", "@", "@db/", "[", "]", "{", "}", "%22", "%3D", "&", ";"),
        *(
            "-----BEGIN PRIVATE KEY-----",
            "-----END",
            "eyJhbGciOiJI.eyJzdWIi",
            "AKIAIOSFODNN7EXAMPLE",
            "[masked]",
            "**",
            "123456",
            "value",
            "`",
        ),
    ]
)
TEXTS = st.one_of(st.text(), st.lists(FRAGMENTS, max_size=14).map("".join))
VALUES = st.recursive(
    st.one_of(TEXTS, st.integers(), st.booleans(), st.none()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.one_of(st.sampled_from(["password", "token", "name", "value", "log", "Cookie"]), TEXTS), inner, max_size=3
        ),
        inner.map(json.dumps),
    ),
    max_leaves=6,
)


@given(TEXTS)
def test_masking_twice_changes_nothing_more(text: str) -> None:
    once, _ = Redactor().text(text)
    assert Redactor().text(once) == (once, 0)
    data, _ = Redactor().data(text.encode("utf-8", "surrogatepass"))
    assert Redactor().data(data) == (data, 0)


@given(VALUES, st.booleans(), st.sampled_from([None, 1]))
def test_json_stays_json_of_the_same_shape(value: object, ascii_only: bool, indent: int | None) -> None:  # noqa: FBT001  # drawn
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    masked, _ = Redactor().data(text.encode("utf-8", "surrogatepass"))
    assert types_of(json.loads(masked.decode("utf-8", "replace"))) == types_of(value)


def types_of(value: Any) -> Any:  # noqa: ANN401  # whatever JSON holds
    """Like `shape_of`, for names that may hold secrets themselves."""
    if isinstance(value, dict):
        return [types_of(each) for each in value.values()]
    return [types_of(each) for each in value] if isinstance(value, list) else type(value)
