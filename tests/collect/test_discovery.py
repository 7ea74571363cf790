"""Instances looked up by name, in Prometheus and in Kubernetes, against strict local servers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from apis import TOKEN, Kubernetes, Prometheus, answering, pod
from hypothesis import given
from hypothesis import strategies as st
from misbehaving import Misbehaving, always, http_answer

from bot.collect.api import Api
from bot.collect.discovery import DnsFinder, PrometheusFinder
from bot.collect.kubernetes import KubernetesFinder, Pods
from bot.errors import CollectError
from bot.model.access import Access, Limits

Serve = Callable[..., Misbehaving]
QUERY = 'up{job="checkout"}'


def api(server: Misbehaving, name: str = "Prometheus", bearer: str = "") -> Api:
    return Api(name, server.url, Access(bearer=bearer), Limits(deadline_seconds=5))


def pods(server: Misbehaving, bearer: str = TOKEN, selector: str = "app=checkout") -> Pods:
    return Pods(api(server, "Kubernetes", bearer), "shop", selector)


def test_every_address_of_a_name_is_an_instance() -> None:
    found = DnsFinder(service="checkout", name="127.0.0.1", port=6060).find()
    assert [(target.service, target.instance, target.url) for target in found] == [
        ("checkout", "127.0.0.1:6060", "http://127.0.0.1:6060")
    ]


def test_a_name_that_is_not_known_is_one_sentence() -> None:
    with pytest.raises(CollectError, match=r"the name checkout\.invalid cannot be looked up"):
        DnsFinder(service="checkout", name="checkout.invalid", port=6060).find()


def test_series_of_prometheus_are_instances_with_the_port_of_pprof(serve: Serve) -> None:
    server = serve(answering(Prometheus(QUERY, ["10.0.3.8:8080", "10.0.3.7:8080", "[fd00::7]:8080", "10.0.3.7:8080"])))
    finder = PrometheusFinder(service="checkout", api=api(server), query=QUERY, port=6060, scheme="https")
    assert [target.url for target in finder.find()] == [
        "https://10.0.3.7:6060",
        "https://10.0.3.8:6060",
        "https://[fd00::7]:6060",
    ]


def test_without_a_port_that_of_the_series_is_taken(serve: Serve) -> None:
    server = serve(answering(Prometheus(QUERY, ["shop-1:6060", "shop-2"])))
    assert [target.instance for target in PrometheusFinder(service="a", api=api(server), query=QUERY).find()] == ["shop-1:6060"]


@pytest.mark.parametrize("label", ["u:p@10.0.3.7:80", "10.0.3.7:80/admin", "a b:80", "-x:80", "10.0.3.7:99999", "", "[::1:80"])
def test_a_label_that_is_no_address_is_never_asked(serve: Serve, label: str) -> None:
    server = serve(answering(Prometheus(QUERY, [label])))
    with pytest.raises(CollectError, match="Prometheus knows no instance"):
        PrometheusFinder(service="a", api=api(server), query=QUERY).find()


def test_a_refused_query_says_why(serve: Serve) -> None:
    server = serve(answering(Prometheus(QUERY, [])))
    with pytest.raises(CollectError, match=r"Prometheus: 400: .*invalid parameter"):
        PrometheusFinder(service="a", api=api(server), query="up{").find()


def test_running_pods_are_instances_by_their_name(serve: Serve) -> None:
    server = serve(
        answering(
            Kubernetes(
                [
                    pod("shop-b", ip="10.0.3.8"),
                    pod("shop-a", ip="10.0.3.7"),
                    pod("shop-c", phase="Pending"),
                    pod("job", phase="Failed"),
                ]
            )
        )
    )
    found = KubernetesFinder(service="checkout", pods=pods(server), port="pprof").find()
    assert [(target.instance, target.url) for target in found] == [
        ("shop-a", "http://10.0.3.7:6060"),
        ("shop-b", "http://10.0.3.8:6060"),
        ("shop-c", ""),
    ]
    numbered = KubernetesFinder(service="a", pods=pods(server), port=7070).find()
    assert numbered[0].url == "http://10.0.3.7:7070"


@pytest.mark.parametrize(
    ("bearer", "selector", "port", "reason"),
    [
        ("wrong", "app=checkout", 6060, "Kubernetes: 401: not allowed"),
        (TOKEN, "app=chekout", 6060, "finds no pod in shop by app=chekout"),
        (TOKEN, "app=checkout", "debug", "no pod of a has a port named debug"),
    ],
)
def test_why_there_are_no_pods_is_said(serve: Serve, bearer: str, selector: str, port: int | str, reason: str) -> None:
    server = serve(answering(Kubernetes([pod("shop-a", ip="10.0.3.7")])))
    with pytest.raises(CollectError, match=reason):
        KubernetesFinder(service="a", pods=pods(server, bearer, selector), port=port).find()


@pytest.mark.parametrize("body", [b"{", b"{}", b'{"data": []}', b'{"items": {}}', b"[]", b"<html>"])
def test_what_is_no_answer_is_a_reason(serve: Serve, body: bytes) -> None:
    server = serve(always(http_answer(body)))
    for finder in (
        PrometheusFinder(service="a", api=api(server), query=QUERY),
        KubernetesFinder(service="a", pods=pods(server), port=1),
    ):
        with pytest.raises(CollectError):
            finder.find()


@given(st.text(max_size=40))
def test_no_label_becomes_more_than_a_host_and_a_port(label: str) -> None:
    finder = PrometheusFinder(service="a", api=Api("Prometheus", "", Access(), Limits()), query=QUERY, port=6060)
    for target in finder._targets([label]):  # noqa: SLF001  # the property is about this step
        assert target.url.startswith("http://")
        assert target.url.endswith(":6060")
        assert not set("/?#@ ") & set(target.url.removeprefix("http://"))
