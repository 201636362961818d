from . import collections_agreement, collections_forewarning, collections_health
