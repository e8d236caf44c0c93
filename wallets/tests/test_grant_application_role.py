"""Which rights a role gets that runs the portal. What it then cannot do: tests/test_database.py."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from wallets.management.commands.grant_application_role import Command

pytestmark = pytest.mark.django_db
ROLE = "Portal's role"  # a name that must be quoted
RIGHTS = """
SELECT coalesce(string_agg(privilege, ' ' ORDER BY privilege), '')
FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) AS privilege
WHERE has_table_privilege(%s, %s, privilege)
"""
ALL, ADD = "DELETE INSERT SELECT UPDATE", "INSERT SELECT"


def ask(sql: str, *params: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        [(value,)] = cursor.fetchall()
    return value


def test_a_role_may_use_what_changes_and_only_add_to_what_does_not() -> None:
    with connection.cursor() as cursor:
        cursor.execute("""CREATE ROLE "Portal's role" LOGIN""")
    out = StringIO()
    call_command("grant_application_role", ROLE, stdout=out)
    assert out.getvalue() == "Portal's role may run the portal\n"
    tables = ["auth_group", "wallets_account", "wallets_hold", "wallets_transfer", "wallets_seal", "programs_funding"]
    assert {table: ask(RIGHTS, ROLE, table) for table in tables} == {
        "auth_group": ALL,
        "wallets_account": "INSERT SELECT UPDATE",
        "wallets_hold": "INSERT SELECT UPDATE",
        "wallets_transfer": ADD,
        "wallets_seal": ADD,
        "programs_funding": ADD,
    }
    assert ask(RIGHTS, ROLE, "django_migrations") == "SELECT"
    assert ask("SELECT has_schema_privilege(%s, current_schema(), 'USAGE')", ROLE) is True
    assert ask("SELECT has_sequence_privilege(%s, 'auth_group_id_seq', 'USAGE')", ROLE) is True


@pytest.mark.parametrize(
    ("role", "said"),
    [
        ("nobody-here", "There is no role nobody-here. Make it first: CREATE ROLE … LOGIN."),
        ("the owner", "the owner is a superuser or owns the tables: no grant binds it."),
    ],
)
def test_a_role_that_no_grant_binds_is_refused(role: str, said: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute('CREATE ROLE "the owner" SUPERUSER')
    with pytest.raises(CommandError) as refused:
        call_command("grant_application_role", role)
    assert str(refused.value) == said


def test_command_explains_itself() -> None:
    text = " ".join(Command().create_parser("manage.py", "grant_application_role").format_help().split())
    assert "positional arguments: role A role that exists, not the tables' owner: CREATE ROLE … LOGIN. options:" in text
