from . import collections_agency_portal, collections_forewarning, collections_health
