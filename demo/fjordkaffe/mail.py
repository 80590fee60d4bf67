"""Fjordkaffe's mail tool, a database of its own: contacts, lists, what was sent and opened. It knows customers by address only."""

from datetime import date
from random import Random

from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, Identity, Integer, MetaData, String, Table

from demo.database import Row, moment
from demo.fjordkaffe.accounts import customers
from demo.fjordkaffe.consents import consents

mailtool = MetaData()
contacts = Table(
    "contacts",
    mailtool,
    # Whoever says yes in the portal is a new contact here: the tool counts on from above those it came with.
    Column("id", Integer, Identity(start=100_000), primary_key=True),
    Column("email", String(254), nullable=False, unique=True),
    Column("full_name", String(400)),
    Column("language", String(8), nullable=False),
    Column("status", String(20), nullable=False),
    Column("topics", String(200)),
    Column("choice_number", BigInteger),
    Column("added_at", DateTime(timezone=True), nullable=False),
)
lists = Table(
    "lists", mailtool, Column("id", Integer, primary_key=True, autoincrement=False), Column("title", String(100), nullable=False)
)
list_members = Table(
    "list_members",
    mailtool,
    Column("contact_id", Integer, ForeignKey("contacts.id"), primary_key=True),
    Column("list_id", Integer, ForeignKey("lists.id"), primary_key=True),
    Column("list_title", String(100), nullable=False),
    Column("joined_at", DateTime(timezone=True), nullable=False),
)
sent_messages = Table(
    "sent_messages",
    mailtool,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("contact_id", Integer, ForeignKey("contacts.id"), nullable=False, index=True),
    Column("subject", String(200), nullable=False),
    Column("purpose", String(40), nullable=False),
    Column("topic", String(40), nullable=False),
    Column("sent_at", DateTime(timezone=True), nullable=False),
)
opens = Table(
    "opens",
    mailtool,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("message_id", Integer, ForeignKey("sent_messages.id"), nullable=False, index=True),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    Column("ip_address", String(45), nullable=False),
    Column("mail_program", String(100), nullable=False),
)

LISTS = ("New coffees", "Courses and tastings", "Prices")
SUBJECTS = (
    ("A new coffee from Guji", "coffees"), ("Tastings in Bergen this month", "courses"), ("Two bags, one price", "prices"),
    ("From the roastery", "coffees"), ("How to brew for four", "courses"), ("What is ripe now", "coffees"),
)  # fmt: skip
"""The subject of an issue, and the topic of `portal.yaml` that it is about."""

ISSUES = 36
DAYS_BETWEEN = 7


def send(today: date) -> dict[str, list[Row]]:
    """Rows of all five tables: a contact for each address that ever was on the newsletter, a message for each issue it was sent."""
    random = Random("fjordkaffe: mail")
    rows: dict[str, list[Row]] = {name: [] for name in ("contacts", "lists", "list_members", "sent_messages", "opens")}
    rows["lists"] = [{"id": number, "title": title} for number, title in enumerate(LISTS, 1)]
    people = {person.email: person for person in reversed(customers())}
    story = [act for act in consents(today) if (act.purpose, act.channel) == ("newsletter", "email") and act.act != "refused"]
    ended = {act.email: act.at for act in story if act.act == "withdrawn"}
    for act in story:
        if act.act == "withdrawn":
            continue
        person, contact = people[act.email], len(rows["contacts"]) + 1
        rows["contacts"].append(
            {
                "id": contact,
                # The tool stores what its form was given, in small letters.
                "email": act.email.lower(),
                "full_name": person.name or None,
                "language": act.language,
                "status": "unsubscribed" if act.email in ended else "active",
                "added_at": act.at,
            }
        )
        for number, title in enumerate(LISTS, 1):
            if number == 1 or random.random() < 0.4:
                rows["list_members"].append({"contact_id": contact, "list_id": number, "list_title": title, "joined_at": act.at})
        for issue in range(ISSUES):
            at = moment(today, 3 + issue * DAYS_BETWEEN, 9)
            if not act.at < at < ended.get(act.email, at.max.replace(tzinfo=at.tzinfo)):
                continue
            rows["sent_messages"].append(
                {
                    "id": len(rows["sent_messages"]) + 1,
                    "contact_id": contact,
                    "subject": SUBJECTS[issue % len(SUBJECTS)][0],
                    "purpose": "newsletter",
                    "topic": SUBJECTS[issue % len(SUBJECTS)][1],
                    "sent_at": at,
                }
            )
            if random.random() < 0.4:
                rows["opens"].append(
                    {
                        "id": len(rows["opens"]) + 1,
                        "message_id": len(rows["sent_messages"]),
                        "opened_at": moment(today, 3 + issue * DAYS_BETWEEN, 9 + random.uniform(0.1, 40)),
                        "ip_address": f"203.0.113.{random.randrange(256)}",
                        "mail_program": random.choice(("Thunderbird", "Apple Mail", "a web mail")),
                    }
                )
    return rows
