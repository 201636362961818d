"""`python -m benchmarks`: the real ledger night by night, the synthetic ones by size, the screens
of many cases, letters and statements."""

import argparse
import sys

PARTS = ("nights", "size", "screens", "letters")


def main(arguments=None):
    """Do what was asked for; return the exit code: 1 when a check or a bar failed."""
    options = _options(arguments)
    kept = True
    if "nights" in options.parts:
        from . import nights

        kept &= nights.run(
            options.data, options.nights, options.customers, options.keep, options.database
        )
    if "size" in options.parts:
        from . import bench

        kept &= bench.run(options.sizes, options.rounds, options.mails, options.keep)
    if "screens" in options.parts:
        from . import screens

        keep = ["--keep"] if options.keep else []
        kept &= not screens.main(["--cases", str(options.cases), *keep])
    if "letters" in options.parts:
        from . import letters

        kept &= not letters.main([str(options.letters)])
    return 0 if kept else 1


def _options(arguments):
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="default: all")
    parser.add_argument("--data", help="real receivables, a .csv or .csv.gz")
    parser.add_argument("--nights", type=int, default=60)
    parser.add_argument("--customers", type=int, help="only so many of the real ledger's")
    parser.add_argument("--database", default="nights", help="name of theirs, after bn_")
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--rounds", type=int, default=3, help="the best of them counts")
    parser.add_argument("--mails", type=int, default=1000)
    parser.add_argument("--cases", type=int, default=100_000, help="behind the screens")
    parser.add_argument("--letters", type=int, default=1000)
    parser.add_argument("--keep", action="store_true", help="leave the databases")
    options = parser.parse_args(arguments)
    options.parts = options.parts or list(PARTS)
    return options


if __name__ == "__main__":
    sys.exit(main())
