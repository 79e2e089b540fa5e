"""Every table of the service, gathered for Alembic and for tests that compare."""

from app.accounts import models as _accounts
from app.classification import models as _classification
from app.core import audit as _audit
from app.core import layers as _layers
from app.core import state as _state
from app.core.db import Base
from app.enterprises import models as _enterprises
from app.imports import models as _imports
from app.imports.corrections import models as _corrections
from app.ledger import models as _ledger
from app.maps import models as _maps
from app.maps.exports import models as _exports
from app.parcels import models as _parcels
from app.remediation import models as _remediation
from app.territories import models as _territories
from app.zoning import models as _zoning

metadata = Base.metadata
ROOMS = (
    _accounts, _audit, _classification, _corrections, _enterprises, _exports, _imports, _layers, _ledger, _maps, _parcels, _remediation,
    _state, _territories, _zoning,
)  # fmt: skip
