"""The tables of Alpenrad's two databases, named in German: contacts with a natural key, and bookkeeping that points across to them."""

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    MetaData,
    Numeric,
    String,
    Table,
    Text,
)

crm = MetaData()
billing = MetaData()


def _contact(*, primary_key: bool = False) -> Column[str]:
    return Column(
        "kontakt_nr", String(12), ForeignKey("kontakt.kontakt_nr"), primary_key=primary_key, nullable=False, index=not primary_key
    )


def _running_number() -> Column[int]:
    return Column("lfd_nr", Integer, primary_key=True, autoincrement=False)


def _amount(name: str) -> Column[float]:
    return Column(name, Numeric(10, 2, asdecimal=False), nullable=False)


kontakt = Table(
    "kontakt",
    crm,
    Column("kontakt_nr", String(12), primary_key=True),
    Column("anrede", String(20)),
    Column("vorname", String(100), nullable=False),
    Column("nachname", String(100), nullable=False),
    Column("geburtsdatum", Date),
    Column("sprache", String(8), nullable=False),
    Column("angelegt_am", Date, nullable=False),
)
kontakt_email = Table(
    "kontakt_email",
    crm,
    _contact(primary_key=True),
    _running_number(),
    Column("adresse", String(254), nullable=False, index=True),
    Column("art", String(20), nullable=False),
    Column("erfasst_am", Date, nullable=False),
)
kontakt_telefon = Table(
    "kontakt_telefon",
    crm,
    _contact(primary_key=True),
    _running_number(),
    Column("nummer", String(40), nullable=False),
)
anschrift = Table(
    "anschrift",
    crm,
    _contact(primary_key=True),
    Column("art", String(20), primary_key=True),
    Column("strasse", String(200), nullable=False),
    Column("plz", String(10), nullable=False),
    Column("ort", String(100), nullable=False),
    Column("land", String(2), nullable=False),
)
fahrrad = Table(
    "fahrrad",
    crm,
    Column("rahmennummer", String(20), primary_key=True),
    _contact(),
    Column("modell", String(100), nullable=False),
    Column("gekauft_am", Date, nullable=False),
)
werkstatt_auftrag = Table(
    "werkstatt_auftrag",
    crm,
    Column("auftrag_nr", String(12), primary_key=True),
    _contact(),
    Column("rahmennummer", String(20), ForeignKey("fahrrad.rahmennummer"), nullable=False),
    Column("mechaniker", String(100), nullable=False),
    Column("beschreibung", Text, nullable=False),
    Column("angenommen_am", DateTime(timezone=True), nullable=False),
)
probefahrt = Table(
    "probefahrt",
    crm,
    _contact(primary_key=True),
    Column("datum", Date, primary_key=True),
    Column("modell", String(100), nullable=False),
    Column("ausweis_nr", String(20)),
)
notiz = Table(
    "notiz",
    crm,
    _contact(primary_key=True),
    _running_number(),
    Column("notiz_text", Text, nullable=False),
    Column("geschrieben_am", DateTime(timezone=True), nullable=False),
)
einwilligung = Table(
    "einwilligung",
    crm,
    _contact(primary_key=True),
    Column("zweck", String(40), primary_key=True),
    Column("weg", String(20), primary_key=True),
    Column("antwort", String(4), nullable=False),
    Column("stand_nr", BigInteger),
    Column("geaendert_am", DateTime(timezone=True), nullable=False),
)
empfehlung = Table(
    "empfehlung",
    crm,
    _contact(primary_key=True),
    Column("datum", Date, nullable=False),
    Column("interesse", String(100), nullable=False),
)

debitor = Table(
    "debitor",
    billing,
    Column("debitor_nr", Integer, primary_key=True, autoincrement=False),
    # The contact of the other database: no foreign key can say so.
    Column("crm_kontakt_nr", String(12), nullable=False, index=True),
    Column("zahlungsart", String(20), nullable=False),
    Column("iban", String(34)),
)
rechnung = Table(
    "rechnung",
    billing,
    Column("buchungskreis", String(4), primary_key=True),
    Column("beleg_nr", String(12), primary_key=True),
    Column("debitor_nr", Integer, ForeignKey("debitor.debitor_nr"), nullable=False, index=True),
    Column("datum", Date, nullable=False),
    Column("empfaenger", String(300), nullable=False),
    _amount("betrag"),
    _amount("mehrwertsteuer"),
)
rechnung_position = Table(
    "rechnung_position",
    billing,
    Column("buchungskreis", String(4), primary_key=True),
    Column("beleg_nr", String(12), primary_key=True, index=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("bezeichnung", String(200), nullable=False),
    Column("menge", Integer, nullable=False),
    _amount("einzelpreis"),
    ForeignKeyConstraint(["buchungskreis", "beleg_nr"], ["rechnung.buchungskreis", "rechnung.beleg_nr"]),
)
mahnung = Table(
    "mahnung",
    billing,
    Column("buchungskreis", String(4), primary_key=True),
    Column("beleg_nr", String(12), primary_key=True, index=True),
    Column("stufe", Integer, primary_key=True, autoincrement=False),
    Column("datum", Date, nullable=False),
    Column("brieftext", Text, nullable=False),
    ForeignKeyConstraint(["buchungskreis", "beleg_nr"], ["rechnung.buchungskreis", "rechnung.beleg_nr"]),
)
