"""A draw is named by its lot and its transfer: one key instead of a key, a unique key and two indexes."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("wallets", "0001_initial")]

    operations = [
        migrations.DeleteModel("LotDraw"),
        migrations.CreateModel(
            name="LotDraw",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "lot_id", "transfer_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("points", models.BigIntegerField()),
                (
                    "lot",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="draws",
                        to="wallets.lot",
                    ),
                ),
                (
                    "transfer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="draws", to="wallets.transfer"
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="lotdraw",
            constraint=models.CheckConstraint(condition=models.Q(("points__gte", 1)), name="lot_draw_points_positive"),
        ),
    ]
