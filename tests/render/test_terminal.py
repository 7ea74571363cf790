from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace

from rich.console import Console

from bot.model.diagnosis import Culprit, Diagnosis, Proof
from bot.render.terminal import print_diagnosis


def shown(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_whole_output(leak: Diagnosis, plain_console: Console, golden: Callable[[str, str], None]) -> None:
    print_diagnosis(leak, plain_console)
    golden("leak.txt", shown(plain_console))


def test_first_line_is_the_answer_and_last_line_the_cost(leak: Diagnosis, plain_console: Console) -> None:
    print_diagnosis(leak, plain_console)
    lines = shown(plain_console).splitlines()
    assert lines[0] == "HIGH  412 goroutines are stuck sending in shop.(*Pool).fetch (pool.go:88)"
    assert lines[-1] == "cost: 3 ms frozen, 81 KB, 842 ms"
    assert "\x1b" not in shown(plain_console)


def test_a_long_answer_stays_one_line(leak: Diagnosis, plain_console: Console) -> None:
    verdict = "412 goroutines are stuck sending in example.com/shop/internal/checkout/worker.(*Pool).fetch (pool.go:88)"
    print_diagnosis(replace(leak, verdict=verdict), plain_console)
    assert shown(plain_console).splitlines()[0] == f"HIGH  {verdict}"


def test_nothing_found(healthy: Diagnosis, plain_console: Console) -> None:
    print_diagnosis(healthy, plain_console)
    assert shown(plain_console) == (
        "Nothing wrong found in goroutine, heap and metrics of 1 instance\n\ncost: 0 ms frozen, 512 B, 400 ms\n"
    )


def test_prose_is_wrapped_but_commands_are_not(leak: Diagnosis, plain_console: Console) -> None:
    print_diagnosis(leak, plain_console)
    text = shown(plain_console)
    assert "     `kubectl -n shop delete pod -l app=checkout --field-selector status.podIP=10.0.3.7`\n" in text
    steps = text[text.index("Next steps") : text.index("This explains")]
    assert all(len(line) <= 80 for line in steps.splitlines() if "kubectl" not in line)


def test_commands_of_the_runbook_are_not_broken_on_a_terminal(leak: Diagnosis) -> None:
    console = Console(file=io.StringIO(), width=80, force_terminal=True, color_system=None)
    print_diagnosis(leak, console)
    assert "curl -s 'http://10.0.3.7:6060/debug/pprof/goroutine?debug=1' | grep -A6 'shop.(\\*Pool).fetch'\n" in shown(console)
    assert "```" not in shown(console)
    assert "## Meaning" not in shown(console)


def test_outside_text_is_neither_markup_nor_control_codes(leak: Diagnosis) -> None:
    evil = "[bold]x[/nope] :smile: \x1b[2J\x1b]0;owned\x07"
    first = replace(
        leak.findings[0],
        culprit=Culprit(evil, evil, 3),
        proofs=(Proof("goroutine", evil, evil, evil),),
        next_steps=(evil,),
        title=evil,
    )
    console = Console(file=io.StringIO(), width=300, force_terminal=True, color_system=None)
    print_diagnosis(
        replace(leak, verdict=evil, findings=(first, first), problems=(evil,), runbooks={first.fingerprint: evil}), console
    )
    text = shown(console)
    assert "[bold]x[/nope] :smile:" in text.splitlines()[0]
    assert "\x1b[2J" not in text
    assert "\x1b]" not in text
    assert "\x07" not in text
    assert "😄" not in text


def test_long_proof_says_how_much_is_left_out(leak: Diagnosis, plain_console: Console) -> None:
    proofs = tuple(Proof("goroutine", "a", f"record {number}", "line\n" * 40) for number in range(5))
    print_diagnosis(replace(leak, findings=(replace(leak.findings[0], proofs=proofs),)), plain_console)
    text = shown(plain_console)
    assert "… 28 more lines (--format json shows all)" in text
    assert "… 2 more pieces of evidence (--format json shows all)" in text
