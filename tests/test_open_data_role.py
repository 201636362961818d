"""The role of docs/open-data.md, made by a superuser on a real PostgreSQL: it reads the views of
the open data and nothing else, also after an update of the addon."""

import re

import psycopg2
import pytest

from tools.house import paths, postgres, templates

pytestmark = pytest.mark.slow

ROLE = "collections_bi_test"
PAGE = paths.ROOT / "docs" / "open-data.md"
VIEWS = """
    SELECT table_name FROM information_schema.views WHERE table_schema = 'collections_open'
"""


def read_script():
    """Return the script of the page, for a role and an owner of the test."""
    [script] = re.findall(r"<!-- role -->\n```sql\n(.*?)```", PAGE.read_text(), re.DOTALL)
    owner = postgres.connection()["user"]
    assert "FOR ROLE odoo " in script
    return script.replace("collections_bi", ROLE).replace("FOR ROLE odoo ", f'FOR ROLE "{owner}" ')


def connect(database, user=None):
    found = {key: value for key, value in postgres.connection().items() if value}
    if user:
        found["user"] = user
    if user == ROLE:
        found["password"] = "change me"
    link = psycopg2.connect(dbname=database, **found)
    link.autocommit = True
    return link


def connect_superuser(database):
    """Return a connection of a superuser: of the embedded server, or the one we were given."""
    link = connect(database, None if postgres.is_given() else "postgres")
    with link.cursor() as cursor:
        cursor.execute("SELECT usesuper FROM pg_user WHERE usename = current_user")
        if not cursor.fetchone()[0]:
            pytest.skip("credentials: PGUSER of a superuser of PostgreSQL")
    return link


@pytest.fixture
def database(fresh_db):
    """A database with the reports, and the role made as the page says."""
    name = fresh_db("open_data", ["collections_reports"])
    superuser = connect_superuser(name)
    try:
        with superuser.cursor() as cursor:
            cursor.execute(read_script())
            yield name
            cursor.execute(f"DROP OWNED BY {ROLE}; DROP ROLE {ROLE}")
    finally:
        superuser.close()


def test_the_role_reads_the_views_and_nothing_else(database):
    templates.install(database, ["collections_reports"], update=True)  # grants outlive an update
    link = connect(database, ROLE)
    try:
        with link.cursor() as cursor:
            cursor.execute(VIEWS)
            names = {row[0] for row in cursor.fetchall()}
            assert names == {"agreements", "cases", "contacts", "disputes", "history", "payments",
                             "promises", "receivables"}  # fmt: skip
            for name in names:
                cursor.execute(f"SELECT count(*) FROM {name}")  # found without its schema
            cursor.execute("SHOW default_transaction_read_only")
            assert cursor.fetchone()[0] == "on"
            cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            tables = [row[0] for row in cursor.fetchall()]
            cursor.execute(
                "SELECT name FROM unnest(%s) name WHERE has_table_privilege(%s, 'public.' ||"
                " quote_ident(name), 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')",
                (tables, ROLE),
            )
            assert len(tables) > 300 and not cursor.fetchall()
            for statement in (
                "SELECT id FROM public.account_move_line LIMIT 1",
                "SELECT login FROM public.res_users",
                "UPDATE cases SET state = 'closed'",
                "DELETE FROM cases",
                "CREATE TABLE collections_open.mine (id int)",
                "CREATE VIEW collections_open.mine AS SELECT 1",
            ):
                cursor.execute("SET default_transaction_read_only = off")  # anybody may
                with pytest.raises(psycopg2.Error) as caught:
                    cursor.execute(statement)
                assert caught.value.pgcode in ("42501", "55000"), (statement, caught.value)
    finally:
        link.close()


def test_uninstalling_takes_the_views_away(database):
    link = connect_superuser(database)
    try:
        with link.cursor() as cursor:
            cursor.execute(VIEWS)
            assert cursor.fetchall()
        uninstall(database)
        with link.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_namespace WHERE nspname = 'collections_open'")
            assert not cursor.fetchall()
            cursor.execute("SELECT tablename FROM pg_tables WHERE tablename LIKE %s",
                           ("collections_provision_%",))  # fmt: skip
            left = {row[0] for row in cursor.fetchall()}
            assert left == {"collections_provision_band", "collections_provision_line"}
    finally:
        link.close()


def uninstall(database):
    """Uninstall the reports as a person does."""
    from test_install_cycle import shell

    shell(
        database,
        'env["ir.module.module"].search([("name", "=", "collections_reports")])'
        ".button_immediate_uninstall()\n",
    )
