from . import collections_report
from . import collections_open_data
