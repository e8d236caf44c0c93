"""Uploads are laid out by somebody, checked by the worker, and approved as a whole: see sql/uploads.sql."""

from pathlib import Path

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

KEEP = (Path(__file__).resolve().parent.parent / "sql" / "uploads.sql").read_text()
UNDO = """
DROP TRIGGER upload_four_eyes ON programs_upload;
DROP TRIGGER upload_row_kept ON programs_uploadrow;
DROP FUNCTION programs_upload_check, programs_keep_upload_row;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('approvals', '0004_kinds_and_withdrawn'),
        ('programs', '0013_recognition'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='UploadLayout',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('headings_hash', models.CharField(max_length=64)),
                ('headings', models.JSONField()),
                ('layout', models.JSONField()),
                ('said_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='UploadPiece',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField()),
                ('content', models.BinaryField()),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='upload',
            name='upload_status_known',
        ),
        migrations.RemoveConstraint(
            model_name='upload',
            name='upload_confirmed_before_credited',
        ),
        migrations.RemoveConstraint(
            model_name='upload',
            name='upload_next_attempt_when_worked_on',
        ),
        migrations.RemoveConstraint(
            model_name='upload',
            name='upload_closed_when_over',
        ),
        migrations.AddField(
            model_name='upload',
            name='alike_rows',
            field=models.PositiveIntegerField(default=0, help_text='Of those to be asked for, how many look like points that the person got lately.'),
        ),
        migrations.AddField(
            model_name='upload',
            name='approval',
            field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='upload', to='approvals.approval'),
        ),
        migrations.AddField(
            model_name='upload',
            name='credit_at',
            field=models.DateTimeField(help_text='No row is credited before. Empty: as soon as it can be.', null=True),
        ),
        migrations.AddField(
            model_name='upload',
            name='encoding',
            field=models.CharField(blank=True, default='', max_length=16),
        ),
        migrations.AddField(
            model_name='upload',
            name='expected_rows',
            field=models.PositiveIntegerField(default=0, help_text='How many the file seems to have.'),
        ),
        migrations.AddField(
            model_name='upload',
            name='headings',
            field=models.JSONField(default=list, help_text='Row 1 of the file.'),
        ),
        migrations.AddField(
            model_name='upload',
            name='layout',
            field=models.JSONField(help_text='How the file is read; empty until somebody says.', null=True),
        ),
        migrations.AddField(
            model_name='upload',
            name='read_rows',
            field=models.PositiveIntegerField(default=0, help_text='How many were checked by now.'),
        ),
        migrations.AddField(
            model_name='upload',
            name='rows_hash',
            field=models.CharField(blank=True, default='', help_text='What an approval binds.', max_length=64),
        ),
        migrations.AddField(
            model_name='upload',
            name='samples',
            field=models.JSONField(default=list, help_text='The first rows beneath, while somebody says how to read them.'),
        ),
        migrations.AddField(
            model_name='uploadrow',
            name='person',
            field=models.ForeignKey(db_constraint=False, db_index=False, help_text='Whom the check found.', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='upload',
            name='last_error',
            field=models.CharField(blank=True, default='', max_length=400),
        ),
        migrations.AlterField(
            model_name='upload',
            name='status',
            field=models.CharField(choices=[('checking', 'Being checked'), ('columns', 'Its columns are to be named'), ('unreadable', 'Cannot be read'), ('checked', 'Checked, nothing credited yet'), ('waiting', 'Waits for approval'), ('rejected', 'Not approved'), ('crediting', 'Being credited'), ('scheduled', 'Rows wait for their day'), ('done', 'Done'), ('cancelled', 'Cancelled'), ('dead', 'Stopped')], default='checked', max_length=12),
        ),
        migrations.AddConstraint(
            model_name='upload',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['checking', 'columns', 'unreadable', 'checked', 'waiting', 'rejected', 'crediting', 'scheduled', 'done', 'cancelled', 'dead'])), name='upload_status_known'),
        ),
        migrations.AddConstraint(
            model_name='upload',
            constraint=models.CheckConstraint(condition=models.Q(('status', 'cancelled'), models.Q(('confirmed_at__isnull', True), ('status__in', ['checking', 'columns', 'checked', 'unreadable'])), models.Q(models.Q(('status__in', ['checking', 'columns', 'checked', 'unreadable']), _negated=True), ('confirmed_at__isnull', False)), _connector='OR'), name='upload_confirmed_before_credited'),
        ),
        migrations.AddConstraint(
            model_name='upload',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('next_attempt_at__isnull', False), ('status__in', ['checking', 'crediting', 'scheduled'])), models.Q(models.Q(('status__in', ['checking', 'crediting', 'scheduled']), _negated=True), ('next_attempt_at__isnull', True)), _connector='OR'), name='upload_next_attempt_when_worked_on'),
        ),
        migrations.AddConstraint(
            model_name='upload',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', False), ('status__in', ['unreadable', 'rejected', 'done', 'cancelled'])), models.Q(models.Q(('status__in', ['unreadable', 'rejected', 'done', 'cancelled']), _negated=True), ('closed_at__isnull', True)), _connector='OR'), name='upload_closed_when_over'),
        ),
        migrations.AddConstraint(
            model_name='upload',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status__in', ['waiting', 'rejected']), _negated=True), models.Q(('approval__isnull', False), models.Q(('rows_hash', ''), _negated=True)), _connector='OR'), name='upload_waits_for_an_approval'),
        ),
        migrations.AddField(
            model_name='uploadlayout',
            name='programme',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='upload_layouts', to='programs.programme'),
        ),
        migrations.AddField(
            model_name='uploadlayout',
            name='said_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='uploadpiece',
            name='upload',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='pieces', to='programs.upload'),
        ),
        migrations.AddConstraint(
            model_name='uploadlayout',
            constraint=models.UniqueConstraint(fields=('programme', 'headings_hash'), name='upload_layout_once_per_headings'),
        ),
        migrations.AddConstraint(
            model_name='uploadpiece',
            constraint=models.UniqueConstraint(fields=('upload', 'number'), name='upload_piece_once'),
        ),
        migrations.RunSQL(KEEP, UNDO),
    ]
