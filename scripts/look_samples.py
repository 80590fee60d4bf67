"""Sample data for every page and mail, so that the look can be judged without a running portal. Invented people only."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from scripts.look_forms import MessageForm

NOW = datetime(2026, 11, 23, 13, 2, tzinfo=UTC)
Sample = dict[str, Any]
YOU = "you, 3 May 2024"


def fact(title: str, value: str | None, source: str = YOU, why: str = "to deliver your coffee", **more: Any) -> Sample:
    """One value that is held."""
    return {
        "kind": "fact",
        "title": title,
        "value": value,
        "source": source,
        "why": why,
        "who": "",
        "until": "you close your account",
        "outside": False,
        "long": False,
        "withheld": False,
        "later": False,
        "wrong_url": "/wrong",
        **more,
    }


ORDERS = {
    "kind": "rows",
    "title": "Orders",
    "columns": ["Order", "Date", "What", "Sum"],
    "rows": [
        ["FK-10482", "2 November 2026", "2 × Kenya Kirinyaga 500 g", "398.00 NOK"],
        ["FK-10377", "5 October 2026", "2 × Kenya Kirinyaga 500 g, 1 × filter papers", "447.00 NOK"],
        ["FK-09120", "7 September 2026", "2 × Etiopia Guji 500 g", "412.00 NOK"],
    ],
    "more": "The newest 3 of 12. All are in the copy.",
    "source": "your orders, since May 2024",
    "why": "to deliver; then because bookkeeping law asks for it",
    "who": "Bris Bud AS, Exempla Regnskap AS",
    "until": "5 years after each year ends",
    "outside": False,
    "wrong_url": "/wrong",
}
TICKET = "Hello, the parcel of Tuesday came open.\nMy neighbour Kari has the other half. <b>Please</b> call =1+1"


def group(key: str, title: str, *items: Sample, intro: str = "", **more: Any) -> Sample:
    """One group of what is held."""
    outside = any(item.get("outside") for item in items)
    return {
        "key": key,
        "title": title,
        "intro": intro,
        "count": len(items),
        "outside": outside,
        "open": False,
        "shut": None,
        "items": items,
        **more,
    }


def groups() -> list[Sample]:
    """What an ordinary customer finds."""
    bought = "bought from Exempla Data AS, an address broker, 12 February 2026"
    return [
        group(
            "who",
            "Who you are",
            fact("Name", "Maren Vik", why="to address you and deliver to you"),
            fact("Password", None, withheld=True, why="to sign you in"),
        ),
        group(
            "contact",
            "How to reach you",
            fact("E-mail address", "maren@example.org", who="Norrpost AB, who sends our mails"),
            fact("Mobile number", "+47 400 00 123", why="so that the driver can reach you"),
            fact("Delivery address", "Nygårdsgaten 12, 5015 Bergen"),
        ),
        group(
            "bought",
            "What you bought",
            ORDERS,
            fact("Subscription", "2 × 500 g, every four weeks", until="you end it"),
            fact("Gift card", ""),
        ),
        group(
            "wrote",
            "What you wrote",
            fact("Message to us, 4 March 2026", TICKET, long=True, why="to answer you"),
            fact("Review", None, later=True, why="to show it in the shop"),
        ),
        group("health", "Allergies and diet", shut={"needs": "your postcode", "url": "/open"}),
        group(
            "others",
            "What others told us",
            fact(
                "Income of your household",
                "600,000 to 800,000 kroner",
                bought,
                "to choose which offers to send",
                outside=True,
                until="12 February 2027",
            ),
            fact(
                "Job",
                "Teacher",
                "looked up in public pages, 12 February 2026",
                "nobody has used it yet",
                outside=True,
                until="12 February 2027",
            ),
            intro="You did not give us these.",
        ),
    ]


WAITING = [{"title": "Shop", "words": "It did not answer in time. We ask again at 14:05."}]


def held(*, many: bool = False, **more: Any) -> Sample:
    """The whole of it, small or large."""
    shown = groups()
    if many:
        shown[0]["items"] = [*shown[0]["items"], *(fact(f"Detail {number}", f"Value {number}") for number in range(1, 13))]
        shown[0].update(count=14, open=True)
    count = sum(one["count"] for one in shown)
    return {
        "count": count + (41 if many else 0),
        "outside_count": 2,
        "systems_count": 5,
        "searched": ["Shop and account"],
        "read_at": NOW,
        "groups": shown,
        "waiting": [],
        "closed": [],
        **more,
    }


def choice(title: str, state: str, said: str, short: str, notice: str = "") -> Sample:
    """One choice as it stands."""
    return {"title": title, "state": state, "words": said, "short": short, "notice": notice}


NOTICE = "Yes, Fjordkaffe AS may send me news about coffees, courses and prices by e-mail, at most once a week. I can take this back any time."
CHOICES: dict[str, Any] = {
    "given": 2,
    "refused": 2,
    "taken_back": 1,
    "waiting": 0,
    "unanswered": 1,
    "purposes": [
        {
            "key": "news",
            "title": "News and offers",
            "text": "New coffees, courses and prices. At most one message a week.",
            "choices": [
                choice("E-mail", "given", "Yes, since 3 May 2024", "Yes", NOTICE),
                choice("Text message", "refused", "No, since 3 May 2024", "No", NOTICE),
                choice("Post", "unset", "Not answered, so we send nothing", "Not answered"),
            ],
        },
        {
            "key": "chosen",
            "title": "Offers chosen for you",
            "text": "A program picks coffees it thinks you like. No price depends on it.",
            "choices": [
                choice("From what you ordered", "paused", "Yes, but quiet until 23 December 2026", "Paused", NOTICE),
                choice(
                    "From your visits to our shop", "withdrawn", "Taken back today at 14:06. It was yes.", "Taken back", NOTICE
                ),
            ],
        },
    ],
}
ACTS: list[dict[str, Any]] = [
    {
        "number": number,
        "title": "News and offers, E-mail",
        "act": act,
        "sign": sign,
        "at": NOW,
        "learnt_at": None,
        "place": "on these pages",
        "actor": "",
        "topics": "New coffees and Prices",
        "notice": {"text": NOTICE, "language": "en", "version": 1},
        "receipt_url": f"/preferences/history/receipt?act={number}",
    }
    for number, act, sign in ((4, "Taken back", "withdrawn"), (3, "Yes", "given"))
]
RECEIPT: dict[str, Any] = {
    "company": "Fjordkaffe AS",
    "number": 3,
    "title": "News and offers",
    "channel": "E-mail",
    "act": "Yes",
    "sign": "given",
    "at": NOW,
    "learnt_at": None,
    "place": "on these pages",
    "actor": "",
    "topics": "New coffees and Prices",
    "notice": NOTICE,
    "language": "en",
    "digest": "9f2c" * 16,
}
NO_CHOICES = {"given": 0, "refused": 0, "taken_back": 0, "waiting": 0, "unanswered": 0, "purposes": []}

REQUESTS = [
    {
        "url": "/requests/FJ-2481",
        "title": "A copy of your data",
        "words": "Asked on 20 November. 4 of 5 systems have answered.",
        "state": "open",
    },
    {"url": "/requests/FJ-2102", "title": "A copy of your data", "words": "Asked on 9 November.", "state": "ready"},
    {
        "url": "/requests/FJ-1904",
        "title": "A copy of your data",
        "words": "Asked on 4 June, done the same day.",
        "state": "ended",
    },
]
LAW = "One month from the day you asked (GDPR, article 12(3))."


def case(state: str, lead: str) -> Sample:
    """One request."""
    return {
        "number": "FJ-2481",
        "title": "A copy of your data",
        "state": state,
        "lead": lead,
        "asked_at": NOW - timedelta(days=3),
        "due": date(2026, 12, 21),
        "law": LAW,
        "day_number": 3,
        "days_total": 31,
        "usual": "a few minutes",
    }


def event(title: str, state: str, at: datetime | None = None, said: str = "") -> Sample:
    """One thing that happened or comes."""
    return {"title": title, "state": state, "at": at, "words": said}


def stage(title: str, state: str, said: str) -> Sample:
    """What one system has done."""
    return {"title": title, "state": state, "words": said}


def in_work() -> Sample:
    """A request while systems are asked."""
    return {
        "case": case("open", "We are asking our systems. 3 of 5 have answered."),
        "download": None,
        "later": [],
        "ended": False,
        "stages": [
            stage("Shop and account", "done", "10 facts read at 14:02."),
            stage("Loyalty", "done", "1 fact read at 14:02."),
            stage("Newsletter", "now", "Being read."),
            stage(
                "Delivery by Bris Bud", "trying", "It did not answer in time. We ask again at 14:20. You need not do anything."
            ),
            stage("Bookkeeping", "", "Comes next."),
        ],
        "form": MessageForm(),
        "messages": [],
        "events": [
            event("You asked for a copy", "done", NOW),
            event("We read your data", "now", said="4 of 5 systems"),
            event("Your file is ready", "", said="we write to you"),
        ],
        "cancel_url": "/requests/FJ-2481/cancel",
    }


def ready() -> Sample:
    """A request with its file, and a part that follows."""
    return {
        "case": case("ready", "Your file is ready. One part follows when a person has looked at it."),
        "download": {
            "url": "/requests/FJ-2481/download",
            "size": "1.2 MB",
            "until": date(2026, 12, 7),
            "without_pdf": False,
            "log": [{"at": NOW, "words": "Firefox on Android"}],
        },
        "form": MessageForm(),
        "messages": [
            {"author": "person", "at": NOW, "text": "Is my letter of March in it?"},
            {"author": "staff", "at": NOW, "text": "Yes. It comes with the part that follows."},
            {"author": "person", "at": NOW, "text": None},
        ],
        "later": [{"title": "What you wrote", "words": "1 message. By Monday 21 December 2026 at the latest."}],
        "ended": False,
        "stages": [
            stage("Shop and account", "done", "10 facts read at 14:02."),
            stage("Messages", "review", "Read. A person looks at it first."),
        ],
        "events": [
            event("You asked for a copy", "done", NOW),
            event("Your file is ready", "done", NOW),
            event("The rest follows", "now"),
        ],
        "cancel_url": "",
    }
