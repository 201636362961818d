"""Programs of the machine: Chromium for browser tests, wkhtmltopdf for PDF, Node for lint."""

import shutil

from . import apt
from .shell import say, step

# program -> (other names it goes by, Debian package, what it is for)
PROGRAMS = {
    "chromium": (("google-chrome", "chrome", "chromium-browser"), "chromium", "browser tests"),
    "wkhtmltopdf": ((), "wkhtmltopdf", "PDF reports"),
}
NODE_PROGRAMS = {
    "node": (("nodejs",), "nodejs", "JavaScript and XML lint"),
    "npm": ((), "npm", "JavaScript and XML lint"),
}


def missing(programs=None, which=shutil.which):
    """Return the programs that are not on the machine under any of their names."""
    programs = PROGRAMS if programs is None else programs
    return [
        name
        for name, (others, _package, _purpose) in programs.items()
        if not any(which(candidate) for candidate in (name, *others))
    ]


def ensure(programs=None):
    """Install what is missing when the system allows it; say what to do otherwise."""
    programs = PROGRAMS if programs is None else programs
    lacking = missing(programs)
    if not lacking:
        return []
    packages = [programs[name][1] for name in lacking]
    with step(f"{', '.join(packages)} through apt"):
        apt.install(packages)
    still = missing(programs)
    for name in still:
        _others, package, purpose = programs[name]
        say(f"  ! {name} is missing ({purpose}): install the package '{package}' of your system.")
    return still
