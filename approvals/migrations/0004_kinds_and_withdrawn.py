"""What an approval is about, and one that nobody asks for any more."""

from pathlib import Path

from django.db import migrations, models

FOUR_EYES = (Path(__file__).resolve().parent.parent / "sql" / "four_eyes.sql").read_text()
STATUSES = ["waiting", "approved", "rejected", "withdrawn"]


class Migration(migrations.Migration):
    dependencies = [("approvals", "0003_four_eyes")]

    operations = [
        # what waits now are points requests; the rooms of the others say which are theirs
        migrations.AddField(
            model_name="approval",
            name="kind",
            field=models.CharField(default="points_request", max_length=20),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="approval", name="programme", field=models.CharField(blank=True, default="", max_length=80)
        ),
        migrations.AlterField(
            model_name="approval", name="programme", field=models.CharField(blank=True, max_length=80)
        ),
        migrations.AddField(model_name="approval", name="points", field=models.BigIntegerField(null=True)),
        migrations.AlterField(
            model_name="approval",
            name="status",
            field=models.CharField(
                choices=[
                    ("waiting", "Waiting"),
                    ("approved", "Approved"),
                    ("rejected", "Rejected"),
                    ("withdrawn", "Withdrawn"),
                ],
                default="waiting",
                max_length=10,
            ),
        ),
        migrations.RemoveConstraint(model_name="approval", name="approval_status_known"),
        migrations.AddConstraint(
            model_name="approval",
            constraint=models.CheckConstraint(condition=models.Q(status__in=STATUSES), name="approval_status_known"),
        ),
        migrations.AddConstraint(
            model_name="approval",
            constraint=models.CheckConstraint(condition=~models.Q(kind=""), name="approval_kind_given"),
        ),
        migrations.RunSQL(FOUR_EYES, migrations.RunSQL.noop),
    ]
