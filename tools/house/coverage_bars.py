"""What a whole run of the tests has to cover: every branch of what decides, most of the rest."""

import json
from collections import defaultdict

ENGINE_BAR = 100  # per cent of lines and of branches of each file that decides
ADDON_BAR = 90  # per cent of lines of an addon


def check(path, addons):
    """Return what is under its bar, a sentence each, of coverage's report in JSON."""
    if not path.is_file():
        return ["nothing was measured: the report of the coverage is not there"]
    files = json.loads(path.read_text())["files"]
    return [*_check_engines(files, addons), *_check_addons(files, addons)]


def _check_engines(files, addons):
    for name, data in sorted(files.items()):
        addon, *rest = name.split("/")
        if addon not in addons or rest[:1] != ["engine"]:
            continue
        lines, branches = data["missing_lines"], data["missing_branches"]
        if lines or branches:
            places = [str(line) for line in lines] + [f"{a}->{b}" for a, b in branches]
            yield f"{name} is under {ENGINE_BAR} %: {', '.join(places)}"


def _check_addons(files, addons):
    counts = defaultdict(lambda: [0, 0])
    for name, data in files.items():
        count = counts[name.split("/")[0]]
        count[0] += data["summary"]["covered_lines"]
        count[1] += data["summary"]["num_statements"]
    for addon in addons:
        covered, lines = counts[addon]
        if not lines or covered * 100 < ADDON_BAR * lines:
            share = covered * 100 / lines if lines else 0
            yield f"{addon} has {share:.1f} % of its lines covered, less than {ADDON_BAR} %"
