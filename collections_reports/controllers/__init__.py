from . import collections_report
