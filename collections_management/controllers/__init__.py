from . import collections_forewarning, collections_health
