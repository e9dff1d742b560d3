"""The tables of sign-ins that last, and of the tokens that renew them."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from identity.models import Base


class SignIn(Base):
    """Somebody who signed in; the row goes when they sign out, or when it is over.

    ``subject`` is an account's or a staff account's id, by ``kind``. Neither references its table: an account
    that nobody names any more goes whoever is still signed in.
    """

    __tablename__ = "sign_ins"
    __table_args__ = (CheckConstraint("kind IN ('staff', 'holder')", name="kind"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    subject: Mapped[str] = mapped_column(index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class RefreshToken(Base):
    """One token of a sign-in, as its hash; ``used_at`` is when it was first exchanged for the next."""

    __tablename__ = "refresh_tokens"
    __table_args__ = (Index("ix_refresh_tokens_sign_in_id", "sign_in_id", "created_at"),)

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    sign_in_id: Mapped[str] = mapped_column(ForeignKey("sign_ins.id", ondelete="CASCADE"))
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
