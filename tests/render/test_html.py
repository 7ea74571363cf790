from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

from bot.model.diagnosis import Culprit, Diagnosis, Proof
from bot.model.message import Figure
from bot.render.html import html

EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'"


class Tags(HTMLParser):
    """Counts the tags of a page, keeps its text and every address it would load or follow."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.addresses: list[str] = []
        self.words: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in {"src", "href"}]
        if tag not in {"meta", "img", "br", "hr", "link"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_the_page_says_it_all_and_stands_alone(leak: Diagnosis) -> None:
    figure = Figure(title="Goroutines", alt_text="412 of 820 goroutines stand in one place.", png=b"\x89PNG")
    page = Tags(html(leak, figures=[figure]))
    text = " ".join("".join(page.words).split())
    for part in (
        leak.verdict, "example.com/shop.(*Pool).fetch", "/src/shop/pool.go:88", "created by example.com/shop.(*Pool).fetch",
        "on 2 of 3 instances", "INC-3", "nginx answered 502", "Mitigation", "holds 412 MB", "no answer within 10 s",
        "revision: 4ac1d20 → 9f3e771", "cost: 3 ms frozen, 81 KB, 842 ms", figure.alt_text,
    ):  # fmt: skip
        assert part in text
    assert page.open == []
    assert not {"script", "link", "iframe"} & set(page.seen)
    assert [address[:22] for address in page.addresses] == [
        "https://acme.slack.com",
        "data:image/png;base64,",
        "https://go.dev/ref/mem",
    ]


def test_code_in_a_step_is_code(leak: Diagnosis) -> None:
    assert "<code>ctx.Done()</code>" in html(leak)


def test_nothing_found(healthy: Diagnosis) -> None:
    page = Tags(html(healthy))
    assert "Nothing wrong found" in "".join(page.words)
    assert "Next steps" not in "".join(page.words)


def test_outside_text_is_shown_not_used(leak: Diagnosis) -> None:
    first = replace(
        leak.findings[0],
        title=EVIL,
        summary=EVIL,
        culprit=Culprit(EVIL, EVIL, 1),
        proofs=(Proof(EVIL, EVIL, EVIL, EVIL),),
        next_steps=(f"`{EVIL}`", EVIL),
        instances=(EVIL,),
    )
    evil = replace(
        leak,
        service=EVIL,
        verdict=EVIL,
        findings=(replace(first, symptoms=(first,)), first),
        problems=(EVIL,),
        runbooks={first.fingerprint: f"# {EVIL}\n\n[x](javascript:alert(1)) ![y](http://evil.example/p.png)\n\n{EVIL}"},
    )
    page = Tags(html(evil, figures=[Figure(title=EVIL, alt_text=EVIL, png=b"")]))
    assert page.open == []
    assert "script" not in page.seen
    assert page.seen.count("img") == 1
    assert page.addresses == [
        "https://acme.slack.com/archives/C0SHOP/p1790847000000100",
        "data:image/png;base64,",
        "http://evil.example/p.png",
        "https://acme.slack.com/archives/C0SHOP/p1790847000000100",
    ]  # a picture becomes a link: nothing is loaded
