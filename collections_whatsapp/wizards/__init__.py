from . import collections_health
