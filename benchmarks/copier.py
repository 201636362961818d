"""Rows made by copying a prototype row: every stored column Odoo needs is there by itself."""


class Copier:
    """Copies rows inside the database, with some columns replaced by expressions."""

    def __init__(self, cr, tables):
        self.cr = cr
        self.base = {table: self.max_id(table) for table in tables}

    def max_id(self, table):
        """Return the highest id of a table."""
        self.cr.execute(f"SELECT coalesce(max(id), 0) FROM {table}")
        return self.cr.fetchone()[0]

    def copy(self, table, overrides, source, values=()):
        """Insert copies of the rows ``proto`` of ``source``; ``overrides`` are SQL expressions."""
        columns = self._columns(table)
        picks = ", ".join(overrides.get(name, f'proto."{name}"') for name in columns)
        names = ", ".join(f'"{name}"' for name in columns)
        self.cr.execute(f"INSERT INTO {table} ({names}) SELECT {picks} {source}", values)

    def finish(self):
        """Let the sequences go on after what was copied."""
        for table in self.base:
            self.cr.execute(f"SELECT setval('{table}_id_seq', greatest(max(id), 1)) FROM {table}")

    def _columns(self, table):
        self.cr.execute(
            "SELECT column_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND table_name = %s ORDER BY ordinal_position",
            [table],
        )
        return [name for (name,) in self.cr.fetchall()]
