"""Debian packages: unpacked privately without root, or installed when allowed.

The mirror is always the one the machine itself is configured with; only the
suite changes. No mirror is written down here.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

from . import paths
from .errors import HouseError
from .shell import run_logged

SOURCES = Path("/etc/apt")


def machine_sources(folder=SOURCES):
    """Return (options, address, suite) of the machine's first Debian main archive.

    Reads both formats: `*.sources` (deb822) and one-line `*.list`.
    """
    files = [folder / "sources.list", *sorted((folder / "sources.list.d").glob("*"))]
    for path in files:
        if not path.is_file():
            continue
        text = path.read_text(errors="replace")
        found = _from_deb822(text) if path.suffix == ".sources" else _from_list(text)
        for options, address, suite in found:
            if not re.search(r"security|updates|backports|proposed", f"{address} {suite}"):
                return options, address, suite
    raise HouseError(
        "No Debian archive in this machine's apt sources to take Odoo 19 from: "
        "set ODOO_SOURCE to a folder with Odoo 19."
    )


def _from_deb822(text):
    for stanza in re.split(r"\n\s*\n", text):
        lines = [line for line in stanza.splitlines() if not line.startswith("#")]
        fields = dict(re.findall(r"^([\w-]+):\s*(.*)$", "\n".join(lines), re.M))
        if "main" not in fields.get("Components", "").split():
            continue
        keyring = fields.get("Signed-By", "")
        options = f"[signed-by={keyring}]" if keyring.startswith("/") else ""
        for address in fields.get("URIs", "").split():
            for suite in fields.get("Suites", "").split():
                yield options, address, suite


def _from_list(text):
    for line in text.splitlines():
        match = re.match(r"deb\s+(\[[^]]*\])?\s*(\S+)\s+(\S+)\s+(.+)", line.strip())
        if match and "main" in match.group(4).split():
            yield match.group(1) or "", match.group(2), match.group(3)


class PrivateApt:
    """apt-get with its own lists and sources: needs no root and leaves the machine alone."""

    def __init__(self, suite):
        if not shutil.which("apt-get") or not shutil.which("dpkg"):
            raise HouseError(
                "This machine has no apt-get to fetch Odoo 19 with: set ODOO_SOURCE to a folder "
                "with Odoo 19 (a checkout of its 19.0 branch, or an installed copy)."
            )
        self.suite = suite
        self.home = paths.CACHE / "apt"
        options, address, self.own_suite = machine_sources()
        for name in ("lists/partial", "archives/partial"):
            (self.home / name).mkdir(parents=True, exist_ok=True)
        self.sources = self.home / "sources.list"
        self.sources.write_text(
            f"deb {options} {address} {suite} main\ndeb {options} {address} {self.own_suite} main\n"
        )
        self.status = self.home / "status"
        self.status.touch()

    def _command(self, *arguments):
        settings = {
            "Dir::Etc::sourcelist": self.sources,
            "Dir::Etc::sourceparts": "/dev/null",
            "Dir::State::Lists": self.home / "lists",
            "Dir::State::status": self.status,
            "Dir::Cache": self.home,
            "Dir::Cache::archives": self.home / "archives",
            "APT::Sandbox::User": "root" if os.geteuid() == 0 else "",
            "Acquire::Retries": "3",
            "Acquire::Languages": "none",
            "Debug::NoLocking": "1",
        }
        options = [f"-o{key}={value}" for key, value in settings.items() if value != ""]
        return ["apt-get", "-q", *options, *arguments]

    def update(self):
        """Refresh the private lists."""
        run_logged(
            self._command("update"),
            "apt-update",
            error=f"The Debian archive ({self.suite}) cannot be reached: check the network, "
            "or set ODOO_SOURCE to a folder with Odoo 19",
        )

    def download(self, packages, folder):
        """Download packages ({name: suite}) into a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        run_logged(
            self._command("download", *(f"{name}/{suite}" for name, suite in packages.items())),
            "apt-download",
            error="Debian packages could not be downloaded",
            cwd=folder,
        )


def unpack(package, root):
    """Unpack one .deb into a folder, running none of its scripts."""
    root.mkdir(parents=True, exist_ok=True)
    run_logged(["dpkg", "-x", package, root], "dpkg", error=f"{package.name} is damaged")


def privileged_prefix():
    """Return the words that raise rights, or None when that is not possible unattended."""
    if os.geteuid() == 0:
        return []
    sudo = ["sudo", "-n"]
    if shutil.which("sudo") and not subprocess.call([*sudo, "true"], stdin=subprocess.DEVNULL):
        return sudo
    return None


def install(packages):
    """Install packages on the machine; tell whether that worked."""
    prefix = privileged_prefix()
    if prefix is None or not shutil.which("apt-get"):
        return False
    command = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y"]
    try:
        run_logged([*command, "update"], "apt-system-update", error="apt-get update failed")
        run_logged(
            [*command, "install", "--no-install-recommends", *packages],
            "apt-system-install",
            error=f"apt-get could not install {', '.join(packages)}",
        )
    except HouseError:
        return False
    return True
