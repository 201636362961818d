"""Installing the addons logs no warning and no error."""

from tools.house import logwatch, paths, templates


def test_installing_every_addon_logs_nothing_wrong():
    found = []
    for log in templates.install_logs(paths.addons()):
        if log.exists():  # not when the tests run on a database of one's own
            found += logwatch.problems(log.read_text(errors="replace"))
    assert not found, "\n".join(found)
