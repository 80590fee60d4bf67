"""The portal's own record of a person's choices, as one more system of their copy: what they said, when, where, and the text then shown.

Must never tell an act otherwise than the ledger has it, nor reach anyone but who can show that the mailbox is theirs.
"""

from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy.orm import Session

from portal.adapters.contract import Record, Value
from portal.config.model import Basis, Company, Purpose, RetentionRule, Source, SourceKind
from portal.config.systems import CollectionNote, FieldNote, Release, System
from portal.consent.choices import HistoryEntry, choices_of, history_of
from portal.consent.ledger import KeyIsDestroyed
from portal.consent.told import act_words, actor_of, place_of, standing_words, title_of, topics_of
from portal.core.i18n import _, format_length, language, pick

SYSTEM = "portal.choices"
"""No key of `portal.yaml` has a dot, so no system of a company can be called this."""
COLLECTION = "portal.choices"
KEY = "portal_choices"
CATEGORY = "user.privacy_preferences.choices"


def history_for(db: Session, person_id: int) -> tuple[HistoryEntry, ...]:
    """Every act, oldest first; none where only the sealed proof is left."""
    try:
        return tuple(history_of(db, person_id))
    except KeyIsDestroyed:
        return ()


def answers_for(db: Session, company: Company, person_id: int) -> dict[str, tuple[str, ...]]:
    """By purpose, what the person said through each channel, in words: `E-mail: No, since 3 May 2026`."""
    try:
        purposes = choices_of(db, company, person_id)
    except KeyIsDestroyed:
        return {}
    return {
        purpose.key: tuple(
            _("%(name)s: %(value)s", name=pick(channel.title), value=standing_words(channel)) for channel in purpose.channels
        )
        for purpose in purposes
    }


def with_own_record(company: Company) -> Company:
    """The company with the portal as one more system, in the language in force. For a copy only: no adapter can be opened for it."""
    proof = format_length(company.retention.proof_retention)
    note = CollectionNote(
        title=_here(_("Your choices")),
        source=KEY,
        purpose=KEY,
        retention=KEY,
        recipients=[],
        release=Release.AUTO,
        fields={name: FieldNote(title=_here(title)) for name, title in _titles().items()},
    )
    purpose = Purpose(
        title=_here(_("Proof of your choices")),
        text=_here(_("We keep what you agreed to and what you refused, so that we can show it and keep to it.")),
        why=_here(_("to keep to what you chose and to prove it")),
        basis=Basis.LEGAL_DUTY,
    )
    rule = RetentionRule(
        title=_here(_("%(length)s after you have your data deleted", length=proof)),
        ground=_here(_("GDPR Art. 5(2) and 7(1)")),
    )
    return company.model_copy(
        update={
            "systems": {
                **company.systems,
                SYSTEM: System(kind="portal", title=_here(_("These privacy pages")), collections={COLLECTION: note}),
            },
            "sources": {
                **company.sources,
                KEY: Source(title=_here(_("you, or who is named beside it")), kind=SourceKind.PERSON),
            },
            "purposes": {**company.purposes, KEY: purpose},
            "retention_rules": {**company.retention_rules, KEY: rule},
        }
    )


def records_of(company: Company, history: Sequence[HistoryEntry]) -> Iterator[Record]:
    """One record an act, in the language in force."""
    for entry in history:
        event, shown = entry.event, entry.notice
        said: Mapping[str, str] = {
            "when": event.happened_at.isoformat(),
            "what": title_of(company, event),
            "said": act_words(event),
            "topics": topics_of(company, event),
            "place": place_of(event.collection_point),
            "actor": actor_of(event.actor),
            "learnt": event.received_at.isoformat() if event.acted_at else "",
            "shown": shown.text if shown else "",
        }
        values = tuple(Value(name, CATEGORY, text) for name, text in said.items() if text)
        yield Record(COLLECTION, f"{COLLECTION}:{event.sequence}", values)


def _titles() -> dict[str, str]:
    return {
        "when": _("When"),
        "what": _("What it is about"),
        "said": _("What was said"),
        "topics": _("Topics"),
        "place": _("Where"),
        "actor": _("By whom, if not by you"),
        "learnt": _("When we learnt of it"),
        "shown": _("The text that was shown"),
    }


def _here(text: str) -> dict[str, str]:
    return {language(): text}
