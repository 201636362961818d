from . import collections_printer
