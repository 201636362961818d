"""Each thing that can be missing is told in one sentence that says what to do."""

import socket
from collections import namedtuple
from pathlib import Path

import pytest

from tools.house import apt, checks, config, machine, odoo_source, postgres
from tools.house.errors import HouseError

Usage = namedtuple("Usage", "total used free")


@pytest.mark.parametrize("version", [(3, 9), (3, 14), (2, 7)])
def test_a_python_odoo_cannot_run_on_is_named(version):
    with pytest.raises(HouseError, match=rf"Python {version[0]}\.{version[1]} .*PYTHON="):
        checks.check_python(version)


@pytest.mark.parametrize("version", [(3, 10), (3, 11), (3, 12), (3, 13)])
def test_every_python_odoo_runs_on_is_accepted(version):
    checks.check_python(version)


def test_a_full_disk_is_told_before_anything_is_downloaded(tmp_path):
    full = lambda _path: Usage(100, 99, int(1.5e9))  # noqa: E731
    with pytest.raises(HouseError, match=r"Only 1\.5 GB free .* COLLECTIONS_LOCAL"):
        checks.check_disk(tmp_path / "not" / "yet", usage=full)


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(HouseError, match="Cannot write to"):
        checks.check_writable(tmp_path / "file" / "local")


def test_a_taken_port_that_was_asked_for_is_an_error():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(HouseError, match=rf"Port {port} \(ODOO_PORT\) is taken"):
            checks.choose_port("ODOO_PORT", 8069, environ={"ODOO_PORT": str(port)})


def test_without_asking_the_next_free_port_is_taken():
    free = lambda port: port > 8070  # noqa: E731
    assert checks.choose_port("ODOO_PORT", 8069, environ={}, is_free=free) == 8071


@pytest.mark.parametrize("text", ["80a", "0", "70000", "-1"])
def test_a_port_that_is_no_port_is_an_error(text):
    with pytest.raises(HouseError, match="is not a port number"):
        checks.choose_port("ODOO_PORT", 8069, environ={"ODOO_PORT": text})


def test_no_network_is_told_with_what_pip_said(monkeypatch):
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    for name in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(HouseError, match="pip cannot reach its package index"):
        checks.check_package_index()


def test_a_given_odoo_must_be_there(tmp_path):
    with pytest.raises(HouseError, match="holds no Odoo"):
        odoo_source._given({"ODOO_SOURCE": str(tmp_path)})


@pytest.mark.parametrize(
    ("version_info", "accepted"),
    [((19, 0, 0, "final", 0, ""), True), ((18, 0, 0, "final", 0, ""), False)],
)
def test_a_given_odoo_must_be_19(tmp_path, version_info, accepted):
    (tmp_path / "odoo").mkdir()
    (tmp_path / "odoo" / "release.py").write_text(f"version_info = {version_info!r}\n")
    given = {"ODOO_SOURCE": str(tmp_path)}
    if accepted:
        assert odoo_source._given(given) == tmp_path.resolve()
    else:
        with pytest.raises(HouseError, match="holds Odoo 18"):
            odoo_source._given(given)


def test_a_checkout_keeps_its_addons_in_two_folders(tmp_path):
    for folder in ("addons/account", "odoo/addons/base"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "__manifest__.py").touch()
    assert odoo_source.addons_folders(tmp_path) == [tmp_path / "addons", tmp_path / "odoo/addons"]


DEB822 = """
# a comment
Types: deb
URIs: http://security.mirror.example/debian-security
Suites: bookworm-security
Components: main

Types: deb
# another
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/archive.gpg
"""
ONE_LINE = """
deb-src http://mirror.example/debian bookworm main
deb [signed-by=/k.gpg] http://mirror.example/debian bookworm main contrib
"""


@pytest.mark.parametrize(
    ("name", "text", "options"),
    [
        ("sources.list.d/debian.sources", DEB822, "[signed-by=/usr/share/keyrings/archive.gpg]"),
        ("sources.list", ONE_LINE, "[signed-by=/k.gpg]"),
    ],
)
def test_the_mirror_is_the_one_of_the_machine(tmp_path, name, text, options):
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    expected = (options, "http://mirror.example/debian", "bookworm")
    assert apt.machine_sources(tmp_path) == expected


def test_a_machine_without_debian_archive_is_told_about_odoo_source(tmp_path):
    with pytest.raises(HouseError, match="ODOO_SOURCE"):
        apt.machine_sources(tmp_path)


def test_missing_programs_are_found_under_any_of_their_names():
    assert machine.missing(which=lambda _name: None) == ["chromium", "wkhtmltopdf"]
    installed = {"google-chrome": "/x", "wkhtmltopdf": "/y"}
    assert machine.missing(which=installed.get) == []


def test_a_given_postgresql_is_used():
    given = {"PGHOST": "db", "PGUSER": "odoo", "PGPASSWORD": "secret"}
    assert postgres.is_given(given)
    assert postgres.connection(given) == {
        "host": "db",
        "port": "5432",
        "user": "odoo",
        "password": "secret",
    }
    assert not postgres.is_given({})


def test_a_postgresql_that_does_not_answer_is_told(monkeypatch):
    monkeypatch.delenv("COLLECTIONS_PG_EMBEDDED", raising=False)
    monkeypatch.setenv("PGHOST", "127.0.0.1")
    monkeypatch.setenv("PGPORT", "9")
    monkeypatch.setenv("PGUSER", "odoo")
    with pytest.raises(HouseError, match="PostgreSQL does not answer"):
        postgres.ensure()


def test_the_configuration_names_our_addons_before_odoos():
    folders = config.addons_path()
    assert Path(folders[-1]).name == "addons"
    assert all(Path(folder).is_dir() for folder in folders)
