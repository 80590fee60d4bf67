"""The table of files that came with messages, or with the answer to a task. Content and name lie sealed, and go with their message, case or person."""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.cases.model import word_of
from portal.core.columns import Encrypted
from portal.core.db import Base, CompanyOwned
from portal.core.uploads import FileKind


class CaseFile(CompanyOwned, Base):
    """One file that came with a message, or (`task_id`, for staff alone) from the owner of a system. `content` is sealed under a key of its own, and `key` is that key, sealed: a rotation of keys
    need not touch the content. `name` is what its owner calls it, shown and used for nothing; `number` stands in its address.
    """

    __tablename__ = "case_file"
    __table_args__ = (UniqueConstraint("company_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"), index=True)
    message_id: Mapped[int | None] = mapped_column(ForeignKey("case_message.id", ondelete="CASCADE"), index=True)
    task_id: Mapped[int | None] = mapped_column(ForeignKey("case_task.id", ondelete="CASCADE"), index=True)
    number: Mapped[str] = mapped_column(String(20))
    kind: Mapped[FileKind] = mapped_column(word_of(FileKind, 8))
    name: Mapped[str] = mapped_column(Encrypted("case_file.name"))
    size: Mapped[int]
    key: Mapped[bytes] = mapped_column(LargeBinary, info={"ciphertext": "case_file.key"})
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    at: Mapped[datetime]
