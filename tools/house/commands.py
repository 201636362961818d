"""The commands, inside the virtual environment. Each is a short list of steps."""

import os

from tools import check_i18n

from . import (
    config,
    demo,
    lint,
    machine,
    odoo_source,
    paths,
    postgres,
    pytest_run,
    shell,
    templates,
    test_run,
)


def run(options, rest):
    """Run the command that was asked for; return its exit code."""
    simple = {
        "format": lint.apply,
        "i18n": i18n,
        "lint": lint_all,
        "setup": setup,
        "stop": stop,
    }
    if options.command in simple:
        return simple[options.command]()
    if options.command == "db":
        return database(options)
    prepare()
    if options.command == "demo":
        return demo.run(rest)
    if options.command == "bench":
        return bench(rest)
    if options.command == "screenshots":
        return screenshots(rest)
    if options.command == "test":
        return test_run.run(rest)
    return pytest_run.run(rest)


def prepare():
    """Bring Odoo, PostgreSQL and the configuration: the part of `setup` everything needs."""
    with shell.lock("prepare"):
        odoo_source.ensure()
        postgres.ensure()
        config.write()


def setup():
    """Bring everything a working Odoo needs."""
    prepare()
    machine.ensure()
    templates.ensure_template()
    shell.say(f"Ready: {paths.BIN}/odoo, psql, python, pytest")


def database(options):
    """Make a fresh database from a cached template."""
    prepare()
    modules = paths.addons() if options.modules == ["all"] else options.modules
    templates.fresh_db(options.name, modules, demo=options.demo)
    shell.say(f"Database {options.name} is ready")


def bench(rest):
    """Run the benchmarks."""
    os.environ.update(postgres.environment())
    from benchmarks import __main__ as benchmarks

    return benchmarks.main(rest)


def screenshots(rest):
    """Take the pictures of the manual from the running demo."""
    machine.ensure({"chromium": machine.PROGRAMS["chromium"]})
    from tools.screenshots import __main__ as pictures

    return pictures.main(rest)


def stop():
    """Stop what runs."""
    demo.stop()
    postgres.stop()


def lint_all():
    """Run the linters."""
    return 0 if lint.run_all() else 1


def i18n():
    """Export the terms of our addons and merge them into the translations."""
    prepare()
    name = templates.fresh_db("i18n_export", paths.addons())
    try:
        return check_i18n.main(["--database", name, "--write"])
    finally:
        templates.drop_db(name)
