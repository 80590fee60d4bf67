"""The page of choices as the sample pages show it: every state once, one of them just saved."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from wtforms import Form, HiddenField, RadioField, SelectMultipleField
from wtforms.widgets import CheckboxInput, ListWidget

from scripts import look_samples as sample

ANSWERED = {"given": "yes", "paused": "yes", "refused": "no", "withdrawn": "no"}
TOPICS = {"coffees": "New coffees", "courses": "Courses and tastings", "prices": "Prices"}
RHYTHMS = {"weekly": "Once a week at most", "monthly": "Once a month at most"}


class Ticks(SelectMultipleField):
    """Several of many, as boxes."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


def context(*, told: bool = False, paused: datetime | None = None, wrong_day: str = "") -> dict[str, Any]:
    """What the view would give."""
    names = {
        (purpose["key"], choice["title"]): f"{purpose['key']}-{number}"
        for purpose in sample.CHOICES["purposes"]
        for number, choice in enumerate(purpose["choices"])
    }
    form = _form(names)
    day = date(2026, 11, 26)
    return {
        "form": form,
        "choices": sample.CHOICES,
        "purposes": [_purpose(purpose, form, names) for purpose in sample.CHOICES["purposes"]],
        "stated": [{"title": "Orders", "why": "to deliver your coffee", "basis": "our contract with you", "object": False}],
        "told": _told() if told else None,
        "in_use": True,
        "paused_until": paused,
        "breaks": [{"value": str(one), "day": one} for one in (day + timedelta(days=30), day + timedelta(days=90))],
        "first_day": day + timedelta(days=1),
        "last_day": day + timedelta(days=365),
        "wrong_day": wrong_day,
        "waiting": {"titles": ["News from the workshop, E-mail"], "until": datetime(2026, 12, 3, tzinfo=UTC)} if told else None,
        "day": "2020-01-01" if wrong_day else "",
    }


def _form(names: dict[tuple[str, str], str]) -> Form:
    fields: dict[str, Any] = {"seen": HiddenField(default="6")}
    stands = {
        (purpose["key"], one["title"]): one["state"] for purpose in sample.CHOICES["purposes"] for one in purpose["choices"]
    }
    for place, name in names.items():
        fields[f"say-{name}"] = RadioField("", choices={"yes": "Yes", "no": "No"}, default=ANSWERED.get(stands[place]))
        fields[f"topics-{name}"] = Ticks("What about?", choices=TOPICS)
        fields[f"often-{name}"] = RadioField("How often?", choices=RHYTHMS)
    made: Form = type("ChoicesForm", (Form,), fields)()
    return made


def _purpose(purpose: dict[str, Any], form: Form, names: dict[tuple[str, str], str]) -> dict[str, Any]:
    return {
        **purpose,
        "basis": "your agreement",
        "interest": "",
        "still_arrives": "Messages about your orders still reach you.",
        "asks": True,
        "double_opt_in": False,
        "notice": {"text": sample.NOTICE, "language": "en"},
        "choices": [_choice(one, names[purpose["key"], one["title"]], form) for one in purpose["choices"]],
    }


def _choice(choice: dict[str, Any], name: str, form: Form) -> dict[str, Any]:
    return {
        **choice,
        "name": name,
        "say": form[f"say-{name}"],
        "topics": form[f"topics-{name}"],
        "often": form[f"often-{name}"],
        "systems": SYSTEMS if choice["state"] == "withdrawn" else [],
        "open": choice["state"] == "unset",
        "pending": False,
        "words_seen": None,
        "apart": [],
    }


SYSTEMS = [
    {"title": "Mail tool", "words": "confirmed 14:07", "kind": "ok", "sign": "done"},
    {"title": "Shop", "words": "did not work; we try again at 14:12", "kind": "warn", "sign": "clock"},
]


def _told() -> dict[str, Any]:
    line = {"title": "Offers chosen for you, From your visits to our shop", "words": "Taken back", "systems": SYSTEMS}
    return {"lines": [line], "undo": [7], "undone": False, "stale": ["News and offers, Post"]}
