"""Invents the people without a story: the same ones every time, in the order of their customer numbers."""

import unicodedata
from collections.abc import Iterable
from datetime import date, timedelta
from random import Random

from demo.stars import Person

NORWEGIAN = (
    "Ane Anders Bente Berit Camilla Daniel Eirik Elin Erlend Frida Gunnar Hanne Håkon Ida Ingeborg Ivar Kari Kjersti Lars Liv Magnus Marit "
    "Mathias Mette Nils Nora Ole Oda Petter Ragna Rolf Sigrid Silje Siri Solveig Stian Synnøve Terje Tiril Trond Vebjørn Åse Øyvind".split(),
    "Aune Bakke Berge Bråten Dale Eide Eikeland Engen Fjeld Gjerde Grønli Haugen Helle Holm Hovland Kvam Kårstad Lie Lunde Løken Midtbø Myhre "
    "Nygård Nystuen Ruud Rønning Sandvik Skogen Solheim Strand Sæther Tangen Teige Tveit Ulvestad Vold Øvrebø Ødegård Åsheim".split(),
)
GERMAN = (
    "Andreas Birgit Claudia Dieter Elke Florian Franziska Günther Heike Jörg Jürgen Katharina Lukas Markus Monika Sabine Stefan Susanne "
    "Thomas Ulrike Uwe Veronika Wolfgang Xaver Korbinian Leni Vroni Quirin Benedikt Magdalena".split(),
    "Bauer Böhm Brandl Eder Fischer Gruber Hofmann Kaiser Keller Köhler Krüger Lechner Maier Müller Neumann Obermeier Pichler Reiter Schäfer "
    "Schmid Schröder Seidl Stadler Vogel Wagner Weiß Wolf Zeller Zimmermann".split(),
)
ARABIC = (
    {
        "يوسف": "yusuf",
        "مريم": "maryam",
        "عمر": "omar",
        "سارة": "sara",
        "نور": "nour",
        "خالد": "khalid",
        "هدى": "huda",
        "سمير": "samir",
    },
    {
        "منصور": "mansour",
        "الخطيب": "alkhatib",
        "نجار": "najjar",
        "صالح": "saleh",
        "درويش": "darwish",
        "عزام": "azzam",
        "قاسم": "qasim",
    },
)
BERGEN = tuple(
    "Allégaten,Christies gate,Damsgårdsveien,Fjøsangerveien,Haukelandsveien,Ibsens gate,Kong Oscars gate,Lars Hilles gate,Marken,Neumanns gate,"
    "Olaf Kyrres gate,Sydnesgaten,Teatergaten,Torgallmenningen,Vestre Torggaten,Ytre Sandviksveien".split(",")
)
MUNICH = tuple(
    "Albert-Roßhaupter-Straße,Baaderstraße,Corneliusstraße,Dachauer Straße,Fraunhoferstraße,Hans-Sachs-Straße,Implerstraße,Klenzestraße,"
    "Lindwurmstraße,Müllerstraße,Pestalozzistraße,Reichenbachstraße,Tegernseer Landstraße,Weißenburger Straße".split(",")
)
MAILBOXES = ("example.org", "example.org", "example.net", "example.com", "mail.example.org", "post.example.net")


def invent_customers_in_bergen(stars: Iterable[Person], count: int) -> list[Person]:
    """`stars` and as many others as make `count`, with customer and phone numbers, at addresses in Bergen."""
    random, people = Random("fjordkaffe: people"), list(stars)
    taken = {person.email.lower() for person in people}
    for number in range(10001 + len(people), 10001 + count):
        first, last, latin = _name(random, random.choices(("nb", "de", "ar"), (70, 20, 10))[0])
        language = random.choices(("en", "de", "ar"), (64, 26, 10))[0]
        people.append(
            Person(
                _mailbox(random, latin, taken),
                f"FK-{number}",
                first,
                last,
                _birth_date(random),
                language,
                f"50{random.randrange(3, 98):02d}",
                phone=f"+47 400 0{random.randrange(1, 10)} {random.randrange(1000):03d}" if random.random() < 0.7 else None,
                street=f"{random.choice(BERGEN)} {random.randrange(1, 140)}",
                city="Bergen",
            )
        )
    return people


def invent_customers_in_munich(stars: Iterable[Person], count: int) -> list[Person]:
    """As above for the second company; every sixth has a second mailbox."""
    random, people = Random("alpenrad: people"), list(stars)
    taken = {person.email.lower() for person in people}
    for number in range(20001 + len(people), 20001 + count):
        first, last, latin = _name(random, "de")
        email = _mailbox(random, latin, taken)
        more = (_mailbox(random, f"buero.{latin}", taken),) if random.random() < 1 / 6 else ()
        people.append(
            Person(
                email,
                f"K-{number}",
                first,
                last,
                _birth_date(random) if random.random() < 0.6 else None,
                random.choices(("de", "en"), (85, 15))[0],
                f"8{random.randrange(331, 1930):04d}",
                phone=f"+49 89 0000 {random.randrange(1000):03d}" if random.random() < 0.8 else None,
                street=f"{random.choice(MUNICH)} {random.randrange(1, 180)}",
                city="München",
                more_emails=more,
            )
        )
    return people


def _name(random: Random, kind: str) -> tuple[str, str, str]:
    if kind == "ar":
        first, last = random.choice(list(ARABIC[0])), random.choice(list(ARABIC[1]))
        return first, last, f"{ARABIC[0][first]}.{ARABIC[1][last]}"
    firsts, lasts = NORWEGIAN if kind == "nb" else GERMAN
    first, last = random.choice(firsts), random.choice(lasts)
    return first, last, _plain(f"{first}.{last}")


def _plain(text: str) -> str:
    """Lower-case ASCII, as people make mailbox names of their own."""
    for letter, replacement in {"ø": "o", "æ": "ae", "å": "a", "ü": "ue", "ö": "oe", "ä": "ae", "ß": "ss"}.items():
        text = text.lower().replace(letter, replacement)
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def _mailbox(random: Random, local: str, taken: set[str]) -> str:
    domain = random.choice(MAILBOXES)
    address, number = f"{local}@{domain}", 1
    while address in taken:
        number += 1
        address = f"{local}{number}@{domain}"
    taken.add(address)
    return address


def _birth_date(random: Random) -> date:
    return date(1940, 1, 1) + timedelta(days=random.randrange(66 * 365))
