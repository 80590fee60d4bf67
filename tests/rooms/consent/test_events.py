"""What is sealed of an act is canonical JSON, byte for byte: receipts and old chains are checked against it for good."""

import json
from datetime import UTC

from hypothesis import given
from hypothesis import strategies as st

from portal.consent.events import Choice, Event, plain_of
from portal.consent.words import Act, Actor

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
MOMENTS = st.datetimes(timezones=st.just(UTC))
VALUES = st.one_of(TEXTS, st.integers(), st.booleans(), st.none())
EVENTS = st.builds(
    Event,
    person_id=st.just(1),
    sequence=st.just(1),
    choice=st.builds(Choice, TEXTS, TEXTS, TEXTS),
    act=st.sampled_from(Act),
    actor=st.sampled_from(Actor),
    collection_point=TEXTS,
    received_at=MOMENTS,
    salt=TEXTS,
    notice_hash=st.none() | st.binary(min_size=32, max_size=32),
    language=st.none() | TEXTS,
    evidence=st.none() | st.dictionaries(TEXTS, VALUES, max_size=3),
    acted_at=st.none() | MOMENTS,
    until=st.none() | MOMENTS,
    undoes=st.none() | st.integers(0, 9),
    frequency=st.none() | TEXTS,
    topics=st.none() | st.lists(TEXTS, max_size=3).map(tuple),
)


def text(moment):
    return None if moment is None else moment.isoformat(timespec="microseconds")


@given(EVENTS)
def test_the_text_of_an_act_is_json_with_sorted_names_and_without_spaces(event):
    said = {
        "shape": 1,
        "choice": {"purpose": event.choice.purpose, "channel": event.choice.channel, "topic": event.choice.topic},
        "act": str(event.act),
        "actor": str(event.actor),
        "collection_point": event.collection_point,
        "received_at": text(event.received_at),
        "salt": event.salt,
        "notice_hash": None if event.notice_hash is None else event.notice_hash.hex(),
        "language": event.language,
        "evidence": event.evidence,
        "acted_at": text(event.acted_at),
        "until": text(event.until),
        "undoes": event.undoes,
        "frequency": event.frequency,
        "topics": event.topics,
    }
    assert plain_of(event) == json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
