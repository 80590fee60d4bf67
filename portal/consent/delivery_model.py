"""The table of choices on their way to the systems. Must never keep an address in clear, nor one longer than until it has arrived."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.columns import Encrypted
from portal.core.db import Base, CompanyOwned


class ConsentDelivery(CompanyOwned, Base):
    """One choice on its way to one system: of a person, or (with `value`, until it has arrived) of an address that nobody is known by.

    `wanted` is the sequence of the newest act and `written` that of the newest the system confirmed; `found`: it had a record to
    write it to. Sequences are microseconds, pushed on where two would be equal. `rounds` counts the steps that were asked for.
    """

    __tablename__ = "consent_delivery"
    __table_args__ = (
        UniqueConstraint("company_id", "person_id", "purpose", "channel", "topic", "system", name="uq_consent_delivery_person"),
        UniqueConstraint(
            "company_id", "identifier_hash", "purpose", "channel", "topic", "system", name="uq_consent_delivery_identifier"
        ),
        # Rows go while their steps stay: under the number of one that is gone, a new one's step would be taken for asked and done.
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str | None] = mapped_column(String(30))
    value: Mapped[str | None] = mapped_column(Encrypted("consent_delivery.value"))
    identifier_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    hash_key_id: Mapped[str | None] = mapped_column(String(12))
    purpose: Mapped[str] = mapped_column(String(41))
    channel: Mapped[str] = mapped_column(String(41))
    topic: Mapped[str] = mapped_column(String(41), default="")
    system: Mapped[str] = mapped_column(String(60))
    rounds: Mapped[int]
    wanted: Mapped[int] = mapped_column(BigInteger)
    written: Mapped[int | None] = mapped_column(BigInteger)
    written_at: Mapped[datetime | None]
    found: Mapped[bool | None]
