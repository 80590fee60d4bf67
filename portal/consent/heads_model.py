"""The table of signed heads of the ledger. Must never hold anything of a person: a root, counts and a signature."""

from datetime import datetime

from sqlalchemy import LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, CompanyOwned


class LedgerHead(CompanyOwned, Base):
    """Where all chains of a company ended at one moment: Merkle root, counts, and both signed (`statement`, a compact JWS)."""

    __tablename__ = "ledger_head"

    id: Mapped[int] = mapped_column(primary_key=True)
    made_at: Mapped[datetime] = mapped_column(index=True)
    persons: Mapped[int]
    events: Mapped[int]
    root: Mapped[bytes] = mapped_column(LargeBinary(32))
    statement: Mapped[str] = mapped_column(Text)
