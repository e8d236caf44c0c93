"""The triggers that keep what a booking took and gave back."""

from pathlib import Path

from django.db import migrations

SQL = (Path(__file__).resolve().parent.parent / "sql" / "travel_credits.sql").read_text()


class Migration(migrations.Migration):
    dependencies = [("redemptions", "0005_travel_credit_bookings")]

    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
