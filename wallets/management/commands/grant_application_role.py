"""Gives a database role what the portal's processes need, and no way to change what was written down."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from psycopg import sql

GRANTS = (
    "GRANT USAGE ON SCHEMA {schema} TO {role}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}",
    "GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {role}",
    "REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {role}",
)
# Triggers that refuse every UPDATE; and any that stands before a DELETE keeps the row. (pg_trigger.tgtype: 1 row,
# 2 before, 8 delete, 16 update.)
KEPT = """
SELECT tgrelid::regclass::text,
       bool_or(tgname IN ('append_only', 'decision_frozen', 'funding_kept') AND tgtype & 16 > 0 AND tgqual IS NULL)
FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
WHERE NOT tgisinternal AND tgtype & 11 = 11 AND relnamespace = current_schema()::regnamespace
GROUP BY tgrelid
"""
ABOVE_GRANTS = """
SELECT rolsuper OR pg_has_role(oid, (SELECT relowner FROM pg_class WHERE oid = 'wallets_transfer'::regclass), 'MEMBER')
FROM pg_roles WHERE rolname = %s
"""


class Command(BaseCommand):
    """Run it as the tables' owner, after each `migrate`: new tables are nobody else's before. Safe to repeat."""

    help = "Lets a role run the portal: it may insert into append-only tables and read them, and no more."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the role."""
        parser.add_argument("role", help="A role that exists, not the tables' owner: CREATE ROLE … LOGIN.")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Grant, all or nothing; refuse a role that no grant binds."""
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(ABOVE_GRANTS, [options["role"]])
            row = cursor.fetchone()
            if row is None:
                raise CommandError(f"There is no role {options['role']}. Make it first: CREATE ROLE … LOGIN.")
            if row[0]:
                raise CommandError(f"{options['role']} is a superuser or owns the tables: no grant binds it.")
            cursor.execute("SELECT current_schema()")
            names = {"role": sql.Identifier(options["role"]), "schema": sql.Identifier(cursor.fetchall()[0][0])}
            cursor.execute(KEPT)
            kept = [
                (table, "UPDATE, DELETE" if is_append_only else "DELETE") for table, is_append_only in cursor.fetchall()
            ]
            for statement in (*GRANTS, *(f"REVOKE {rights} ON {table} FROM {{role}}" for table, rights in kept)):
                cursor.execute(sql.SQL(statement).format(**names))
        self.stdout.write(f"{options['role']} may run the portal")
