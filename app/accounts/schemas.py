"""Bodies of the accounts routes."""

from datetime import date

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


class KeyOut(BaseModel):
    """The key, shown once."""

    key: str
    label: str
