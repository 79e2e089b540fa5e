"""Every setting of the service, read from environment variables that begin with YIMA_."""

from datetime import date
from functools import lru_cache
from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """All settings; README lists them and a test compares."""

    model_config = SettingsConfigDict(env_prefix="YIMA_", extra="ignore")

    database_url: str | None = None
    """PostgreSQL with PostGIS; unset: the private cluster under state_dir."""
    state_dir: Path = Path(".local")
    """Cluster, evidence files, demo accounts."""
    today: date | None = None
    """Fixes the clock (Asia/Shanghai); the demo county lives at 2025-09-30."""
    host: str = "127.0.0.1"
    """Address the server binds to."""
    public_url: str | None = None
    """Base URL printed in QR codes and links when the proxy's headers can't be trusted."""
    root_path: str = ""
    """Sub-path under which a reverse proxy publishes the service, e.g. /yima."""
    session_hours: int = 12
    """Hours after which a sign-in ends."""
    upload_max_mb: int = 30
    """Largest evidence file in MB."""
    import_mb: int = 2048
    """Largest delivery handed in over HTTP, all its files together, in MB."""
    import_memory_mb: int = 3072
    """Memory in MB that the process of one import may hold."""
    import_minutes: int = 60
    """Minutes that the process of one import may take (1,000,000 parcels: about ten on two cores)."""
    map_pool_size: int = 8
    """Connections of one worker's map-reading pool."""
    app_pool_size: int = 8
    """Connections of one worker's pool for use-cases."""
    map_timeout_ms: int = 15000
    """Statement time-out of the map-reading role."""
    map_memory_mb: int = 1536
    """Memory in MB that one worker may hold a county's parcels in (about 1 kB each); 0, or a larger county: the database is asked."""
    tile_cache_mb: int = 256
    """Memory in MB that one worker may keep tiles in."""
    demo: bool = True
    """Whether /readyz waits for the demo county (scripts/run --no-demo sets it false)."""

    @property
    def dsn(self) -> str:
        """postgresql:// URL of the database; the private cluster's when none is given."""
        if self.database_url:
            return self.database_url
        from app import cluster

        return cluster.url(self.state_dir)


@lru_cache
def settings() -> Settings:
    """The one instance of this process."""
    return Settings()
