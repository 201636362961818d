from . import collections_open_export
