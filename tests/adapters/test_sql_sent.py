"""What a company's own tool sent to a person is counted: theirs only, since a moment, by purpose, channel and topic."""

from datetime import UTC, datetime
from typing import Any

import pytest

from portal.adapters.contract import AdapterError, SentCount
from portal.core.documents import DocumentError
from tests.adapters.companies import email, note
from tests.adapters.shops import OPS, Shop, field_

MARIA = email("maria@example.org")
SINCE = datetime(2026, 5, 1, 12, tzinfo=UTC)
SENT: dict[str, Any] = {
    "collection": "shop.sent",
    "person": "newsletter_id",
    "at": "at",
    "purpose": {"column": "purpose"},
    "channel": {"value": "email"},
    "topic": {"column": "topic"},
}


def with_messages(shop: Shop, **changed: Any) -> Shop:
    """Messages hang on rows of the newsletter table, which know an address."""
    shop.run(
        "CREATE TABLE sent (id INTEGER PRIMARY KEY, newsletter_id INTEGER, at TIMESTAMP, purpose TEXT, topic TEXT)",
        "INSERT INTO sent VALUES (1, 1, '2026-05-01 11:00:00', 'news', 'coffees'), (2, 1, '2026-05-01 13:00:00', 'news', 'coffees'),"
        " (3, 1, '2026-05-09 13:00:00', 'news', 'courses'), (4, 1, '2026-05-09 14:00:00', 'news', NULL),"
        " (5, 2, '2026-05-09 14:00:00', 'news', 'coffees'), (6, 1, '2026-05-10 14:00:00', 'similar', NULL)",
    )
    shop.fields["sent"] = [
        field_("id", OPS, primary_key=True),
        field_("newsletter_id", OPS, down="newsletter.id"),
        field_("at", "user.behavior"),
        field_("purpose", "user.behavior"),
        field_("topic", "user.behavior"),
    ]
    shop.notes["shop.sent"] = note()
    # A tool that knows addresses only: its rows are not somebody's who is known otherwise.
    shop.more["tells_apart"] = {}
    shop.settings["sent"] = {**SENT, **changed}
    return shop


def counted(shop: Shop, subject: Any = MARIA) -> set[SentCount]:
    return set(shop.open().sent_counts(subject, since=SINCE))


@pytest.fixture
def tool(shop: Shop) -> Shop:
    """Only the newsletter table, so that a row of it stands for the person."""
    for name in [name for name in shop.fields if name != "newsletter"]:
        del shop.fields[name]
        del shop.notes[f"shop.{name}"]
    shop.more = {}
    shop.fields["newsletter"] = [field for field in shop.fields["newsletter"] if field["name"] != "customer_id"]
    return with_messages(shop)


def test_messages_are_counted_by_purpose_and_topic_since_then(tool: Shop) -> None:
    assert counted(tool) == {
        SentCount("news", "email", "coffees", 1),
        SentCount("news", "email", "courses", 1),
        SentCount("news", "email", "", 1),
        SentCount("similar", "email", "", 1),
    }
    assert tool.open().can.sent_counts


def test_somebody_who_got_nothing_has_no_counts(tool: Shop) -> None:
    assert counted(tool, email("nobody@example.org")) == set()


def test_one_purpose_for_all_rows_can_be_said(tool: Shop) -> None:
    tool.settings["sent"] = SENT | {"purpose": {"value": "newsletter"}, "topic": None}
    assert counted(tool) == {SentCount("newsletter", "email", "", 4)}


def test_a_column_that_is_gone_is_an_error_and_not_nothing(tool: Shop) -> None:
    tool.run("ALTER TABLE sent DROP COLUMN topic")
    adapter = tool.open()
    assert any("sent.topic: Messages cannot be counted" in problem for problem in adapter.check().problems)
    with pytest.raises(AdapterError):
        adapter.sent_counts(MARIA, since=SINCE)


def test_a_system_without_the_setting_counts_nothing(shop: Shop) -> None:
    assert not shop.open().can.sent_counts
    with pytest.raises(AdapterError):
        shop.open().sent_counts(MARIA, since=SINCE)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"collection": "shop.mails"}, "No map has the collection"),
        ({"at": "sent_at"}, "no field `sent_at`"),
        ({"person": "topic"}, "references nothing"),
        ({"purpose": {"column": "purpose", "value": "news"}}, "either"),
    ],
)
def test_a_mistake_is_told_with_its_line(changed: dict[str, Any], told: str, tool: Shop) -> None:
    tool.settings["sent"] = SENT | changed
    with pytest.raises(DocumentError) as caught:
        tool.open()
    assert told in str(caught.value)
