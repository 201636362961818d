"""The commands, inside the virtual environment. Each is a short list of steps."""

from . import config, machine, odoo_source, paths, postgres, pytest_run, shell, templates


def run(options, rest):
    """Run the command that was asked for; return its exit code."""
    if options.command == "stop":
        return stop()
    if options.command == "setup":
        return setup()
    if options.command == "db":
        return database(options)
    if options.command == "pytest":
        prepare()
        return pytest_run.run(rest)
    raise NotImplementedError(options.command)


def prepare():
    """Bring Odoo, PostgreSQL and the configuration: the part of `setup` everything needs."""
    odoo_source.ensure()
    config.write()
    postgres.ensure()


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


def stop():
    """Stop what runs."""
    postgres.stop()
