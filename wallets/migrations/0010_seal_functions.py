"""The functions that make seals and prove them."""

from pathlib import Path

from django.db import migrations

SQL = (Path(__file__).resolve().parent.parent / "sql" / "seal_functions.sql").read_text()


class Migration(migrations.Migration):
    dependencies = [("wallets", "0009_complete_operations")]

    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
