"""The function that moves points."""

from pathlib import Path

from django.db import migrations

SQL = (Path(__file__).resolve().parent.parent / "sql" / "post.sql").read_text()


class Migration(migrations.Migration):
    dependencies = [("wallets", "0003_append_only")]

    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
