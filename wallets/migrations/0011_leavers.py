"""What becomes of leavers' points: the one policy, and pay-outs that are kept (sql/leaver_payouts.sql)."""

from pathlib import Path


import api.ids
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

KEEP = (Path(__file__).resolve().parent.parent / "sql" / "leaver_payouts.sql").read_text()
UNDO = """
DROP TRIGGER leaver_payout_kept_truncate ON wallets_leaverpayout;
DROP TRIGGER leaver_payout_kept ON wallets_leaverpayout;
DROP FUNCTION wallets_leaver_payout_check;
"""
ONE_POLICY = "INSERT INTO wallets_leaverpolicy (id, action, after_days) VALUES (1, 'keep', 90)"


class Migration(migrations.Migration):

    dependencies = [
        ('pghistory', '0007_auto_20250421_0444'),
        ('wallets', '0010_seal_functions'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='LeaverPolicyEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.SmallIntegerField(default=1, editable=False, serialize=False)),
                ('action', models.CharField(choices=[('keep', 'Kept'), ('forfeit', 'Forfeited'), ('pay_out', 'Paid out')], default='keep', max_length=8)),
                ('after_days', models.PositiveIntegerField(default=90, help_text='Days after somebody left.')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='LeaverPayout',
            fields=[
                ('id', models.UUIDField(default=api.ids.new, editable=False, primary_key=True, serialize=False)),
                ('points', models.BigIntegerField()),
                ('amount', models.BigIntegerField()),
                ('currency', models.CharField(max_length=3)),
                ('status', models.CharField(choices=[('waiting', 'To be paid'), ('paid', 'Paid')], default='waiting', max_length=8)),
                ('created_at', models.DateTimeField()),
                ('paid_at', models.DateTimeField(null=True)),
                ('note', models.CharField(blank=True, help_text="As in the company's books.", max_length=200)),
                ('paid_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='leaver_payouts', to=settings.AUTH_USER_MODEL)),
                ('transfer', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='leaver_payout', to='wallets.transfer')),
            ],
        ),
        migrations.CreateModel(
            name='LeaverPolicy',
            fields=[
                ('id', models.SmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                ('action', models.CharField(choices=[('keep', 'Kept'), ('forfeit', 'Forfeited'), ('pay_out', 'Paid out')], default='keep', max_length=8)),
                ('after_days', models.PositiveIntegerField(default=90, help_text='Days after somebody left.')),
            ],
            options={
                'verbose_name_plural': 'leaver policy',
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='leaver_policy_is_one_row'), models.CheckConstraint(condition=models.Q(('action__in', ['keep', 'forfeit', 'pay_out'])), name='leaver_policy_action_known'), models.CheckConstraint(condition=models.Q(('after_days__range', (0, 3650))), name='leaver_policy_days_range')],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='leaverpolicy',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "wallets_leaverpolicyevent" ("action", "after_days", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."action", NEW."after_days", NEW."id", _pgh_attach_context(), NOW(), \'insert\', NEW."id"); RETURN NULL;', hash='1beb180b2ada384d819c35eefb9b93ee9a7afafb', operation='INSERT', pgid='pgtrigger_insert_insert_afaca', table='wallets_leaverpolicy', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='leaverpolicy',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "wallets_leaverpolicyevent" ("action", "after_days", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."action", NEW."after_days", NEW."id", _pgh_attach_context(), NOW(), \'update\', NEW."id"); RETURN NULL;', hash='11e9b5ccede0a36dfcc02d061629fa999b5c66e9', operation='UPDATE', pgid='pgtrigger_update_update_d2431', table='wallets_leaverpolicy', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='leaverpolicy',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "wallets_leaverpolicyevent" ("action", "after_days", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (OLD."action", OLD."after_days", OLD."id", _pgh_attach_context(), NOW(), \'delete\', OLD."id"); RETURN NULL;', hash='f365a7a32d0ba530d750cad2fac04a4340c1c6de', operation='DELETE', pgid='pgtrigger_delete_delete_8dc94', table='wallets_leaverpolicy', when='AFTER')),
        ),
        migrations.AddField(
            model_name='leaverpolicyevent',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='leaverpolicyevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='wallets.leaverpolicy'),
        ),
        migrations.AddIndex(
            model_name='leaverpayout',
            index=models.Index(condition=models.Q(('status', 'waiting')), fields=['created_at'], name='leaver_payout_waiting'),
        ),
        migrations.AddConstraint(
            model_name='leaverpayout',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gte', 0), ('points__gte', 1)), name='leaver_payout_positive'),
        ),
        migrations.AddConstraint(
            model_name='leaverpayout',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['waiting', 'paid'])), name='leaver_payout_status_known'),
        ),
        migrations.AddConstraint(
            model_name='leaverpayout',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('paid_at__isnull', True), ('paid_by__isnull', True), ('status', 'waiting')), models.Q(('paid_at__isnull', False), ('paid_by__isnull', False), ('status', 'paid')), _connector='OR'), name='leaver_payout_paid_by_when_paid'),
        ),
        migrations.RunSQL(KEEP, UNDO),
        migrations.RunSQL(ONE_POLICY, migrations.RunSQL.noop),
    ]
