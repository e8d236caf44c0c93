"""Reversals and adjustments, kept as they were written: see sql/reversals.sql."""

from pathlib import Path

import api.ids
import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models

KEEP = (Path(__file__).resolve().parent.parent / "sql" / "reversals.sql").read_text()
UNDO = """
DROP TRIGGER adjustment_kept_truncate ON programs_adjustment;
DROP TRIGGER adjustment_kept ON programs_adjustment;
DROP TRIGGER adjustment_starts_waiting ON programs_adjustment;
DROP TRIGGER points_request_reversed_points ON programs_pointsrequest;
DROP TRIGGER reversal_kept_truncate ON programs_reversal;
DROP TRIGGER reversal_kept ON programs_reversal;
DROP FUNCTION programs_adjustment_check, programs_reversed_points_grow, programs_keep_reversal;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('api', '0002_keep_deletions'),
        ('approvals', '0003_four_eyes'),
        ('programs', '0006_uploads'),
        ('wallets', '0007_no_foreign_key_on_the_hot_path'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Adjustment',
            fields=[
                ('id', models.UUIDField(default=api.ids.new, editable=False, primary_key=True, serialize=False)),
                ('points', models.BigIntegerField()),
                ('reason', models.CharField(max_length=500)),
                ('status', models.CharField(choices=[('waiting', 'Waits for approval'), ('posted', 'Done'), ('rejected', 'Not approved')], default='waiting', max_length=10)),
                ('requested_at', models.DateTimeField()),
                ('closed_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Reversal',
            fields=[
                ('id', models.UUIDField(default=api.ids.new, editable=False, primary_key=True, serialize=False)),
                ('points', models.BigIntegerField()),
                ('taken', models.BigIntegerField()),
                ('shortfall', models.BigIntegerField()),
                ('reason', models.CharField(max_length=500)),
                ('reversed_at', models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name='pointsrequest',
            name='reversed_points',
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddConstraint(
            model_name='pointsrequest',
            constraint=models.CheckConstraint(condition=models.Q(('reversed_points', 0), models.Q(('reversed_points__gte', 0), ('reversed_points__lt', models.F('points')), ('status', 'credited')), models.Q(('reversed_points__gte', 0), ('reversed_points__lte', models.F('points')), ('status', 'reversed')), _connector='OR'), name='points_request_reversed_points_range'),
        ),
        migrations.AddField(
            model_name='adjustment',
            name='approval',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='adjustment', to='approvals.approval'),
        ),
        migrations.AddField(
            model_name='adjustment',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='adjustments', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='adjustment',
            name='programme',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='adjustments', to='programs.programme'),
        ),
        migrations.AddField(
            model_name='adjustment',
            name='requested_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='adjustment',
            name='transfer',
            field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='adjustment', to='wallets.transfer'),
        ),
        migrations.AddField(
            model_name='reversal',
            name='client',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='api.apiclient'),
        ),
        migrations.AddField(
            model_name='reversal',
            name='points_request',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reversals', to='programs.pointsrequest'),
        ),
        migrations.AddField(
            model_name='reversal',
            name='reversed_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='reversal',
            name='transfer',
            field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reversal', to='wallets.transfer'),
        ),
        migrations.AddIndex(
            model_name='adjustment',
            index=models.Index(condition=models.Q(('status', 'waiting')), fields=['requested_at'], name='adjustment_waiting'),
        ),
        migrations.AddConstraint(
            model_name='adjustment',
            constraint=models.CheckConstraint(condition=models.Q(('points__range', (-10000000, 10000000)), models.Q(('points', 0), _negated=True)), name='adjustment_points_range'),
        ),
        migrations.AddConstraint(
            model_name='adjustment',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['waiting', 'posted', 'rejected'])), name='adjustment_status_known'),
        ),
        migrations.AddConstraint(
            model_name='adjustment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'posted'), ('transfer__isnull', False)), models.Q(models.Q(('status', 'posted'), _negated=True), ('transfer__isnull', True)), _connector='OR'), name='adjustment_transfer_when_posted'),
        ),
        migrations.AddConstraint(
            model_name='adjustment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', True), ('status', 'waiting')), models.Q(models.Q(('status', 'waiting'), _negated=True), ('closed_at__isnull', False)), _connector='OR'), name='adjustment_closed_at_when_closed'),
        ),
        migrations.AddConstraint(
            model_name='adjustment',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='adjustment_reason_given'),
        ),
        migrations.AddConstraint(
            model_name='adjustment',
            constraint=models.CheckConstraint(condition=models.Q(('person', models.F('requested_by')), _negated=True), name='adjustment_not_of_own_wallet'),
        ),
        migrations.AddConstraint(
            model_name='reversal',
            constraint=models.CheckConstraint(condition=models.Q(('points__range', (1, 10000000))), name='reversal_points_range'),
        ),
        migrations.AddConstraint(
            model_name='reversal',
            constraint=models.CheckConstraint(condition=models.Q(('points', django.db.models.expressions.CombinedExpression(models.F('taken'), '+', models.F('shortfall'))), ('shortfall__gte', 0), ('taken__gte', 0)), name='reversal_taken_and_shortfall'),
        ),
        migrations.AddConstraint(
            model_name='reversal',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('taken', 0), ('transfer__isnull', True)), models.Q(('taken__gte', 1), ('transfer__isnull', False)), _connector='OR'), name='reversal_transfer_when_taken'),
        ),
        migrations.AddConstraint(
            model_name='reversal',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('client__isnull', True), ('reversed_by__isnull', False)), models.Q(('client__isnull', False), ('reversed_by__isnull', True)), _connector='OR'), name='reversal_by_somebody'),
        ),
        migrations.AddConstraint(
            model_name='reversal',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='reversal_reason_given'),
        ),
        migrations.RunSQL(KEEP, UNDO),
    ]
