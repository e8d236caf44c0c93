"""A wallet's floor is 0 and not unknown: the first form of the check let NULL pass."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("wallets", "0005_expire")]

    operations = [
        migrations.RemoveConstraint(model_name="account", name="account_wallet_floor_is_zero"),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("floor", 0), ("floor__isnull", False)),
                    models.Q(("kind", "wallet"), _negated=True),
                    _connector="OR",
                ),
                name="account_wallet_floor_is_zero",
            ),
        ),
    ]
