"""Tables of persons and identifiers. Must never hold an identifier in clear."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import crypto
from portal.core.columns import Encrypted
from portal.core.db import Base, CompanyOwned


class Person(CompanyOwned, Base):
    """A customer, as far as the portal must know one. `wrapped_key` seals what is kept about them and dies with them.

    `public_id` is random, and what the company's own systems may know a person by. `place`: where they said that they live, as a key of
    `law_places`; empty: they would not say, or elsewhere; null: they were not asked.
    """

    __tablename__ = "person"
    __table_args__ = (Index("ix_person_public_id", "company_id", "public_id", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(14), default=crypto.random_public_id, nullable=True)
    language: Mapped[str | None] = mapped_column(String(20))
    place: Mapped[str | None] = mapped_column(String(60))
    wrapped_key: Mapped[bytes | None] = mapped_column(LargeBinary, info={"ciphertext": "person.wrapped_key"})
    created_at: Mapped[datetime]


class PersonIdentifier(CompanyOwned, Base):
    """One address, number or customer number of a person. The same identifier belongs to one person within a company.

    `seen_alone_at`: when every system had answered and nothing spoke for a second person behind it. `left_at`: from when on it is no
    longer theirs, since they changed to another address; who signs in with it after that is somebody new. `joined_at`: when it was put
    to a person who was known already; what they had said yes to before is not for this address until it is proven. `taken_over_at`: when somebody
    new got it who is not who had it before; links to it from until then show nothing of them.
    """

    __tablename__ = "identifier"
    __table_args__ = (UniqueConstraint("company_id", "kind", "hash"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(30))
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    hash_key_id: Mapped[str] = mapped_column(String(12))
    value: Mapped[str] = mapped_column(Encrypted("identifier.value"))
    proven_at: Mapped[datetime | None]
    seen_alone_at: Mapped[datetime | None]
    left_at: Mapped[datetime | None]
    joined_at: Mapped[datetime | None]
    taken_over_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    def is_left_for_good(self, now: datetime) -> bool:
        """Whether its person changed from it to another and can no longer undo that: whose it is by now nobody can tell."""
        return self.left_at is not None and self.left_at <= now


class Tombstone(CompanyOwned, Base):
    """What was erased: the keyed hash of the identifier, and when. It acts on nothing that is newer than `erased_at`.

    `system` is empty where everything under the identifier went; else it is one system's data, of one record (`record_hash`) or of all
    (null), in these data `categories` (none: all).
    """

    __tablename__ = "tombstone"
    __table_args__ = (Index("ix_tombstone_identifier", "company_id", "identifier_hash"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(30))
    identifier_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    hash_key_id: Mapped[str] = mapped_column(String(12))
    system: Mapped[str] = mapped_column(String(60), default="")
    record_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    categories: Mapped[list[str]] = mapped_column(JSON)
    erased_at: Mapped[datetime]


class Suppression(CompanyOwned, Base):
    """An identifier that must not be contacted for one purpose through one channel, whether or not a person is known behind it.

    `source` is where the wish came in. `lifted_at` is when the person themselves said yes again, later than `at`.
    """

    __tablename__ = "suppression"
    __table_args__ = (UniqueConstraint("company_id", "hash", "purpose", "channel"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    hash_key_id: Mapped[str] = mapped_column(String(12))
    purpose: Mapped[str] = mapped_column(String(41))
    channel: Mapped[str] = mapped_column(String(41))
    source: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime]
    lifted_at: Mapped[datetime | None]
