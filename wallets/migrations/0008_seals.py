"""Seals over the transfers, and the functions that make and prove them."""

from pathlib import Path

import django.db.models.deletion
import django.db.models.lookups
from django.db import migrations, models

SQL = (Path(__file__).resolve().parent.parent / "sql" / "seal.sql").read_text()


class Migration(migrations.Migration):

    dependencies = [
        ('wallets', '0007_no_foreign_key_on_the_hot_path'),
    ]

    operations = [
        migrations.CreateModel(
            name='Seal',
            fields=[
                ('number', models.BigIntegerField(primary_key=True, serialize=False)),
                ('previous_hash', models.BinaryField(max_length=32)),
                ('first_transfer_id', models.UUIDField()),
                ('last_transfer_id', models.UUIDField()),
                ('count', models.IntegerField()),
                ('hash', models.BinaryField(max_length=32)),
                ('sealed_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='SealCopy',
            fields=[
                ('seal', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='copy', serialize=False, to='wallets.seal')),
                ('attempts', models.IntegerField(default=0)),
                ('error', models.CharField(blank=True, max_length=300)),
                ('copied_at', models.DateTimeField(null=True)),
            ],
            options={
                'verbose_name_plural': 'seal copies',
            },
        ),
        migrations.AddConstraint(
            model_name='seal',
            constraint=models.CheckConstraint(condition=models.Q(('count__gte', 1), ('number__gte', 1)), name='seal_number_and_count_positive'),
        ),
        migrations.AddConstraint(
            model_name='seal',
            constraint=models.CheckConstraint(condition=models.Q(('last_transfer_id__gte', models.F('first_transfer_id'))), name='seal_first_to_last'),
        ),
        migrations.AddConstraint(
            model_name='seal',
            constraint=models.CheckConstraint(condition=models.Q(django.db.models.lookups.Exact(models.Func(models.F('previous_hash'), function='octet_length', output_field=models.IntegerField()), 32), django.db.models.lookups.Exact(models.Func(models.F('hash'), function='octet_length', output_field=models.IntegerField()), 32)), name='seal_hashes_are_sha256'),
        ),
        migrations.AddConstraint(
            model_name='sealcopy',
            constraint=models.CheckConstraint(condition=models.Q(('attempts__gte', 0)), name='seal_copy_attempts_not_negative'),
        ),
        migrations.RunSQL(SQL, migrations.RunSQL.noop),
    ]
