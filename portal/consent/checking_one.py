"""A check of one identifier by the driver alone, for systems that ask before each mail.

Must never answer anything that `checking.check` would answer otherwise, nor anything to a key that is not live in the very statement that
finds the answer.
"""

from datetime import datetime
from typing import cast

from sqlalchemy import LargeBinary, String, Table, bindparam, literal_column, or_, select

from portal.accounts import registry
from portal.accounts.api_keys import IS_LIVE
from portal.accounts.model import ApiKeyRow
from portal.consent.checking import Asked, Rule
from portal.consent.checking_crowds import STATE, Form, Said, ToForm, ToSay, rows_of
from portal.consent.merge import State
from portal.consent.words import Act
from portal.core import clock, crypto
from portal.core.glances import Glance, Question
from portal.people.service import Identifier

KEY = cast(Table, ApiKeyRow.__table__)
_PURPOSE, _CHANNEL = bindparam("purpose", type_=String), bindparam("channel", type_=String)
_SENT = (
    select(literal_column("0").label("place"), bindparam("hash", type_=LargeBinary).label("hash"), KEY.c.scopes)
    .where(IS_LIVE)
    .subquery("wanted")
)
_QUESTION = Question(
    rows_of(
        _SENT, or_(_PURPOSE.is_(None), STATE.c.purpose == _PURPOSE), or_(_CHANNEL.is_(None), STATE.c.channel == _CHANNEL)
    ).add_columns(_SENT.c.scopes)
)
"""For one hash and one choice, or every choice: at least one row where the key is live, none where it is not."""


def answer_at_a_glance(
    glance: Glance,
    key: tuple[int, bytes, str],
    one: Identifier,
    asked: list[Asked],
    *,
    form: ToForm[Form],
    say: ToSay[Form, Said],
) -> Said | None:
    """What `answers_of` says of one identifier to a key (its company, the hash of its secret, and the right that it needs).

    None where the key has no such right any more, and where the answer has to be looked at closer.
    """
    company_id, secret, scope = key
    company, (purpose, channel) = registry.key_of(company_id), asked[0] if len(asked) == 1 else (None, None)
    wanted = {"company": company_id, "secret": secret, "kind": one.kind, "purpose": purpose, "channel": channel}
    rule = Rule(registry.company(company_id), clock.now())
    known: dict[Asked, tuple[Act | None, datetime | None]] = {}
    for key_id in crypto.keys().ids("hash"):
        rows = glance.ask(_QUESTION, {**wanted, "hash": crypto.identifier_hash(company, one.kind, one.value, key_id)})
        if not rows or scope not in rows[0][-1]:
            return None
        for _place, closer, its_purpose, its_channel, said, since, _scopes in rows:
            if closer:
                return None
            known[its_purpose, its_channel] = Act(said) if said else None, since
    answers = []
    for choice in asked:
        said, since = known.get(choice, (None, None))
        answers.append((form(rule.decide(choice, State(said=said))), since))
    return say(answers)
