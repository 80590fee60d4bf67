"""Requests that `portal.yaml` describes: filled with whose record it is, sent under one key, and their answers compared.

Must never send a request that does not say whose record it is about, nor take an answer about another one for ours (D11).
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Literal
from urllib.parse import quote

from pydantic import Field, JsonValue

from portal.adapters.contract import AdapterError, Json, Place
from portal.adapters.remote import JSON, Limits, Remote, Sent
from portal.config.parts import Line, Part

WORD = re.compile(r"\{([a-z_]+)\}")
WHOSE = ("key", "stored", "idempotency_key")
OF_RECORD = ("key", "kind", "stored", "idempotency_key")
OF_ERASURE = (*OF_RECORD, "collections")
OF_CHOICE = (*OF_RECORD, "purpose", "channel", "topic", "allowed", "sequence", "at", "frequency", "topics", "paused_until")
ANOTHER = "The system answers about another record than it was asked about. A person has to look there."
UNCONFIRMED = "The system does not confirm what it was asked to do."

Words = Mapping[str, Json]


class RequestSettings(Part):
    """One request below `url`. `{key}`, `{kind}`, `{stored}`, `{idempotency_key}` stand for the record; a text that is nothing but
    one of them keeps its type.
    """

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "POST"
    path: Line = Field(description="Below `url`; what is filled in is percent-encoded")
    body: JsonValue = Field(None, description="Sent as JSON; without it, no body")
    echo: dict[str, Line] = Field(
        default_factory=dict,
        description="Fields of the answer (`a.b`) that must repeat this: `{key}`; else it is about another record",
    )
    expect: dict[str, JsonValue] = Field(default_factory=dict, description="Fields of the answer that must hold this value")


def check_request(place: Place, request: RequestSettings, allowed: Collection[str], *path: str) -> None:
    """Raise `DocumentError` for an unknown word, or a request that does not say whose record it is about."""
    used = set(_words_in([request.path, request.body]))
    for word in sorted((used | set(_words_in(list(request.echo.values())))) - set(allowed)):
        known = ", ".join(f"{{{one}}}" for one in allowed)
        raise place.error("settings", *path, problem=f"`{{{word}}}` is not known here.", remedy=f"Known are {known}.")
    if not used & set(WHOSE):
        problem = "The request does not say whose record it is about."
        raise place.error("settings", *path, problem=problem, remedy="Write `{key}` or `{stored}` into `path` or `body`.")


def uses(request: RequestSettings, word: str) -> bool:
    """Whether a word is sent."""
    return word in _words_in([request.path, request.body])


def send(
    remote: Remote, request: RequestSettings, words: Words, limits: Limits, *, key: str, key_header: str, good: Collection[int]
) -> Sent:
    """Send it and compare its answer: one without content repeats and confirms nothing. Raises `TryLater` or `AdapterError`."""
    path = WORD.sub(lambda found: quote(_text(words[found[1]]), safe=""), request.path)
    body = _filled(request.body, words)
    sent = remote.send(request.method, path, limits, json=body, headers={key_header: key}, good=good)
    if sent.status == 204 and (request.echo or request.expect):
        raise AdapterError(UNCONFIRMED)
    if sent.status in (200, 202):
        _compare(sent, request, words)
    return sent


def field_of(sent: Sent, path: str) -> JsonValue:
    """What stands at `a.b` of an answer; None where nothing does. Raises `AdapterError` where it is no JSON."""
    value = _plain(sent)
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _compare(sent: Sent, request: RequestSettings, words: Words) -> None:
    for path, template in request.echo.items():
        if field_of(sent, path) != _filled(template, words):
            raise AdapterError(ANOTHER)
    for path, wanted in request.expect.items() if sent.status == 200 else ():
        value = field_of(sent, path)
        if value != wanted or type(value) is not type(wanted):
            raise AdapterError(UNCONFIRMED)


def _plain(sent: Sent) -> JsonValue:
    if sent.media != JSON:
        raise AdapterError(f"The system answers with something else than {JSON}.")
    plain: JsonValue = None
    understood = True
    try:
        plain = json.loads(sent.body)
    except (ValueError, RecursionError):
        understood = False
    # Outside of the handler: the error of a parser holds what it read.
    if not understood:
        raise AdapterError("The system answers with something that is not JSON.")
    return plain


def _filled(template: JsonValue, words: Words) -> JsonValue:
    match template:
        case str():
            if whole := WORD.fullmatch(template):
                return words[whole[1]]
            return WORD.sub(lambda found: _text(words[found[1]]), template)
        case list():
            return [_filled(one, words) for one in template]
        case dict():
            return {name: _filled(one, words) for name, one in template.items()}
        case _:
            return template


def _words_in(template: object) -> Iterator[str]:
    match template:
        case str():
            yield from WORD.findall(template)
        case list():
            for one in template:
                yield from _words_in(one)
        case dict():
            yield from _words_in(list(template.values()))


def _text(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value)
