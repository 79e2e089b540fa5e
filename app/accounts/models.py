"""Tables of the accounts room."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, CheckConstraint, DateTime, ForeignKey, Identity, Index, Integer, String, Text, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base


class Account(Base):
    """A person: role, department and (for an officer) the one responsible body."""

    __tablename__ = "account"
    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    county_code: Mapped[str] = mapped_column(String(6))
    username: Mapped[str] = mapped_column(Text)
    display_name: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(Text)
    department_code: Mapped[str | None] = mapped_column(Text)
    responsible_body: Mapped[str | None] = mapped_column(String(9))
    password_hash: Mapped[str] = mapped_column(Text)
    is_active: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    __table_args__ = (Index("uq_account_username", "username", unique=True),)


class Session(Base):
    """A sign-in: an opaque token, stored hashed, revocable at once."""

    __tablename__ = "account_session"
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    account_id: Mapped[int] = mapped_column(Integer, ForeignKey("account.id"))
    token_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    __table_args__ = (Index("uq_account_session_token", "token_hash", unique=True),)


class ApiKey(Base):
    """A key for map front-ends: read-only, bound to the role and scope of its account."""

    __tablename__ = "api_key"
    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    account_id: Mapped[int] = mapped_column(Integer, ForeignKey("account.id"))
    key_hash: Mapped[str] = mapped_column(String(64))
    label: Mapped[str] = mapped_column(Text)
    origins: Mapped[Any] = mapped_column(ARRAY(Text), server_default=text("'{}'"), comment="CORS origins and Referers")
    scopes: Mapped[Any] = mapped_column(ARRAY(Text), nullable=True, comment="areas and collections; null: all its account reads")
    rate_per_minute: Mapped[int | None] = mapped_column(Integer, comment="null: no limit")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    __table_args__ = (
        Index("uq_api_key_hash", "key_hash", unique=True),
        CheckConstraint("rate_per_minute > 0", name="rate"),
    )


class SignInAttempt(Base):
    """登录尝试, kept for the auditor and to slow guessing."""

    __tablename__ = "sign_in_attempt"
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    username: Mapped[str] = mapped_column(Text)
    address: Mapped[str | None] = mapped_column(Text)
    succeeded: Mapped[bool] = mapped_column(Boolean)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    __table_args__ = (Index(None, "username", "at"),)
