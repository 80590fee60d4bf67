"""The quick way to check many says, for everyone and everything, what the check of one says."""

import itertools
from datetime import timedelta
from typing import Any, cast

import pytest
from sqlalchemy import Table, event, insert

from portal.accounts import registry
from portal.accounts.api_keys import hash_of, make_key
from portal.config.model import Basis
from portal.consent.basis import Row
from portal.consent.checking import check, choices_to_check, suppressed_among
from portal.consent.checking_crowds import answers_of, suppressed_of
from portal.consent.checking_one import answer_at_a_glance
from portal.consent.model import ConsentState
from portal.consent.words import Act
from portal.core import clock, crypto
from portal.people.model import Person, PersonIdentifier, Suppression, Tombstone
from portal.people.service import EMAIL, Identifier

STATE, PERSON, IDENTIFIER, SUPPRESSION, TOMBSTONE = (
    cast(Table, model.__table__) for model in (ConsentState, Person, PersonIdentifier, Suppression, Tombstone)
)
DAY = timedelta(days=1)
SAID = (None, Act.GIVEN, Act.REFUSED, Act.WITHDRAWN, Act.OBJECTED, Act.IMPORTED, Act.EXPIRED)
PAUSED = (None, -1, 1)
"""Until how many days from now."""

TOPICS = (None, ["coffees"])
STOPPED = (None, "now", "lifted", "for something else")
ERASED = (None, -9, -1, "one system")
"""How many days ago (what was said was said 5 days ago), or only what one system had."""

JOINED = (None, "joined", "proven")
EVERYBODY = [
    *itertools.product(SAID, PAUSED, TOPICS, (None,), (None,), JOINED),
    *itertools.product(SAID, (None,), (None,), STOPPED, ERASED, JOINED),
]


@pytest.fixture
def world(world, monkeypatch):
    """A first company with a purpose on each legal basis, and one that still uses its old list, and one that no longer does."""
    company = world.company()
    news = company.purposes["newsletter"]
    today = clock.now().date()
    purposes = {basis.value: news.model_copy(update={"basis": basis}) for basis in Basis}
    purposes |= {
        name: news.model_copy(update={"accept_legacy_until": today + days})
        for name, days in (("old_list", 9 * DAY), ("over", -9 * DAY))
    }
    changed = {world.first: company.model_copy(update={"purposes": purposes}), world.second: world.company(world.second)}
    monkeypatch.setattr(registry, "company", changed.__getitem__)
    return world


def named(number):
    return Identifier(EMAIL, f"person{number}@example.org")


def hashes(number, key_id):
    return {"hash": crypto.identifier_hash("first", EMAIL, named(number).value, key_id), "hash_key_id": key_id}


def populate(world, db, choices, ids):
    """A person for each combination, every second one under an older hash key, and one without any answer, any state or any person each."""
    now, said_at, common = clock.now(), clock.now() - 5 * DAY, {"company_id": world.first}
    rows: dict[Table, list[dict[str, Any]]] = {table: [] for table in (PERSON, IDENTIFIER, STATE, SUPPRESSION, TOMBSTONE)}
    for number, (said, paused, topics, stopped, erased, joined) in enumerate(EVERYBODY, 1):
        own = hashes(number, ids[number % 2])
        rows[PERSON].append({**common, "id": number, "public_id": f"P{number}", "created_at": now})
        moments = {"joined_at": said_at + DAY if joined else None, "proven_at": now if joined == "proven" else None}
        rows[IDENTIFIER].append(
            {**common, **own, **moments, "person_id": number, "kind": EMAIL, "value": named(number).value, "created_at": now}
        )
        until = now + paused * DAY if paused else None
        state = {
            "said": said,
            "paused_until": until,
            "topics": topics,
            "since": said_at if said else None,
            "pending": said is None,
        }
        rows[STATE] += [
            {**common, **state, "person_id": number, "purpose": purpose, "channel": channel, "topic": "", "sequence": 1}
            for purpose, channel in choices
        ]
        if stopped:
            about = [("another", "email")] if stopped == "for something else" else choices
            lifted = now if stopped == "lifted" else None
            for purpose, channel in about:
                stop = {**common, **own, "purpose": purpose, "channel": channel, "source": "test", "at": now, "lifted_at": lifted}
                rows[SUPPRESSION].append(stop)
        if erased:
            grave = {"identifier_hash": own["hash"], "hash_key_id": own["hash_key_id"], "kind": EMAIL, "categories": []}
            at, system = (now, "shop") if erased == "one system" else (now + cast(int, erased) * DAY, "")
            rows[TOMBSTONE].append({**common, **grave, "erased_at": at, "system": system})
    for table, values in rows.items():
        db.execute(insert(table), values)


def quickly(db, values, asked):
    answers = answers_of(db, EMAIL, values, asked, form=lambda verdict: verdict, say=list)
    return [
        [
            (one.purpose, one.channel, one.allowed, one.row, since, one.topics)
            for one, since in answers.others.get(place, answers.nobody)
        ]
        for place in range(len(values))
    ]


@pytest.fixture
def everybody(world, db):
    """All combinations, and two whom nobody knows; hashed under two keys."""
    crypto.use_keys(crypto.keys().with_new_key("hash"))
    choices = choices_to_check(world.company())
    populate(world, db, choices, crypto.keys().ids("hash"))
    return [named(number) for number in range(len(EVERYBODY) + 2)]


@pytest.mark.slow
def test_many_are_answered_as_each_alone_on_every_basis_in_every_state_suppressed_or_erased(world, db, everybody):
    every = choices_to_check(world.company())
    rows = set()
    for asked in (every, [("consent", "email")], choices_to_check(world.company(), channels=["sms"]), []):
        alone = [
            [(one.purpose, one.channel, one.allowed, one.row, one.since, one.topics) for one in verdicts]
            for verdicts in check(db, everybody, asked)
        ]
        assert quickly(db, [one.value.encode() for one in everybody], asked) == alone
        for one in (everybody[0], everybody[7], everybody[-1]):
            assert quickly(db, [one.value.encode()], asked) == [alone[everybody.index(one)]]
        rows |= {(row, allowed) for verdicts in alone for _, _, allowed, row, _, _ in verdicts}
    assert {row for row, _ in rows} == {one.value for one in Row}
    assert {row for row, allowed in rows if allowed} == {one.value for one in Row} - {"suppressed"}
    assert {row for row, allowed in rows if not allowed} == {one.value for one in Row} - {"always"}


def at_a_glance(glance, key, one, asked):
    return answer_at_a_glance(glance, key, one, asked, form=lambda verdict: verdict, say=list)


@pytest.mark.slow
def test_one_at_a_glance_is_answered_as_any_other_or_not_at_all_and_only_to_a_key_that_may_ask(world, db, everybody):
    company, secret = world.first, make_key(db, name="shop", scopes=["consents:check"], by="test").secret
    db.commit()
    key, answered = (company, hash_of(secret), "consents:check"), 0
    with world.database.glances.open() as glance:
        for asked in (
            choices_to_check(world.company()),
            [("consent", "email")],
            choices_to_check(world.company(), channels=["sms"]),
        ):
            for one, alone in zip(everybody, check(db, everybody, asked), strict=True):
                said = at_a_glance(glance, key, one, asked)
                answered += said is not None
                assert said is None or [(verdict.allowed, verdict.row, since) for verdict, since in said] == [
                    (verdict.allowed, verdict.row, verdict.since) for verdict in alone
                ]
        assert answered > 3 * 10
        for other in ((world.second, key[1], key[2]), (company, b"x" * 32, key[2]), (company, key[1], "links:mint")):
            assert at_a_glance(glance, other, everybody[0], [("consent", "email")]) is None
        assert at_a_glance(glance, key, Identifier("phone", everybody[1].value), [("consent", "email")])[0][1] is None


@pytest.mark.slow
def test_importers_are_answered_alike_for_many_and_for_one(world, db, everybody):
    values = [one.value.encode() for one in everybody]
    for asked in (choices_to_check(world.company()), [("consent", "email")]):
        told = suppressed_of(db, EMAIL, values, asked)
        assert told == suppressed_among(db, everybody, asked)
        assert 0 < sum(told) < len(told)


def test_an_identifier_of_another_kind_or_company_is_nobody(world, db, everybody):
    asked = [("consent", "email")]
    values = [one.value.encode() for one in everybody]
    assert answers_of(db, "customer_number", values, asked, form=lambda one: one, say=list).others == {}
    with world.reading(world.second) as theirs:
        assert answers_of(theirs, EMAIL, values, [("newsletter", "email")], form=lambda one: one, say=list).others == {}


@pytest.mark.parametrize("value", ["a@example.org", "ä" * 40, "x" * 300, ""])
def test_a_hash_for_many_is_the_hash_for_one(value):
    key_id = crypto.keys().newest("hash")[0]
    hashed = crypto.identifier_hashes("first", EMAIL, key_id)
    assert hashed(value.encode()) == crypto.identifier_hash("first", EMAIL, value, key_id) == hashed(value.encode())


def test_a_crowd_is_looked_up_one_by_one_and_never_by_reading_everybody(world):
    """What is planned for an empty table is what would run right after an import of millions, before the server has counted them."""
    values = [f"person{number}@example.org".encode() for number in range(4000)]
    plans = []

    def explain(connection, cursor, statement, parameters, context, many):
        if "wanted.place" in statement and not statement.startswith("EXPLAIN"):
            asking = connection.connection.cursor()
            asking.execute(f"EXPLAIN {'QUERY PLAN ' if connection.dialect.name == 'sqlite' else ''}{statement}", parameters)
            plans.append("\n".join(str(row[-1]) for row in asking.fetchall()))

    event.listen(world.database.engine, "before_cursor_execute", explain)
    try:
        with world.reading() as db:
            answers_of(db, EMAIL, values, [(Basis.CONSENT.value, "email")], form=lambda one: one, say=list)
    finally:
        event.remove(world.database.engine, "before_cursor_execute", explain)
    (plan,) = plans
    for whole in (
        "Hash Join",
        "Hash Left Join",
        "hashed SubPlan",
        "Merge",
        "SCAN identifier",
        "SCAN suppression",
        "SCAN consent_state",
    ):
        assert whole not in plan, plan
    assert "identifier" in plan
