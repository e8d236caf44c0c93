"""Refunds of orders, kept as they were asked and decided: see sql/order_refunds.sql."""

from pathlib import Path

import api.ids
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

KEEP = (Path(__file__).resolve().parent.parent / "sql" / "order_refunds.sql").read_text()
UNDO = """
DROP TRIGGER order_refund_kept_truncate ON redemptions_orderrefund;
DROP TRIGGER order_refund_kept ON redemptions_orderrefund;
DROP TRIGGER order_refund_starts_waiting ON redemptions_orderrefund;
DROP FUNCTION redemptions_order_refund_check;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('api', '0003_idempotency_keys'),
        ('approvals', '0003_four_eyes'),
        ('redemptions', '0006_keep_travel_credit_bookings'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='OrderRefund',
            fields=[
                ('id', models.UUIDField(default=api.ids.new, editable=False, primary_key=True, serialize=False)),
                ('reason', models.CharField(max_length=300)),
                ('is_taken_back', models.BooleanField(default=False)),
                ('status', models.CharField(choices=[('waiting', 'Waits for approval'), ('done', 'Refunded'), ('rejected', 'Not approved')], default='waiting', max_length=10)),
                ('requested_at', models.DateTimeField()),
                ('closed_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='travelcreditentry',
            name='credit_entry_kind_known',
        ),
        migrations.AlterField(
            model_name='travelcreditentry',
            name='kind',
            field=models.CharField(choices=[('captured', 'Paid'), ('refunded', 'Refunded'), ('withdrawn', 'Taken back')], max_length=10),
        ),
        migrations.AddConstraint(
            model_name='travelcreditentry',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['captured', 'refunded', 'withdrawn'])), name='credit_entry_kind_known'),
        ),
        migrations.AddField(
            model_name='orderrefund',
            name='approval',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='order_refund', to='approvals.approval'),
        ),
        migrations.AddField(
            model_name='orderrefund',
            name='order',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='refunds', to='redemptions.order'),
        ),
        migrations.AddField(
            model_name='orderrefund',
            name='requested_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddIndex(
            model_name='orderrefund',
            index=models.Index(condition=models.Q(('status', 'waiting')), fields=['requested_at'], name='order_refund_waiting'),
        ),
        migrations.AddConstraint(
            model_name='orderrefund',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['waiting', 'done', 'rejected'])), name='order_refund_status_known'),
        ),
        migrations.AddConstraint(
            model_name='orderrefund',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', True), ('status', 'waiting')), models.Q(models.Q(('status', 'waiting'), _negated=True), ('closed_at__isnull', False)), _connector='OR'), name='order_refund_closed_at_when_closed'),
        ),
        migrations.AddConstraint(
            model_name='orderrefund',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='order_refund_reason_given'),
        ),
        migrations.AddConstraint(
            model_name='orderrefund',
            constraint=models.UniqueConstraint(condition=models.Q(('status__in', ['waiting', 'done'])), fields=('order',), name='order_refund_once'),
        ),
        migrations.RunSQL(KEEP, UNDO),
    ]
