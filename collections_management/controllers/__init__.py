from . import (
    collections_agency_portal,
    collections_agreement,
    collections_forewarning,
    collections_health,
)
