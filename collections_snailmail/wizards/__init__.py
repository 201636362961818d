from . import collections_snailmail_post
