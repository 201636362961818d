#!/usr/bin/env python3
"""Verify an evidence dossier, without Odoo and without anything but Python 3.

    python3 verify.py [folder]

Unpack every ZIP file of the dossier into one folder first. Checks, in this order:

1. every file is the one that was put in: its SHA-256 is in SHA256SUMS;
2. every entry of the log (log/log.jsonl) is the one that was written: its hash covers its fields
   and the hash of the entry before it, from the first to the head (log/head.json);
3. the texts kept beside the log are those that were logged: their salted digests.

Ends with 0 when all is intact, with 1 when something was changed, which it names.
"""

import hashlib
import json
import sys
from pathlib import Path

VERSION = "collections.log/1"
PARTS = ("subject", "body", "address", "note")


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


def text_of(value):
    return "None" if value is None else str(value)


def digest(entry):
    """The hash of an entry, from its fields: each text is preceded by its length."""
    previous, event, data, kept = (
        entry["previous_hash"], entry["event"], entry["data"], entry["content_digest"]
    )  # fmt: skip
    content = "-" if kept is None else f"{len(kept)}:{kept}"
    return sha256(
        f"{VERSION}|{len(previous)}:{previous}|{entry['id']}|{entry['case_id']}"
        f"|{entry['sequence']}|{entry['moment']}|{len(event)}:{event}"
        f"|{text_of(entry['user_id'])}|{text_of(entry['contact_id'])}"
        f"|{text_of(entry['run_id'])}|{len(data)}:{data}|{content}"
    )


def content_digest(content):
    parts = [VERSION, content["salt"], [content[name] for name in PARTS]]
    return sha256(json.dumps(parts, separators=(",", ":"), sort_keys=True))


def check_files(folder):
    faults, count = [], 0
    for line in (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines():
        expected, _space, name = line.partition("  ")
        path, count = folder / name, count + 1
        if not path.is_file():
            faults.append(f"file {name}: missing (unpack every part into the same folder)")
            continue
        found = hashlib.sha256()
        with path.open("rb") as file:
            for block in iter(lambda: file.read(1 << 20), b""):
                found.update(block)
        if found.hexdigest() != expected:
            faults.append(f"file {name}: was changed")
    return faults, count


def check_content(entry):
    kept, content = entry["content_digest"], entry["content"]
    if kept is None:
        return None if content is None else "has a text that was never logged"
    if content is None:
        return "has lost its text"
    if content.get("erased_on"):
        return None  # erased by law: the digest stays, the text is gone
    return None if content_digest(content) == kept else "has a text that was changed"


def check_log(folder):
    head = json.loads((folder / "log" / "head.json").read_text(encoding="utf-8"))
    previous, number, faults = sha256(f'["{VERSION}",{head["case_id"]}]'), 0, []
    with (folder / "log" / "log.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            entry = json.loads(line)
            number, here = number + 1, f"entry {entry['sequence']}"
            if entry["sequence"] != number or entry["case_id"] != head["case_id"]:
                faults.append(f"{here}: is not at its own place (expected {number})")
                number = entry["sequence"]
            if digest(entry) != entry["hash"]:
                faults.append(f"{here}: was changed after it was written")
            elif entry["previous_hash"] != previous:
                faults.append(f"{here}: does not fit the entry before it")
            if fault := check_content(entry):
                faults.append(f"{here}: {fault}")
            previous = entry["hash"]
    if (number, previous) != (head["sequence"], head["hash"]):
        faults.append(f"the log ends at entry {number}, its head says {head['sequence']}")
    return faults, number


def main(folder):
    file_faults, files = check_files(folder)
    log_faults, entries = check_log(folder)
    faults = file_faults + log_faults
    for fault in faults:
        sys.stdout.write(f"FAILED  {fault}\n")
    result = "FAILED" if faults else "INTACT"
    sys.stdout.write(f"{result}: {files} files, {entries} log entries, {len(faults)} faults\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent)))
