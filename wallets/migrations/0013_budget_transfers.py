"""A kind for points that move between budgets."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("wallets", "0012_fewer_foreign_keys"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="transfer",
            name="transfer_kind_known",
        ),
        migrations.AlterField(
            model_name="transfer",
            name="kind",
            field=models.CharField(
                choices=[
                    ("funding", "Funding"),
                    ("credit", "Credit"),
                    ("redemption", "Redemption"),
                    ("refund", "Refund"),
                    ("expiry", "Expiry"),
                    ("reversal", "Reversal"),
                    ("adjustment", "Adjustment"),
                    ("forfeiture", "Forfeiture"),
                    ("budget", "Between budgets"),
                    ("payout", "Pay-out"),
                ],
                max_length=12,
            ),
        ),
        migrations.AddConstraint(
            model_name="transfer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "funding",
                            "credit",
                            "redemption",
                            "refund",
                            "expiry",
                            "reversal",
                            "adjustment",
                            "forfeiture",
                            "budget",
                            "payout",
                        ],
                    )
                ),
                name="transfer_kind_known",
            ),
        ),
    ]
