from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import ParseError
from bot.model.goroutines import MEMBERS_KEPT, Frame, GoroutineDump
from bot.parse.dump import DEBUG2_LIMIT_BYTES, parse_debug1, parse_dump

RECORDED = Path(__file__).parents[1] / "goservices" / "recorded"
DUMPS = sorted(RECORDED.glob("*/*/goroutine.txt"))
PROFILES = sorted([*RECORDED.glob("*/*/goroutine.debug1.txt"), *RECORDED.glob("*/*/goroutineleak.txt")])


def dump_of(text: str | bytes) -> GoroutineDump:
    return parse_dump(io.BytesIO(text.encode() if isinstance(text, str) else text))


def goroutine(number: int, *, state: str = "chan send", function: str = "main.send", line: int = 7) -> str:
    return (
        f"goroutine {number} [{state}]:\n{function}(0xc000{number:04x}, 0x1)\n\t/src/a.go:{line} +0x1d\n"
        f"created by main.main in goroutine 1\n\t/src/main.go:4 +0x2f\n"
    )


def name(path: Path) -> str:
    return "/".join(path.parts[-3:])


@pytest.mark.parametrize("path", DUMPS, ids=name)
def test_recorded_dumps_lose_no_goroutine(path: Path) -> None:
    headers = len(re.findall(rb"^goroutine \d+ ", path.read_bytes(), re.MULTILINE))
    with path.open("rb") as stream:
        dump = parse_dump(stream)
    assert dump.seen == dump.parsed == headers == sum(group.count for group in dump.groups)
    assert not dump.truncated
    assert not dump.problems
    assert all(group.stack and group.state for group in dump.groups)
    assert all(group.created_by or group.stack[-1].function == "main.main" for group in dump.groups)
    assert all(len(member.args) == len(group.stack) for group in dump.groups for member in group.members)


@pytest.mark.parametrize("path", PROFILES, ids=name)
def test_recorded_profiles_add_up(path: Path) -> None:
    with path.open("rb") as stream:
        dump = parse_debug1(stream)
    assert dump.seen == dump.parsed == sum(group.count for group in dump.groups)
    assert not dump.problems
    assert dump.leak_profile == ("leak.txt" in path.name)
    assert all(frame.file and frame.line for group in dump.groups for frame in group.stack)


def test_a_recorded_leak_is_one_group_in_both_forms() -> None:
    directory = RECORDED / "go1.27" / "leak-chan-send"
    with (directory / "goroutine.txt").open("rb") as stream:
        full = parse_dump(stream).groups[0]
    with (directory / "goroutine.debug1.txt").open("rb") as stream:
        counted = parse_debug1(stream).groups[0]
    assert full.state == "chan send"
    assert (full.count, full.stack) == (counted.count, counted.stack)


def test_arguments_and_ids_do_not_tell_goroutines_apart_but_states_do() -> None:
    text = "\n".join([goroutine(n) for n in range(18, 21)] + [goroutine(30, state="running"), goroutine(31, line=8)])
    dump = dump_of(text)
    assert [(group.state, group.count, group.stack[0].line) for group in dump.groups] == [
        ("chan send", 3, 7),
        ("running", 1, 7),
        ("chan send", 1, 8),
    ]
    assert [member.id for member in dump.groups[0].members] == [18, 19, 20]
    assert dump.groups[0].members[1].args == ("0xc0000013, 0x1",)
    assert dump.groups[0].locator == "lines 1-5"
    assert dump.groups[2].locator == "lines 25-29"
    assert dump.groups[0].excerpt.startswith("goroutine 18 [chan send]:\nmain.send(")


def test_minutes_leaks_threads_and_labels_are_counted() -> None:
    states = ["chan send, 4 minutes", "chan send, 4 minutes, locked to thread", "chan send, 11 minutes", "chan send (leaked)"]
    texts = [goroutine(n + 2, state=state) for n, state in enumerate(states)]
    texts.append(goroutine(9).replace("]:", '] {tenant: acme, path: "/a b"}:', 1))
    texts.append(goroutine(10).replace("]:", ' labels:{"tenant": "acme", "path": "/a b"}]:', 1))
    (group,) = dump_of("\n".join(texts)).groups
    assert (group.count, group.leaked_count, group.locked_count) == (6, 1, 1)
    assert group.minutes == ((4, 2), (11, 1))
    assert group.labels == (("tenant=acme,path=/a b", 2),)


def test_only_the_first_of_a_large_group_are_kept_one_by_one_but_every_address_counts() -> None:
    number = MEMBERS_KEPT + 50
    texts = [
        f"goroutine {n} [sync.Mutex.Lock]:\ninternal/sync.runtime_SemacquireMutex(0x0?, 0x0?, 0x0?)\n\truntime/sema.go:95 +0x25\n"
        f"internal/sync.(*Mutex).lockSlow(0xc00000{n % 2})\n\tinternal/sync/mutex.go:149 +0x15a\n"
        f"main.(*Pool).get(0xc00{n})\n\t/src/pool.go:17 +0x45\ncreated by main.main in goroutine 1\n\t/src/main.go:27 +0x136\n"
        for n in range(1, number + 1)
    ]
    (group,) = dump_of("\n".join(texts)).groups
    assert (group.count, len(group.members)) == (number, MEMBERS_KEPT)
    assert dict(group.addresses) == {"0xc000000": number // 2, "0xc000001": number // 2}


def test_an_address_that_may_be_stale_is_not_taken_for_the_lock() -> None:
    (group,) = dump_of(
        "goroutine 5 [sync.RWMutex.RLock]:\nsync.runtime_SemacquireRWMutexR(0xc0001?, 0x0?, 0x0?)\n\truntime/sema.go:100 +0x25\n"
        "sync.(*RWMutex).RLock(0xc0002?)\n\tsync/rwmutex.go:74 +0x1\n"
        "created by main.main in goroutine 1\n\t/src/main.go:28 +0x17c\n"
    ).groups
    assert group.addresses == ()


def test_generated_functions_share_a_file_line_but_not_a_group() -> None:
    texts = [
        f"goroutine {n} [select]:\nmain.wait(0x{n})\n\t/src/w.go:3 +0x1\nmain.{method}(0x{n})\n\t<autogenerated>:1 +0x1b\n"
        f"created by main.main in goroutine 1\n\t/src/main.go:28 +0x17c\n"
        for n, method in enumerate(["(*A).Run", "(*B).Run", "(*A).Run"], start=1)
    ]
    groups = dump_of("\n".join(texts)).groups
    assert [(group.count, group.stack[1].function) for group in groups] == [(2, "main.(*A).Run"), (1, "main.(*B).Run")]


def test_addresses_of_frames_do_not_tell_stacks_apart() -> None:
    texts = [
        f"goroutine {n} gp=0x{n} m=nil [select]:\n"
        f"runtime.gopark(0x{n}?)\n\truntime/proc.go:474 +0xca fp=0x{n}8 sp=0x{n}0 pc=0x47daaa\n"
        f"created by main.main in goroutine {n}\n\t/src/main.go:28 +0x17c\n"
        for n in range(1, 6)
    ]
    (group,) = dump_of("\n".join(texts)).groups
    assert group.count == 5


def test_elided_stacks_group_and_say_so() -> None:
    texts = [
        f"goroutine {n} [select]:\nmain.deep(0x{n})\n\t/src/a.go:7 +0x1d\n...51 frames elided...\n"
        f"main.run(0x{n})\n\t/src/a.go:9 +0x1d\n"
        f"created by main.main in goroutine 1\n\t/src/main.go:28 +0x17c\n"
        for n in range(1, 4)
    ]
    (group,) = dump_of("\n".join(texts)).groups
    assert (group.count, group.elided, len(group.stack)) == (3, 51, 2)
    assert [member.args for member in group.members] == [("0x1", "0x1"), ("0x2", "0x2"), ("0x3", "0x3")]


def test_log_lines_between_frames_are_passed_over() -> None:
    clean = goroutine(7)
    noisy = clean.replace("\ncreated", "\n2026/11/20 23:03:37 handled\ncreated")
    (group,) = dump_of(clean + "\n" + noisy.replace("goroutine 7", "goroutine 8")).groups
    assert group.count == 2


@pytest.mark.parametrize("change", [lambda text: text.replace("\n\n", "\n"), lambda text: text.replace("\n", "\r\n")])
def test_lost_blank_lines_and_crlf_lose_no_goroutine(change: object) -> None:
    assert callable(change)
    dump = dump_of(str(change("\n".join(goroutine(n) for n in range(1, 50)))))
    assert (dump.seen, dump.parsed, len(dump.groups)) == (49, 49, 1)


def test_words_before_the_first_goroutine_do_no_harm() -> None:
    assert dump_of("HTTP/1.1 200 OK\nContent-Type: text/plain\n\n" + goroutine(1)).parsed == 1


def test_a_header_that_cannot_be_read_is_counted_and_said() -> None:
    dump = dump_of(goroutine(1) + "\ngoroutine 2 what is this\nmain.f()\n\t/src/f.go:1 +0x1\n\n" + goroutine(3))
    assert (dump.seen, dump.parsed) == (3, 2)
    assert "1 of 3" in dump.problems[0]


@pytest.mark.parametrize("cut", [10, 40, 60, 75])
def test_a_cut_dump_says_so(cut: int) -> None:
    dump = dump_of(goroutine(1) + "\n" + goroutine(2)[:-cut])
    assert dump.truncated
    assert "cut off" in dump.problems[0]
    assert dump.seen == 2


def test_a_dump_of_64_mib_was_cut_by_go() -> None:
    one = goroutine(1).replace("0x1)", "0x1, " * 400 + "0x1)").encode() + b"\n"
    content = one * (DEBUG2_LIMIT_BYTES // len(one))
    dump = dump_of(content + one[: DEBUG2_LIMIT_BYTES - len(content)])
    assert dump.truncated
    assert "64 MiB" in dump.problems[0]
    assert not dump_of(content).truncated
    assert len(dump.groups) <= 2


@pytest.mark.parametrize("text", ["", "nothing of the kind", "goroutine profile: total 3\n"])
def test_text_without_goroutines_is_refused(text: str) -> None:
    with pytest.raises(ParseError, match="goroutine"):
        dump_of(text)


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    for parse in (parse_dump, parse_debug1):
        for prefix in (b"", b"goroutine 1 [running]:\n", b"goroutine profile: total 3\n1 @ 0x1\n"):
            try:
                dump = parse(io.BytesIO(prefix + content))
            except ParseError:
                continue
            assert dump.parsed == sum(group.count for group in dump.groups)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=60), st.integers(0, 200))
def test_grouping_counts_every_goroutine_wherever_the_text_is_cut(kinds: list[int], cut: int) -> None:
    text = "\n".join(goroutine(n, function=f"main.f{kind}", line=kind + 1) for n, kind in enumerate(kinds, start=1))
    whole = dump_of(text)
    counts = {f"main.f{kind}": kinds.count(kind) for kind in kinds}
    assert {group.stack[0].function: group.count for group in whole.groups} == counts
    shortened = text[: max(len(text) - cut, 30)]
    assert dump_of(shortened).seen == len(re.findall(r"^goroutine \d", shortened, re.MULTILINE))


def test_goroutines_without_frames_in_a_profile_and_unknown_addresses() -> None:
    text = b"goroutine profile: total 2\n1 @ 0x1 0x2\n#\t0x1\n#\t0x2\tmain.f+0x1d\t\t/src/f.go:3\n\n1 @ 0x3\n"
    dump = parse_debug1(io.BytesIO(text))
    assert {group.stack for group in dump.groups} == {(Frame("0x1"), Frame("main.f", "/src/f.go", 3)), ()}


def test_records_that_differ_in_labels_only_are_one_group() -> None:
    frame = "#\t0x1\tmain.(*T[...]).run.func1+0x1d\t\t/src/f.go:3\n"
    dump = parse_debug1(
        io.BytesIO(
            f'goroutineleak profile: total 9\n5 @ 0x1\n# labels: {{"k":"a, b"}}\n{frame}\n'
            f'3 @ 0x1\n# labels: {{"k":"c"}}\n{frame}\n'
            f"1 @ 0x1\n{frame}".encode()
        )
    )
    (group,) = dump.groups
    assert (group.count, group.leaked_count, group.labels) == (9, 9, (("k=a, b", 5), ("k=c", 3)))
    assert dump.leak_profile


def test_a_cut_profile_says_so() -> None:
    dump = parse_debug1(io.BytesIO(b"goroutine profile: total 9\n5 @ 0x1\n#\t0x1\tmain.f+0x1d\t\t/src/f.go:3\n"))
    assert (dump.seen, dump.parsed, dump.truncated) == (9, 5, True)
    assert "add up to 5" in dump.problems[0]


@pytest.mark.parametrize("outermost", ["example.com/shop/tax.init", "example.com/shop/tax.init.0", "main.init.1"])
def test_a_stack_that_ends_in_the_initialisation_of_a_package_is_whole(outermost: str) -> None:
    text = f"goroutine 1 [running]:\nexample.com/shop/tax.parse()\n\t/src/tax.go:36 +0x1\n{outermost}()\n\t/src/tax.go:17 +0x25\n"
    assert not parse_dump(io.BytesIO(text.encode())).truncated


def test_a_method_named_init_does_not_end_a_stack() -> None:
    text = "goroutine 1 [running]:\nexample.com/shop/tax.(*Rates).init()\n\t/src/tax.go:17 +0x25\n"
    assert parse_dump(io.BytesIO(text.encode())).truncated
