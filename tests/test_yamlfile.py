from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import ConfigError
from bot.model.units import ByteSize, Duration
from bot.yamlfile import Document, load, parse, read, structure


class Colour(StrEnum):
    RED = "red"
    GREEN = "green"


@dataclass(frozen=True, slots=True)
class Leaf:
    name: str
    colour: Colour = Colour.RED
    ratio: float = 0.0
    on: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    leaves: tuple[Leaf, ...] = ()
    by_name: Mapping[str, Leaf] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    age: Duration | None = None
    size: ByteSize | None = None
    note: str | None = None
    wait: Duration | None = None
    raises: int = 0
    best: Leaf | None = None

    def __post_init__(self) -> None:
        if self.raises < 0:
            raise ConfigError(["a count is never negative"])


def tree(text: str, env: Mapping[str, str] | None = None) -> Tree:
    return structure(parse(text, "t.yaml", env=env), Tree, rename={"raises": "raise"})


def problems(text: str, env: Mapping[str, str] | None = None) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        tree(text, env)
    return caught.value.problems


def test_every_type_of_field() -> None:
    text = """
leaves: [{name: a, colour: green, ratio: 1}, {name: "7", on: true}]
by_name: {b: {name: b, ratio: .5}}
words: alone
age: 1h30m
size: 256MB
note: null
wait: 250ms
raise: 3
best: {name: best}
"""
    assert tree(text) == Tree(
        leaves=(Leaf("a", Colour.GREEN, 1.0), Leaf("7", on=True)),
        by_name={"b": Leaf("b", ratio=0.5)},
        words=("alone",),
        age=Duration(5400),
        size=ByteSize(256_000_000),
        wait=Duration(0.25),
        raises=3,
        best=Leaf("best"),
    )


def test_words_mean_what_yaml_1_2_says() -> None:
    assert tree("words: [no, on, 2026-11-20, 1:30, 1_000]").words == ("no", "on", "2026-11-20", "1:30", "1_000")
    assert parse("[0x10, 1e3, -2, +.5, ~, True]").data == [16, 1000.0, -2, 0.5, None, True]


def test_all_problems_at_once_with_lines() -> None:
    text = """leaves:
  - name: 7
    colur: red
  - colour: grean
    ratio: "1"
    on: 1
by_name:
  b: nothing
words: [1, {}]
age: 60
size: big
raise: 1.5
"""
    assert problems(text) == (
        "t.yaml:2: leaves[0].name: expected text, got `7`, put it in quotes",
        "t.yaml:3: leaves[0].colur: unknown key, did you mean `colour`?",
        "t.yaml:4: leaves[1].colour: expected one of red, green, got `grean`, did you mean `green`?",
        "t.yaml:4: leaves[1].name: is missing",
        "t.yaml:5: leaves[1].ratio: expected a number, got `1`",
        "t.yaml:6: leaves[1].on: expected true or false, got `1`",
        "t.yaml:8: by_name.b: expected a mapping of keys to values, got `nothing`",
        "t.yaml:9: words[0]: expected text, got `1`, put it in quotes",
        "t.yaml:9: words[1]: expected text, got a mapping",
        "t.yaml:10: age: expected a value with its unit such as 60s, got `60`",
        "t.yaml:11: size: write a size such as 500KB, 256MB or 5GB, not `big`",
        "t.yaml:12: raise: expected a whole number, got `1.5`",
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "t.yaml:1: expected a mapping of keys to values, got nothing"),
        ("- a", "t.yaml:1: expected a mapping of keys to values, got a list"),
        ("raise: -1", "t.yaml:1: a count is never negative"),
        ("raise: true", "t.yaml:1: raise: expected a whole number, got true"),
        ("raises: 1", "t.yaml:1: raises: unknown key, did you mean `raise`?"),
        ("words: null", "t.yaml:1: words: expected a list, got nothing"),
        ("leaves: a", "t.yaml:1: leaves: expected a list, got `a`"),
        ("note: a\nnote: b", "t.yaml:1: note: is given twice, again on line 2"),
        ("note: !!python/name:os.system", "t.yaml:1: note: the tag `tag:yaml.org,2002:python/name:os.system` is not understood"),
        ("words: &a [*a]", "t.yaml:1: words[0]: an alias may not hold itself"),
        ("? [a]\n: b", "t.yaml:1: a key must be a plain word"),
        ("a: b: c", "t.yaml:1: is not YAML"),
        ("a: [b", "is not YAML"),
        ("note: 'a\x00b'", "t.yaml:1: is not YAML"),
        ("a: 1\n---\nb: 2", "is not YAML"),
    ],
)
def test_one_problem(text: str, expected: str) -> None:
    found = problems(text)
    assert len(found) == 1
    assert expected in found[0]


def test_aliases_are_read() -> None:
    assert tree("leaves: [&one {name: a}, *one]").leaves == (Leaf("a"), Leaf("a"))


def test_environment_fills_values() -> None:
    assert tree('note: "Bearer ${TOKEN}!"', {"TOKEN": "s3cret"}).note == "Bearer s3cret!"
    assert tree("age: ${AGE}", {"AGE": "2m"}).age == 120.0
    assert tree("note: ${TOKEN}").note == "${TOKEN}"
    assert type(tree("note: ${TOKEN}", {"TOKEN": "x"}).note) is str


def test_every_missing_variable_is_named_with_its_line() -> None:
    assert problems("note: ${A}\nwords:\n  - ${B} ${HOME}\n", {"HOME": "h"}) == (
        "t.yaml:1: note: the environment variable A is not set",
        "t.yaml:3: words[0]: the environment variable B is not set",
    )


@pytest.mark.parametrize("key", ["age", "size", "raise", "best", "wait"])
def test_a_secret_is_never_shown(key: str) -> None:
    found = problems(f"{key}: ${{TOKEN}}", {"TOKEN": "s3cret"})
    assert len(found) == 1
    assert "s3cret" not in found[0]


def test_a_secret_as_enumeration_is_never_shown() -> None:
    assert "redd" not in problems("best: {name: a, colour: '${TOKEN}'}", {"TOKEN": "redd"})[0]


def test_files(tmp_path: Path) -> None:
    path = tmp_path / "tree.yaml"
    path.write_bytes(b"\xef\xbb\xbfnote: \xc3\xa4\r\nraise: 2\r\n")
    assert load(path, Tree, rename={"raises": "raise"}) == Tree(note="ä", raises=2)
    path.write_bytes(b"note: \xff")
    with pytest.raises(ConfigError, match=r"tree.yaml:1: is not UTF-8 text"):
        read(path)
    with pytest.raises(ConfigError, match=r"absent.yaml:1: cannot be read: No such file"):
        read(tmp_path / "absent.yaml")
    with pytest.raises(ConfigError, match="Is a directory"):
        read(tmp_path)


def test_a_path_that_does_not_exist_takes_the_line_of_its_holder() -> None:
    document = parse("a:\n  b: [1]\n", "d.yaml")
    assert document.problem(("a", "b", 4, "c"), "is odd") == "d.yaml:2: a.b[4].c: is odd"
    assert document.problem(("x",), "is odd") == "d.yaml:1: x: is odd"
    assert document.line(()) == 1


_PRINTABLE = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cf", "Cn", "Zl", "Zp"]))
_PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | _PRINTABLE,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_PRINTABLE, inner, max_size=3),
    max_leaves=8,
)


@given(_PLAIN)
def test_json_is_read_back(data: object) -> None:
    assert parse(json.dumps({"data": data}, ensure_ascii=False)).data == {"data": data}


@given(st.text())
def test_any_text_gives_data_or_a_config_error(text: str) -> None:
    with contextlib.suppress(ConfigError):
        assert isinstance(parse(text), Document)
