"""Bodies of the accounts routes."""

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict, Field


class SignIn(BaseModel):
    """登录."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"username": "planner", "password": "…"}})
    username: str = Field(min_length=1, max_length=100)
    password: str = Field(min_length=1, max_length=200)


class AccountOut(BaseModel):
    """Who is signed in."""

    id: int
    username: str
    display_name: str
    role: str
    county_code: str
    department_code: str | None
    responsible_body: str | None


class SignedIn(BaseModel):
    """Token for `Authorization: Bearer`; the same is set as HttpOnly cookie."""

    token: str
    account: AccountOut


class CountyOut(BaseModel):
    """The caller's county; bbox is [west, south, east, north] in degrees, null when nothing is mapped."""

    code: str
    name: str
    bbox: list[float] | None


class SessionOut(BaseModel):
    """The standing session and the service's business date."""

    account: AccountOut
    as_of: date
    county: CountyOut
    can: dict[str, bool]


class KeyIn(BaseModel):
    """接口密钥 for a map front-end; origins are the pages (scheme://host) that may carry it in ?tk=."""

    model_config = ConfigDict(extra="forbid")
    label: str = Field(min_length=1, max_length=100)
    origins: list[str] = Field(default_factory=list, max_length=20)
    scopes: list[str] | None = Field(None, max_length=20, description="只开放这些:items、tiles、stats 等与图层名;不给则不限")
    rate_per_minute: int | None = Field(None, ge=1, le=1_000_000, description="每分钟次数;不给则不限")


class KeyOut(BaseModel):
    """The key, shown once: the same request sent again gets none."""

    id: int
    key: str | None
    label: str


class KeyRow(BaseModel):
    """A key as lists show it: never the key itself."""

    model_config = ConfigDict(from_attributes=True)
    id: int
    label: str
    username: str
    origins: list[str]
    scopes: list[str] | None
    rate_per_minute: int | None
    created_at: datetime
    revoked_at: datetime | None


class KeyList(BaseModel):
    """Keys, newest first."""

    items: list[KeyRow]
