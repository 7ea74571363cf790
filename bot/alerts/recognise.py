"""Which service an alert is about: by label first, then by the service's name or configured words in its text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.model.alert import Alert


@dataclass(frozen=True, slots=True)
class Signs:
    """How alerts of one service are recognised: values of labels, and words in the text (besides the service's own name)."""

    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    text: str = ""


def recognise(alert: Alert, services: Mapping[str, Signs]) -> tuple[str, ...]:
    """Return the services an alert may be about: exactly one when it is clear, several when it is not, none when unknown.

    A label decides alone. In the text the longest name wins where one contains the other (`checkout-api` over `checkout`).
    """
    by_label = tuple(name for name, signs in services.items() if _label_matches(alert, name, signs))
    if by_label:
        return by_label
    found = {name: hits for name, signs in services.items() if (hits := _text_matches(alert.text, name, signs))}
    return tuple(name for name, spans in found.items() if any(not _inside_another(span, name, found) for span in spans))


def _label_matches(alert: Alert, name: str, signs: Signs) -> bool:
    # Products write label names their own way: `service` of Prometheus is the field `Service` of PagerDuty.
    said = {label.casefold(): value.casefold() for label, value in alert.labels.items()}
    accepted = {"service": (name,), **signs.labels}
    return any(said.get(label.casefold(), "") in {value.casefold() for value in values} for label, values in accepted.items())


def _text_matches(text: str, name: str, signs: Signs) -> list[tuple[int, int]]:
    wanted = {name, signs.text} - {""}
    # A name is a whole word: `cart` is not in `cartography`, but it is in `shop/cart:8080`.
    return [match.span() for word in wanted for match in re.finditer(rf"(?<![\w]){re.escape(word)}(?![\w])", text, re.IGNORECASE)]


def _inside_another(span: tuple[int, int], name: str, found: Mapping[str, list[tuple[int, int]]]) -> bool:
    start, end = span
    return any(
        other_start <= start and end <= other_end and other_end - other_start > end - start
        for other, spans in found.items()
        if other != name
        for other_start, other_end in spans
    )
