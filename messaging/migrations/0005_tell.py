"""Telling becomes a function that other rooms' statements call (sql/tell.sql)."""

from pathlib import Path

from django.db import migrations

TELL = (Path(__file__).resolve().parent.parent / "sql" / "tell.sql").read_text()


class Migration(migrations.Migration):
    dependencies = [("messaging", "0004_channel_preference")]

    operations = [migrations.RunSQL(TELL, "DROP FUNCTION messaging_tell")]
