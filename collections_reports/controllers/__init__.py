from . import collections_open_data, collections_report
