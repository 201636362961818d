"""What is deployed: watched services, secrets from outside, every addon inside."""

import ast
import fnmatch
import re
import subprocess

import pytest
import yaml
from packaging.requirements import Requirement

from tools.house import paths

COMPOSE = paths.ROOT / "docker-compose.yml"
IGNORED = paths.ROOT / ".dockerignore"
EXAMPLE = paths.ROOT / ".env.example"
SECRET = re.compile(r"password|secret|token|key", re.IGNORECASE)


@pytest.fixture(scope="module")
def compose():
    return yaml.safe_load(COMPOSE.read_text())


def get_manifest(addon):
    return ast.literal_eval((paths.ROOT / addon / "__manifest__.py").read_text())


def get_requirements():
    lines = (paths.ROOT / "requirements.txt").read_text().splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def test_the_web_and_the_scheduled_work_are_services_of_their_own(compose):
    services = compose["services"]
    assert {"db", "web", "cron"} <= set(services)
    assert services["db"]["image"] == "postgres:17"
    assert "--max-cron-threads=0" in services["web"]["command"], "the web does no scheduled work"
    assert any(part.startswith("--workers=") for part in services["web"]["command"])
    assert "ports" not in services["cron"], "nobody talks to the scheduled work"
    assert "--workers=0" in services["cron"]["command"]
    threads = [part for part in services["cron"]["command"] if "max-cron-threads" in part]
    assert threads == ["--max-cron-threads=${CRON_THREADS:-2}"]


def test_what_runs_for_long_is_watched_and_started_again(compose):
    for name, service in compose["services"].items():
        if name == "install":  # ends by itself
            assert service["restart"] == "no"
            continue
        assert service["healthcheck"]["test"], name
        assert service["restart"] == "unless-stopped", name
        assert service["logging"]["options"]["max-size"], f"{name} would fill the disk"


def test_nobody_starts_before_what_it_needs(compose):
    services = compose["services"]
    assert services["install"]["depends_on"] == {"db": {"condition": "service_healthy"}}
    for name in ("web", "cron"):
        done = {"install": {"condition": "service_completed_successfully"}}
        assert services[name]["depends_on"] == done


def test_data_outlives_the_containers(compose):
    mounts = {
        volume.split(":")[0]
        for service in compose["services"].values()
        for volume in service.get("volumes", [])
    }
    assert mounts == set(compose["volumes"]) == {"database", "filestore"}


def test_no_secret_is_written_down(compose):
    for name, service in compose["services"].items():
        for variable, value in service.get("environment", {}).items():
            if SECRET.search(variable):
                assert re.fullmatch(r"\$\{\w+:\?.+\}", value), f"{variable} of {name}"
    for line in EXAMPLE.read_text().splitlines():
        variable, _equals, value = line.partition("=")
        assert not (SECRET.search(variable) and value and not line.startswith("#")), line
    ignored = subprocess.run(
        ["git", "check-ignore", "--quiet", ".env"], cwd=paths.ROOT, check=False
    )
    assert ignored.returncode == 0, ".env could be committed"


def test_every_variable_is_explained_in_the_example():
    used = set(re.findall(r"(?<!\$)\$\{(\w+)", COMPOSE.read_text()))
    told = set(re.findall(r"^(\w+)=", EXAMPLE.read_text(), re.MULTILINE))
    assert used == told


def test_the_database_is_not_reached_from_outside(compose):
    db = compose["services"]["db"]
    assert "ports" not in db
    assert db["networks"] == ["inside"]
    assert compose["networks"]["inside"]["internal"] is True


def test_every_addon_is_in_the_image_and_nothing_private_is():
    def is_sent(path):
        sent = True
        for line in IGNORED.read_text().splitlines():
            if line and not line.startswith("#"):
                pattern = line.removeprefix("!")
                if any(fnmatch.fnmatch(part, pattern) for part in (path, path.split("/")[0])):
                    sent = line.startswith("!")
        return sent

    for addon in paths.addons():
        assert is_sent(addon), addon
    assert is_sent("requirements.txt")
    for name in (".env", ".git", ".local", "tools", "docs", "benchmarks"):
        assert not is_sent(name), name


def test_the_image_copies_the_addons_to_where_odoo_looks_and_runs_as_nobody_special():
    steps = [
        line.split(maxsplit=1)
        for line in (paths.ROOT / "Dockerfile").read_text().splitlines()
        if line and not line.startswith("#")
    ]
    assert steps[0] == ["FROM", "odoo:19"]
    assert ["COPY", ". /mnt/extra-addons/"] in steps
    [install] = [rest for word, rest in steps if word == "RUN"]
    assert install.endswith("-r /mnt/extra-addons/requirements.txt")
    assert steps[-1] == ["USER", "odoo"]


def test_the_requirements_name_what_the_manifests_need():
    named = {requirement.name.lower() for requirement in get_requirements()}
    for addon in paths.addons():
        for name in get_manifest(addon).get("external_dependencies", {}).get("python", []):
            assert name.lower() in named, f"{addon} needs {name}"


def test_the_requirements_are_met_by_what_the_tests_run_on():
    from importlib.metadata import version

    for requirement in get_requirements():
        name = {"psycopg2": "psycopg2-binary"}.get(requirement.name, requirement.name)
        assert requirement.specifier.contains(version(name)), requirement
