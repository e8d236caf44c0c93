"""The triggers that keep what was written."""

from pathlib import Path

from django.db import migrations

SQL = (Path(__file__).resolve().parent.parent / "sql" / "append_only.sql").read_text()


class Migration(migrations.Migration):
    dependencies = [("wallets", "0002_lot_draw_by_lot_and_transfer")]

    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
