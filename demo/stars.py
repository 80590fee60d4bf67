"""The people of the demo that have a story: tests and the walk-through name them here, by what makes them special.

Must never hold an address that could belong to someone: all end in example.org, .net, .com or .invalid (RFC 2606).
"""

from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True)
class Person:
    """Who someone is to one company, and what would prove it. `email` is as the company stores it."""

    email: str
    customer_number: str
    first_name: str | None
    last_name: str | None
    birth_date: date | None
    language: str
    postcode: str = ""
    order_number: str = ""
    phone: str | None = None
    street: str = ""
    city: str = ""
    more_emails: tuple[str, ...] = field(default=())

    @property
    def name(self) -> str:
        """First and last name, as one text; empty where the company knows neither."""
        return " ".join(part for part in (self.first_name, self.last_name) if part)


# fmt: off
# One person a line or two, as in a list of a cast.

# Fjordkaffe

MAREN = Person(
    "maren@example.org", "FK-10001", "Maren", "Vik", date(1991, 3, 14), "en", "5015", "F-204417", "+47 400 00 123", "Nygårdsgaten 12", "Bergen"
)
"""The customer of the walk-through: something in every table, two facts that she did not give."""

HOUSEHOLD = (
    Person(
        "astrid.fossen@example.net", "FK-10002", "Astrid", "Fossen", date(1984, 7, 2), "en", "5003", "F-311902", "+47 400 00 201",
        "Strandgaten 88", "Bergen",
    ),
    Person(
        "jonas.fossen@example.net", "FK-10003", "Jonas", "Fossen", date(1982, 1, 19), "de", "5003", "F-311977", "+47 400 00 202",
        "Strandgaten 88", "Bergen",
    ),
)
"""Two customers with a mailbox each who live at one address: both link to the same address row."""

SHARED = (
    Person("post@lund.example.net", "FK-10004", "Odd", "Lund", date(1951, 11, 30), "en", "5031", "F-420118", None, "Helleveien 3", "Bergen"),
    Person("post@lund.example.net", "FK-10005", "Selma", "Dahl", date(1997, 5, 8), "en", "5034", "F-420733", None, "Sandviken 41", "Bergen"),
)
SHARED_ADDRESS = "post@lund.example.net"
"""One e-mail address that two different customers gave: nothing of either may be shown for it alone."""

CAPITALS = Person(
    "Ragnhild.Moe@Example.ORG", "FK-10006", "Ragnhild", "Moe", date(1975, 9, 23), "en", "5007", "F-518240", "40 00 03 01", "Møllendalsveien 6",
    "Bergen",
)
"""Stored with capitals: `ragnhild.moe@example.org` must find her."""

NEARLY_EMPTY = Person("guest4711@example.com", "FK-10007", None, None, None, "en")
"""A guest account that never bought: a number, an address and a date are all there is."""

MANY_ORDERS = Person(
    "innkjop@kaffebar.example.com", "FK-10008", "Bjørg", "Heggland", date(1969, 2, 11), "en", "5011", "F-600300", "+47 400 00 400",
    "Øvregaten 21", "Bergen",
)
"""Buys for a café: 300 orders, and the person whose rows grow for measurements."""

HOSTILE = Person(
    "hostile@example.org", "FK-10009", '<script>alert("first")</script>', '=HYPERLINK("https://attacker.example.com","Vik")',
    date(1990, 1, 1), "en", "5014", "F-666001", None, "<b>Torget</b> 1", "Bergen",
)
"""Markup, formulas and control characters in every text that a customer can write."""

CARELESS = Person(
    "careless@example.org", "FK-10010", "Tor", "Brekke", date(1988, 8, 8), "en", "5018", "F-702255", None, "Fjellveien 40", "Bergen"
)
"""Wrote a card number, an account number and a password into a support ticket."""

SENSITIVE = Person(
    "lena.berg@example.org", "FK-10011", "Lena", "Berg", date(1979, 12, 5), "de", "5006", "F-713408", "+47 400 00 500", "Vaskerelven 9", "Bergen"
)
"""Told us of an allergy when she booked a tasting: health data."""

ARABIC = Person(
    "layla.haddad@example.org", "FK-10012", "ليلى", "حداد", date(1994, 4, 17), "ar", "5017", "F-725561", "+47 400 00 600", "Rosenbergsgaten 4",
    "Bergen",
)
"""Reads Arabic, and writes her name in it."""

NEIGHBOUR = Person(
    "per.aasen@example.org", "FK-10013", "Per", "Aasen", date(1958, 6, 1), "en", "5015", "F-739914", "+47 400 00 700", "Nygårdsgaten 14", "Bergen"
)
"""Took in a parcel of Maren's: the delivery names him, and is not his."""

CUSTOMER_OF_BOTH = Person(
    "jonas.berger@example.org", "FK-10014", "Jonas", "Berger", date(1986, 10, 12), "de", "5009", "F-744020", None, "Kalfarveien 30", "Bergen"
)
"""Has an account at both companies: neither may learn of the other."""

ODD_NAMES = (
    Person(
        "turned@example.org", "FK-10015", "Eva\u202egnp.exe", "\u2066Strand\u2069 ☕👩🏽\u200d🌾", date(1992, 2, 2), "en", "5010", "F-751003", None,
        "Markeveien 2", "Bergen",
    ),
    Person("formula@example.org", "FK-10016", "+1", "@SUM(1+1)*2", date(1993, 3, 3), "en", "5012", "F-751004", None, "-2+3", "Bergen"),
    Person(
        "long@example.org", "FK-10017", "Wolfgang " * 20 + "Amadeus", "O'Brien-\"Quote\" <Næss> & Sønner", date(1994, 4, 4), "de", "5016",
        "F-751005", None, "Kong Haakons gate 1", "Bergen",
    ),
)
"""Names that turn the text around them, read as formulas, or do not end."""

ONLY_IN_THE_CAFE = "cafe.guest@example.com"
"""Known to one small system of Fjordkaffe and to no other."""

NOBODY = "nobody@example.org"
"""No company of the demo holds anything under this address."""

FJORDKAFFE = (
    MAREN, *HOUSEHOLD, *SHARED, CAPITALS, NEARLY_EMPTY, MANY_ORDERS, HOSTILE, CARELESS, SENSITIVE, ARABIC, NEIGHBOUR, CUSTOMER_OF_BOTH,
    *ODD_NAMES,
)

# Alpenrad

ANNA = Person(
    "anna.huber@example.org", "K-20001", "Anna", "Huber", date(1987, 6, 21), "de", "80469", "R-500121", "+49 89 0000 121", "Auenstraße 17",
    "München", ("anna@huber-architektur.example.net",),
)
"""The customer of the second company's walk: two mailboxes, invoices, a test ride with a noted identity card."""

ALPENRAD_SHARED = (
    Person("familie.wimmer@example.net", "K-20002", "Georg", "Wimmer", date(1955, 3, 3), "de", "81541", "R-500300", None, "Am Nockherberg 5", "München"),
    Person("familie.wimmer@example.net", "K-20003", "Theresa", "Wimmer", date(1999, 9, 9), "de", "81541", "R-500301", None, "Am Nockherberg 5", "München"),
)
ALPENRAD_BOTH = Person(
    "jonas.berger@example.org", "K-20004", "Jonas", "Berger", date(1986, 10, 12), "de", "80331", "R-500412", None, "Sendlinger Straße 2", "München"
)
ALPENRAD = (ANNA, *ALPENRAD_SHARED, ALPENRAD_BOTH)

STAFF = ("Ingrid Solbakken", "Sverre Tangeland", "Yasmin Holte")
"""Who handles tickets at Fjordkaffe: no customer may ever be handed these names."""
MECHANICS = ("Alois Kranzlmüller", "Burgl Stangassinger")
"""The same at Alpenrad."""
