from . import collections_whatsapp
