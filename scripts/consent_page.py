"""The page `docs/reference/consent.md`: legal basis x state x source, answered by the code itself."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from portal.config.model import Basis
from portal.consent.basis import NO_CHOICE, may_use
from portal.consent.merge import UNSET, Deed, NothingToUndo, OnlyThePersonMayRaise, State, after
from portal.consent.words import Act, Actor

AT = datetime(2026, 3, 1, tzinfo=UTC)
LATER = AT + timedelta(days=30)

STATES = {
    "nobody answered": UNSET,
    "given": State(said=Act.GIVEN),
    "given, paused": State(said=Act.GIVEN, paused_until=LATER),
    "waits to be confirmed": State(pending=True),
    "refused": State(said=Act.REFUSED),
    "withdrawn": State(said=Act.WITHDRAWN),
    "objected": State(said=Act.OBJECTED),
    "expired": State(said=Act.EXPIRED),
    "imported": State(said=Act.IMPORTED),
}
BEFORE = {"nothing": UNSET, "yes": State(said=Act.GIVEN), "no": State(said=Act.REFUSED)}
ACTS = [act for act in Act if act is not Act.UNDONE]


def answers() -> Iterator[tuple[str, Basis, bool, str]]:
    """State, basis, whether it may be used, and the row that says so."""
    for words, state in STATES.items():
        for basis in Basis:
            answer = may_use(basis, state, AT)
            yield words, basis, answer.allowed, answer.row


def outcome(act: Act, actor: Actor, before: State) -> State | None:
    """What stands after the act; None where it is refused."""
    deed = Deed(1, act, actor, "site", AT, until=LATER if act is Act.PAUSED else None)
    try:
        return after(before, deed)
    except (OnlyThePersonMayRaise, NothingToUndo):
        return None


def consent_page() -> str:
    """Both tables."""
    bases = list(Basis)
    rows = [
        "# Consent: what counts\n",
        "May the company use a choice? By legal basis and by what stands; each answer names its row.\n",
        "| what stands | " + " | ".join(f"`{basis}`" for basis in bases) + " |",
        "|---" * (len(bases) + 1) + "|",
    ]
    for words in STATES:
        cells = [f"{'yes' if allowed else 'no'} ({row})" for state, _, allowed, row in answers() if state == words]
        rows.append(f"| {words} | " + " | ".join(cells) + " |")
    rows += [
        "",
        "An identifier that is suppressed for a purpose and channel is not contacted, whatever stands (`suppressed`), but on "
        + " and ".join(f"`{basis}`" for basis in sorted(NO_CHOICE))
        + "; the person's own later yes lifts it. `imported` counts up to `accept_legacy_until`, where the purpose has it.\n",
        "## Who may do what\n",
        "What stands after an act, by who does it and what stood before. Only the person raises; anybody may lower.\n",
        "| act | " + " | ".join(f"{actor} (was {before})" for actor in Actor for before in BEFORE) + " |",
        "|---" * (len(Actor) * len(BEFORE) + 1) + "|",
    ]
    for act in ACTS:
        cells = [_words(outcome(act, actor, state)) for actor in Actor for state in BEFORE.values()]
        rows.append(f"| `{act}` | " + " | ".join(cells) + " |")
    rows += ["", "`undone` goes back to what stood before the named act, and only where nothing newer was chosen."]
    return "\n".join(rows) + "\n"


def _words(state: State | None) -> str:
    if state is None:
        return "refused here"
    words = str(state.said) if state.said else "nothing"
    return words + (", paused" if state.paused_until > AT else "") + (", waits" if state.pending else "")
