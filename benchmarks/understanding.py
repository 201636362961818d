"""How well the automatic answers understand: python3 benchmarks/understanding.py [--faults]

Reads the labelled utterances of the addon's tests and tells the shares of both halves. ``date`` and
``amount`` count those that were answered, ``... told`` those that an utterance tells.
"""

import sys
from importlib import import_module, util
from pathlib import Path

ADDON = Path(__file__).parent.parent / "collections_management"


def load(name, path):
    """Load a module of the addon without Odoo: it is plain Python."""
    folder = [str(path.parent)] if path.name == "__init__.py" else None
    spec = util.spec_from_file_location(name, path, submodule_search_locations=folder)
    module = sys.modules[name] = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main():
    load("engine", ADDON / "engine" / "__init__.py")
    utterances = load("utterances", ADDON / "tests" / "utterances.py")
    figures, faults = utterances.measure(import_module("engine.understanding"))
    for half in ("dev", "held out"):
        print(f"\n{half}")
        for (which, kind, group), (right, answered, count) in sorted(figures.items()):
            if which == half:
                of = answered if kind in ("date", "amount") else count
                share = 100 * right / max(of, 1)
                print(f"  {kind:12} {group:22} {right:4} of {of:4}  {share:6.2f} %")
    if "--faults" in sys.argv:
        for half, text, fault in faults:
            if half == "dev":
                print(f"  {text!r}: {fault}")
    print(f"\n{len(faults)} faults; --faults tells those of the half that may be tuned on")


if __name__ == "__main__":
    main()
