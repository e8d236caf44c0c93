"""References are not empty; a lot and its draws are written with their transfer, so their foreign keys prove little."""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

SQL = (Path(__file__).resolve().parent.parent / "sql" / "post.sql").read_text()


class Migration(migrations.Migration):
    dependencies = [("wallets", "0011_leavers")]

    operations = [
        migrations.AlterField(
            model_name="lot",
            name="transfer",
            field=models.OneToOneField(
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="lot",
                to="wallets.transfer",
            ),
        ),
        migrations.AlterField(
            model_name="lotdraw",
            name="lot",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="draws",
                to="wallets.lot",
            ),
        ),
        migrations.AlterField(
            model_name="lotdraw",
            name="transfer",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="draws",
                to="wallets.transfer",
            ),
        ),
        migrations.AddConstraint(
            model_name="transfer",
            constraint=models.CheckConstraint(
                condition=models.Q(("reference", ""), _negated=True), name="transfer_reference_not_empty"
            ),
        ),
        migrations.AddConstraint(
            model_name="hold",
            constraint=models.CheckConstraint(
                condition=models.Q(("reference", ""), _negated=True), name="hold_reference_not_empty"
            ),
        ),
        migrations.RunSQL(SQL, migrations.RunSQL.noop),
    ]
