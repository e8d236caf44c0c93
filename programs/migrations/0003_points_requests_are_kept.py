"""Parked requests say when they are looked at again; what was asked stays as it was asked (sql/points_requests.sql)."""

from pathlib import Path

from django.conf import settings
from django.db import migrations, models

KEEP = (Path(__file__).resolve().parent.parent / "sql" / "points_requests.sql").read_text()
UNDO = """
DROP TRIGGER funding_kept_truncate ON programs_funding;
DROP TRIGGER funding_kept ON programs_funding;
DROP TRIGGER points_request_approved ON programs_pointsrequest;
DROP TRIGGER points_request_kept_truncate ON programs_pointsrequest;
DROP TRIGGER points_request_kept ON programs_pointsrequest;
DROP FUNCTION programs_keep_funding, programs_points_request_approved, programs_points_request_check;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("api", "0001_initial"),
        ("approvals", "0003_four_eyes"),
        ("programs", "0002_keep_rule_versions"),
        ("wallets", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="pointsrequest",
            name="points_request_waiting",
        ),
        migrations.AddField(
            model_name="pointsrequest",
            name="next_attempt_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name="programme",
            name="created_at",
            field=models.DateTimeField(editable=False),
        ),
        migrations.AlterField(
            model_name="programmeevent",
            name="created_at",
            field=models.DateTimeField(editable=False),
        ),
        migrations.AddIndex(
            model_name="pointsrequest",
            index=models.Index(
                condition=models.Q(("status", "pending_approval")), fields=["created_at"], name="points_request_waiting"
            ),
        ),
        migrations.AddIndex(
            model_name="pointsrequest",
            index=models.Index(
                condition=models.Q(("status", "parked")), fields=["next_attempt_at"], name="points_request_parked"
            ),
        ),
        migrations.AddConstraint(
            model_name="pointsrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("next_attempt_at__isnull", False), ("status", "parked")),
                    models.Q(models.Q(("status", "parked"), _negated=True), ("next_attempt_at__isnull", True)),
                    _connector="OR",
                ),
                name="points_request_next_attempt_when_parked",
            ),
        ),
        migrations.RunSQL(KEEP, UNDO),
    ]
