"""The demo goes on where it stopped, whatever interrupted it."""

import subprocess
import sys

import pytest

from tools.house import demo, paths, services
from tools.house.errors import HouseError


@pytest.fixture
def house(monkeypatch, tmp_path):
    """Replace the slow parts of the demo; return the list of what was done."""
    done = []
    logins = tmp_path / "logins.json"
    comment = {"text": None}

    def make_company(size):
        done.append(f"company {size}")
        logins.write_text("[]")

    monkeypatch.setattr(demo, "LOGINS", logins)
    monkeypatch.setattr(demo.phones, "STORE", tmp_path / "phones.json")
    monkeypatch.setattr(demo, "make_company", make_company)
    monkeypatch.setattr(demo.templates, "source_hash", lambda _addons: "now")
    monkeypatch.setattr(demo.templates, "comment", lambda _name: comment["text"])
    monkeypatch.setattr(
        demo.templates, "set_comment", lambda _name, text: comment.update(text=text)
    )
    monkeypatch.setattr(demo.templates, "fresh_db", lambda *_arguments: done.append("fresh"))
    monkeypatch.setattr(
        demo.templates, "install", lambda *_arguments, **_options: done.append("update")
    )
    return done, comment, logins


@pytest.mark.parametrize(
    ("found", "steps"),
    [
        (None, ["fresh", "company None"]),
        ("", ["fresh", "company None"]),  # copied half-way
        ("installed now", ["company None"]),  # the company half-way
        ("installed before", ["update", "company None"]),
        ("complete before", ["update", "company None"]),
        ("complete now", []),
    ],
)
def test_a_start_does_only_what_is_missing(house, found, steps):
    done, comment, logins = house
    comment["text"] = found
    logins.write_text("[]")
    demo.ensure_database(None)
    assert done == steps
    assert comment["text"] == "complete now"


def test_a_complete_database_without_its_logins_is_made_again(house):
    done, comment, _logins = house
    comment["text"] = "complete now"
    demo.phones.STORE.write_text("{}")
    demo.ensure_database(10)
    assert done == ["fresh", "company 10"]
    assert not demo.phones.STORE.exists(), "what the phones were told is of the database before"


@pytest.fixture
def service(monkeypatch, tmp_path):
    monkeypatch.setattr(paths, "RUN", tmp_path)
    monkeypatch.setattr(paths, "LOGS", tmp_path)
    made = services.Service("sleeper", "time.sleep")
    yield made
    made.stop()


def test_a_program_is_found_again_by_its_pid_and_stopped(service):
    process = service.start([sys.executable, "-c", "import time; time.sleep(60)"], None)
    again = services.Service("sleeper", "time.sleep")
    assert again.pid() == process.pid
    assert again.stop()
    assert again.pid() is None


def test_a_recycled_pid_is_never_ended(service):
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as stranger:
        service.pid_file.write_text(str(stranger.pid))
        assert service.pid() is None
        assert not service.stop()
        assert stranger.poll() is None
        stranger.communicate(b"\n")


def test_a_program_that_does_not_start_is_told_with_its_last_words(service):
    process = service.start([sys.executable, "-c", "raise SystemExit('no such thing')"], None)
    with pytest.raises(HouseError, match="sleeper did not start:\nno such thing"):
        service.wait_until(lambda: False, process, seconds=20)
