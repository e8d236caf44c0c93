"""Quotas, which the database's log need not know, and the function that takes from them."""

from pathlib import Path

from django.db import migrations, models

TAKE = (Path(__file__).resolve().parent.parent / "sql" / "take.sql").read_text()
# Room on each page for the next version of its rows, so that writing one touches no index.
UNLOGGED = "ALTER TABLE api_quota SET UNLOGGED; ALTER TABLE api_quota SET (fillfactor = 50)"


class Migration(migrations.Migration):
    dependencies = [("api", "0003_idempotency_keys")]

    operations = [
        migrations.CreateModel(
            name="Quota",
            fields=[
                (
                    "name",
                    models.TextField(
                        help_text="Whose, as client:…, token:… or address:….", primary_key=True, serialize=False
                    ),
                ),
                ("full_at", models.DateTimeField(help_text="When it is full again.")),
            ],
        ),
        migrations.RunSQL(UNLOGGED, migrations.RunSQL.noop),
        migrations.RunSQL(TAKE, "DROP FUNCTION api_take"),
    ]
