"""Reversals that may fall short, refunds that fill lots again, accounts that close, and what is overdue."""

from pathlib import Path

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

FOLDER = Path(__file__).resolve().parent.parent / "sql"
# A function with other columns or parameters is another one: the old ones go first.
DROP = """
DO $$
DECLARE old regprocedure;
BEGIN
    FOR old IN SELECT oid::regprocedure FROM pg_proc WHERE proname IN ('wallets_post', 'wallets_draw') LOOP
        EXECUTE 'DROP FUNCTION ' || old;
    END LOOP;
END $$;
"""
SQL = DROP + "".join((FOLDER / f"{name}.sql").read_text() for name in ("post", "expire", "lot_returns"))


class Migration(migrations.Migration):

    dependencies = [
        ('wallets', '0008_seals'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='LotReturn',
            fields=[
                ('pk', models.CompositePrimaryKey('lot_id', 'transfer_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('points', models.BigIntegerField()),
                ('lot', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='returns', to='wallets.lot')),
                ('transfer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='returns', to='wallets.transfer')),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='transfer',
            name='transfer_kind_known',
        ),
        migrations.AddField(
            model_name='account',
            name='closed_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='transfer',
            name='shortfall',
            field=models.BigIntegerField(db_default=0),
        ),
        migrations.AlterField(
            model_name='transfer',
            name='kind',
            field=models.CharField(choices=[('funding', 'Funding'), ('credit', 'Credit'), ('redemption', 'Redemption'), ('refund', 'Refund'), ('expiry', 'Expiry'), ('reversal', 'Reversal'), ('adjustment', 'Adjustment'), ('forfeiture', 'Forfeiture'), ('payout', 'Pay-out')], max_length=12),
        ),
        migrations.AddIndex(
            model_name='hold',
            index=models.Index(condition=models.Q(('status', 'placed')), fields=['account', 'placed_at'], name='hold_open'),
        ),
        migrations.AddConstraint(
            model_name='account',
            constraint=models.CheckConstraint(condition=models.Q(('closed_at__isnull', True), models.Q(('held', 0), ('points', 0)), _connector='OR'), name='account_closed_is_empty'),
        ),
        migrations.AddConstraint(
            model_name='transfer',
            constraint=models.CheckConstraint(condition=models.Q(('shortfall__gte', 0)), name='transfer_shortfall_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='transfer',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['funding', 'credit', 'redemption', 'refund', 'expiry', 'reversal', 'adjustment', 'forfeiture', 'payout'])), name='transfer_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='lotreturn',
            constraint=models.CheckConstraint(condition=models.Q(('points__gte', 1)), name='lot_return_points_positive'),
        ),
        migrations.RunSQL(SQL, migrations.RunSQL.noop),
    ]
