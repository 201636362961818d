"""Small facts remembered between commands, in one JSON file."""

import json

from . import paths


def load():
    """Return what is remembered, or an empty dict."""
    try:
        return json.loads(paths.STATE.read_text())
    except (FileNotFoundError, ValueError):
        return {}


def remember(**facts):
    """Merge facts into the file, replacing it in one step."""
    merged = load() | facts
    paths.STATE.parent.mkdir(parents=True, exist_ok=True)
    draft = paths.STATE.with_suffix(".draft")
    draft.write_text(json.dumps(merged, indent=2, sort_keys=True))
    draft.replace(paths.STATE)
