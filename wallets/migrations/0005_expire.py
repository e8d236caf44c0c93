"""The function that lets lots run out, and the index that finds holds whose time is over."""

from pathlib import Path

from django.db import migrations, models

SQL = (Path(__file__).resolve().parent.parent / "sql" / "expire.sql").read_text()


class Migration(migrations.Migration):
    dependencies = [("wallets", "0004_post")]

    operations = [
        migrations.RunSQL(SQL, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="hold",
            index=models.Index(fields=["expires_at"], condition=models.Q(("status", "placed")), name="hold_due"),
        ),
    ]
