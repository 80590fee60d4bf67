"""The table of proofs that outlive their person. Must never say who it was."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, CompanyOwned


class SealedProof(CompanyOwned, Base):
    """The chain of an erased person: kept sealed until `destroy_at`, for claims about what was agreed to; then its key is destroyed."""

    __tablename__ = "sealed_proof"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, autoincrement=False)
    sealed_at: Mapped[datetime]
    destroy_at: Mapped[datetime] = mapped_column(index=True)
    destroyed_at: Mapped[datetime | None]
