"""Every page of the customer's site in its main states, with the sample data it is looked at with."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from scripts import look_choices
from scripts import look_forms as forms
from scripts import look_samples as sample

NOW = sample.NOW
UNTIL = NOW + timedelta(minutes=10)
MASKED = "m•••@example.org"


@dataclass(frozen=True, slots=True)
class Page:
    """One state of one page: its name in file names, its template, what the view would give it."""

    name: str
    template: str
    context: dict[str, Any] = field(default_factory=dict)


def page(name: str, template: str = "", **context: Any) -> Page:
    """A page of door 1; the template is named like the page unless said otherwise."""
    return Page(name, f"site/{template or name}.html", context)


HIDDEN: dict[str, Any] = {"token": "x"}
LINK: dict[str, Any] = HIDDEN | {
    "other_session": None,
    "address": "maren@example.org",
    "asked_at": NOW,
    "valid_until": UNTIL,
    "browser": "Firefox on Android",
    "destination": "Your data",
    "use_url": "/in/x",
    "not_me_url": "/in/x/not-me",
}
CHECK_MAIL: dict[str, Any] = {
    "address": MASKED,
    "valid_until": UNTIL,
    "sender": "privacy@fjordkaffe.example",
    "wait_url": "/sign-in/state",
    "codes_off": False,
}
SESSIONS = [
    {"id": 1, "browser": "Firefox on Android", "since": NOW, "last_seen": NOW, "this": True, "end_url": "/sessions/1"},
    {
        "id": 2,
        "browser": "Safari on macOS",
        "since": NOW - timedelta(days=2),
        "last_seen": NOW - timedelta(hours=20),
        "this": False,
        "end_url": "/sessions/2",
    },
]
COUNTS = {"who": 2, "contact": 3, "bought": 14, "wrote": 1, "health": 0, "others": 2}
NOTHING_TO_CHOOSE: dict[str, Any] = look_choices.context() | {
    "choices": sample.NO_CHOICES, "purposes": [], "stated": [], "in_use": False,
}  # fmt: skip
TALK: dict[str, Any] = {
    "open_requests": 1,
    "next_due": date(2026, 12, 21),
    "requests": sample.REQUESTS,
    "requests_count": 5,
    "more_url": "",
}


def pages() -> list[Page]:
    """All of them; forms are made anew, since they keep what was typed."""
    wrong_code = forms.with_errors(forms.CodeForm(), code="The code did not match. You have 4 tries left.")
    wrong_address = forms.with_errors(forms.AddressForm(), email="Write the address with an @, like maren@example.org.")
    wrong_detail = forms.with_errors(forms.DetailForm(), kind="Choose what you have at hand.", value="Type the detail.")
    copy: dict[str, Any] = {"counts": COUNTS, "review": {"wrote": True}, "shut": {"health": True}}
    return [
        page("sign_in", form=forms.AddressForm()),
        page("sign_in_wrong", "sign_in", form=wrong_address),
        page("check_mail", form=forms.CodeForm(), **CHECK_MAIL),
        page("check_mail_wrong", "check_mail", form=wrong_code, **CHECK_MAIL),
        page("check_mail_codes_off", "check_mail", form=forms.CodeForm(), **(CHECK_MAIL | {"codes_off": True})),
        page("link", **LINK),
        page("link_elsewhere", form=forms.AddressForm(), hint=MASKED, **LINK),
        page("link_other_session", "link", **(LINK | {"other_session": "a•••@example.org"})),
        page("link_stopped", "link_ended", hint=MASKED, destination="", fresh_url="/in/fresh", **HIDDEN, stopped=True),
        page("not_me_check", form=forms.AddressForm(), hint=MASKED, not_me_url="/in/not-me", **HIDDEN),
        page("link_ended", hint=MASKED, destination="A copy of your data", fresh_url="/in/x/fresh"),
        page("link_unknown", "link_ended", hint="", destination="", fresh_url=""),
        page("not_me"),
        page("phone", call=None, acts=[], changed_url="/phone/changed"),
        page(
            "error",
            status=500,
            title="Our side had a fault",
            sentence="Nothing was changed and nothing is lost. Try again in a few minutes.",
            error_id="5f3a90c1",
        ),
        page("reauthenticate", address=MASKED, destination="A copy of your data", fresh_url="/again", back_url="/held"),
        page("home", choices=sample.CHOICES, held=sample.held(waiting=sample.WAITING), **TALK),
        page("home_new", "home", choices=sample.NO_CHOICES, held=sample.held(groups=[], count=0), requests=[], requests_count=0),
        page(
            "home_broken",
            "home",
            choices=sample.CHOICES,
            held=sample.held(groups=[], count=0, searched=[], waiting=sample.WAITING),
            requests=[],
            requests_count=0,
        ),
        page("home_several", "home", choices=sample.CHOICES, held=None, requests=[], requests_count=0),
        page("preferences", **look_choices.context(told=True)),
        page("preferences_paused", "preferences", **look_choices.context(paused=NOW)),
        page(
            "preferences_wrong_day",
            "preferences",
            **look_choices.context(wrong_day="Choose a day between tomorrow and one year from now."),
        ),
        page("preferences_none", "preferences", **NOTHING_TO_CHOOSE),
        page("history", entries=sample.ACTS, count=2, older_url="/preferences/history?before=3", newest=True),
        page("history_none", "history", entries=[], count=0, older_url="", newest=True),
        page("receipt", form=forms.ReceiptForm(), said=None, wrong=False),
        page("receipt_genuine", "receipt", form=forms.ReceiptForm(), said=sample.RECEIPT, wrong=False),
        page("receipt_wrong", "receipt", form=forms.ReceiptForm(), said=None, wrong=True),
        page("held", held=sample.held()),
        page("held_many", "held", held=sample.held(many=True)),
        page(
            "held_waiting",
            "held",
            held=sample.held(waiting=sample.WAITING, closed=[{"title": "Reviews", "words": "back by Friday"}]),
        ),
        page("open_record", form=forms.DetailForm(), reason="several", tries_left=3, back_url="/"),
        page("open_record_wrong", "open_record", form=wrong_detail, reason="several", tries_left=2, back_url="/"),
        page("open_record_over", "open_record", form=forms.DetailForm(), reason="several", tries_left=0, back_url="/"),
        page(
            "open_sensitive",
            "open_record",
            form=forms.OneDetailForm(),
            reason="sensitive",
            needs="Your postcode",
            tries_left=3,
            back_url="/",
        ),
        page(
            "nothing_found",
            address=MASKED,
            searched=["Shop and account", "Newsletter", "Loyalty"],
            waiting=sample.WAITING,
            read_at=NOW,
            number_url="/open",
            other_url="/sign-in",
        ),
        page("get_copy", form=forms.CopyForm(), **copy),
        page(
            "get_copy_wrong", "get_copy", form=forms.with_errors(forms.CopyForm(), scope="Choose everything or a part."), **copy
        ),
        page(
            "get_copy_check",
            everything=False,
            categories=["Who you are", "What you bought", "What you wrote"],
            later=["What you wrote"],
            due=date(2026, 12, 23),
            law="GDPR, article 15",
            usual="a few minutes",
            keep_days=14,
            fields=[("scope", "some")],
            back_url="/copy",
        ),
        page("requests", **TALK),
        page("ask", form=forms.QuestionForm(), days=14),
        page(
            "ask_wrong",
            "ask",
            form=forms.with_errors(forms.QuestionForm(), message="Give a number, or write what it is about."),
            days=14,
        ),
        page("asked_too_often"),
        page("requests_none", "requests", open_requests=0, next_due=None, requests=[], more_url="/data/open"),
        page("request_in_work", "request", **sample.in_work()),
        page("request_ready", "request", **sample.ready()),
        page("request_ended", "request", **(sample.ready() | {"download": None, "ended": True, "later": []})),
        page(
            "sessions",
            sessions=SESSIONS,
            end_all_url="/sessions/all",
            idle_words="Each ends by itself after 30 minutes without use.",
        ),
        page("help", signed_in=False),
        page("help_signed_in", "help", signed_in=True),
    ]
