from . import collections_voice
