"""Foreign keys and indexes that cost every credit more than they give (docs/adr/0007)."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("api", "0005_secrets_and_keys"),
        ("approvals", "0003_four_eyes"),
        ("programs", "0007_reversals_and_adjustments"),
        ("wallets", "0011_leavers"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="pointsrequest",
            name="client",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="api.apiclient",
            ),
        ),
        migrations.AlterField(
            model_name="pointsrequest",
            name="event",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="points_requests",
                to="programs.event",
            ),
        ),
        migrations.AlterField(
            model_name="pointsrequest",
            name="programme",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="points_requests",
                to="programs.programme",
            ),
        ),
        migrations.AlterField(
            model_name="pointsrequest",
            name="rule_version",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="points_requests",
                to="programs.ruleversion",
            ),
        ),
        migrations.AlterField(
            model_name="pointsrequest",
            name="transfer",
            field=models.OneToOneField(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="points_request",
                to="wallets.transfer",
            ),
        ),
        migrations.AddIndex(
            model_name="pointsrequest",
            index=models.Index(
                condition=models.Q(("event__isnull", False)), fields=["event"], name="points_request_event"
            ),
        ),
        migrations.AddIndex(
            model_name="pointsrequest",
            index=models.Index(
                condition=models.Q(("rule_version__isnull", False)),
                fields=["rule_version"],
                name="points_request_rule_version",
            ),
        ),
    ]
