"""Odoo 19: the one that was given, the one that is importable, or Debian's.

See docs/adr/0002-where-odoo-comes-from.md.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from . import apt, paths, state, venv
from .errors import HouseError
from .shell import lock, step

SUITE = "sid"
PACKAGE = "odoo-19"
# Debian replaces these files of Odoo's by symlinks into other packages. The versions Odoo expects
# are the ones of the machine's own (stable) suite: Font Awesome 4, not 6.
NEW_PACKAGES = (PACKAGE, "fonts-montserrat")
LINKED_PACKAGES = (
    "fonts-font-awesome",
    "fonts-inconsolata",
    "fonts-ocr-b",
    "fonts-roboto-unhinted",
    "libjs-jquery",
    "libjs-jquery-form",
    "libjs-underscore",
)
# Left out by Debian and reported by console.error on every page, which fails every browser test.
EMPTIED = ("mail/static/lib/selfie_segmentation/selfie_segmentation.js",)


def version_of(folder):
    """Return Odoo's major version in a folder that contains the `odoo` package, or None."""
    release = Path(folder) / "odoo" / "release.py"
    try:
        text = release.read_text()
    except OSError:
        return None
    facts = {}
    exec(compile(text, str(release), "exec"), facts)  # noqa: S102 - Odoo's own constants
    major = facts["version_info"][0]
    return int(str(major).rpartition("~")[2].split(".")[0]) if isinstance(major, str) else major


def addons_folders(folder):
    """Return the addons folders of an Odoo: a checkout keeps most of them beside the package."""
    candidates = [Path(folder) / "addons", Path(folder) / "odoo" / "addons"]
    found = [path for path in candidates if any(path.glob("*/__manifest__.py"))]
    if len(found) == 2 and (found[1] / "account").is_dir():
        return [found[1]]  # Debian: everything is inside the package, the other folder repeats it
    return found


def ensure():
    """Find or fetch Odoo 19 and make it importable in the environment."""
    folder = _given() or _importable() or _fetched()
    _link_into_venv(folder)
    state.remember(odoo=str(folder), addons_path=[str(path) for path in addons_folders(folder)])
    return folder


def _given(environ=os.environ):
    asked = environ.get("ODOO_SOURCE")
    if not asked:
        return None
    for folder in (Path(asked), Path(asked) / "usr/lib/python3/dist-packages"):
        version = version_of(folder)
        if version == 19:
            return folder.resolve()
        if version is not None:
            raise HouseError(f"ODOO_SOURCE={asked} holds Odoo {version}; Odoo 19 is needed.")
    raise HouseError(
        f"ODOO_SOURCE={asked} holds no Odoo: give the folder in which `odoo/release.py` lies."
    )


def _importable():
    """Return the folder of an Odoo 19 the machine's own Python can import, else None."""
    code = "import odoo.release as r, os; print(os.path.dirname(os.path.dirname(r.__file__)))"
    base = getattr(sys, "_base_executable", sys.executable)
    if venv.inside():
        base = str(Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}")
    try:
        found = subprocess.run(
            [base, "-c", code], capture_output=True, check=False, text=True, cwd="/"
        )
    except OSError:
        return None
    folder = found.stdout.strip()
    if found.returncode == 0 and folder and version_of(folder) == 19:
        return Path(folder)
    return None


def _fetched():
    folder = paths.ODOO / "usr/lib/python3/dist-packages"
    if (paths.ODOO / "complete").exists():
        return folder
    with lock("odoo"):
        if (paths.ODOO / "complete").exists():
            return folder
        packages = _downloaded()
        draft = paths.LOCAL / "odoo.draft"
        shutil.rmtree(draft, ignore_errors=True)
        shutil.rmtree(paths.ODOO, ignore_errors=True)
        with step("Odoo 19 unpacked"):
            for package in packages:
                apt.unpack(package, draft)
            for name in EMPTIED:
                path = draft / "usr/lib/python3/dist-packages/odoo/addons" / name
                if not path.exists():
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.touch()
            (draft / "complete").touch()
            draft.rename(paths.ODOO)
    return folder


def _downloaded():
    """Return the .deb files, downloading those that are not in the cache."""
    folder = paths.CACHE / "debs"
    wanted = (*NEW_PACKAGES, *LINKED_PACKAGES)
    missing = [name for name in wanted if not _cached(folder, name)]
    if missing:
        with step("Odoo 19 from the Debian archive (about 130 MB)"):
            private = apt.PrivateApt(SUITE)
            private.update()
            own = private.own_suite
            draft = folder.with_name("debs.draft")
            shutil.rmtree(draft, ignore_errors=True)
            suites = {name: SUITE if name in NEW_PACKAGES else own for name in missing}
            private.download(suites, draft)
            folder.mkdir(parents=True, exist_ok=True)
            for path in draft.glob("*.deb"):
                path.replace(folder / path.name)
            shutil.rmtree(draft)
    return [_cached(folder, name) for name in wanted]


def _cached(folder, name):
    return next(iter(sorted(folder.glob(f"{name}_*.deb"))), None)


def _link_into_venv(folder):
    """Put Odoo and this repository behind the environment's own packages on the import path."""
    link = Path(venv.site_packages()) / "collections_house.pth"
    content = f"{folder}\n{paths.ROOT}\n"
    if not link.exists() or link.read_text() != content:
        link.write_text(content)
