"""Recognition: policies, allowances, values, and who recognised whom (sql/recognitions.sql)."""

from pathlib import Path

import api.ids
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

KEEP = (Path(__file__).resolve().parent.parent / "sql" / "recognitions.sql").read_text()
UNDO = """
DROP TRIGGER recognition_kept_truncate ON programs_recognition;
DROP TRIGGER recognition_kept ON programs_recognition;
DROP FUNCTION programs_recognition_check;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('pghistory', '0007_auto_20250421_0444'),
        ('programs', '0012_limit_of_a_programme'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='AllowancePolicy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('managers', models.PositiveIntegerField(default=0, help_text='Points a month for each who manages somebody.', validators=[django.core.validators.MaxValueValidator(10000000)])),
                ('everyone', models.PositiveIntegerField(default=0, help_text='Points a month for each colleague.', validators=[django.core.validators.MaxValueValidator(10000000)])),
                ('carry_over', models.PositiveIntegerField(default=0, help_text='Points that what is left of a month may bring into the next, at most.', validators=[django.core.validators.MaxValueValidator(10000000)])),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('programme', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='allowance_policy', to='programs.programme')),
            ],
            options={
                'verbose_name_plural': 'allowance policies',
            },
        ),
        migrations.CreateModel(
            name='AllowancePolicyEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('managers', models.PositiveIntegerField(default=0, help_text='Points a month for each who manages somebody.', validators=[django.core.validators.MaxValueValidator(10000000)])),
                ('everyone', models.PositiveIntegerField(default=0, help_text='Points a month for each colleague.', validators=[django.core.validators.MaxValueValidator(10000000)])),
                ('carry_over', models.PositiveIntegerField(default=0, help_text='Points that what is left of a month may bring into the next, at most.', validators=[django.core.validators.MaxValueValidator(10000000)])),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='programs.allowancepolicy')),
                ('programme', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='programs.programme')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='CompanyValue',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60)),
                ('position', models.PositiveSmallIntegerField(default=0, help_text='The lowest stands first.')),
                ('is_offered', models.BooleanField(default=True, help_text='Whether a giver may still choose it.', verbose_name='offered')),
                ('programme', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='company_values', to='programs.programme')),
            ],
            options={
                'ordering': ['position', 'name'],
            },
        ),
        migrations.CreateModel(
            name='CompanyValueEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('name', models.CharField(max_length=60)),
                ('position', models.PositiveSmallIntegerField(default=0, help_text='The lowest stands first.')),
                ('is_offered', models.BooleanField(default=True, help_text='Whether a giver may still choose it.', verbose_name='offered')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='programs.companyvalue')),
                ('programme', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='programs.programme')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Recognition',
            fields=[
                ('id', models.UUIDField(default=api.ids.new, editable=False, primary_key=True, serialize=False)),
                ('month', models.DateField()),
                ('giver', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='recognitions_given', to=settings.AUTH_USER_MODEL)),
                ('points_request', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='recognition', to='programs.pointsrequest')),
                ('receiver', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='recognitions_received', to=settings.AUTH_USER_MODEL)),
                ('value', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='recognitions', to='programs.companyvalue')),
            ],
        ),
        migrations.CreateModel(
            name='Allowance',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('giver', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='allowances', to=settings.AUTH_USER_MODEL)),
                ('programme', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='allowances', to='programs.programme')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('giver', 'programme'), name='allowance_once_per_giver')],
            },
        ),
        migrations.AddConstraint(
            model_name='allowancepolicy',
            constraint=models.CheckConstraint(condition=models.Q(('managers__gt', 0), ('everyone__gt', 0), _connector='OR'), name='allowance_policy_gives_something', violation_error_message='Give managers or everyone a number of points, or take the allowance away.'),
        ),
        migrations.AddConstraint(
            model_name='allowancepolicy',
            constraint=models.CheckConstraint(condition=models.Q(('carry_over__lte', 10000000), ('everyone__lte', 10000000), ('managers__lte', 10000000)), name='allowance_policy_points_range'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='allowancepolicy',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "programs_allowancepolicyevent" ("carry_over", "created_at", "everyone", "id", "managers", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "programme_id") VALUES (NEW."carry_over", NEW."created_at", NEW."everyone", NEW."id", NEW."managers", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."programme_id"); RETURN NULL;', hash='f9be74b5480a498d5eff3c793e8c59a5fea9998c', operation='INSERT', pgid='pgtrigger_insert_insert_50540', table='programs_allowancepolicy', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='allowancepolicy',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "programs_allowancepolicyevent" ("carry_over", "created_at", "everyone", "id", "managers", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "programme_id") VALUES (NEW."carry_over", NEW."created_at", NEW."everyone", NEW."id", NEW."managers", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."programme_id"); RETURN NULL;', hash='f780a955ab2ec0f8829a56c543019244c1ee4058', operation='UPDATE', pgid='pgtrigger_update_update_e1563', table='programs_allowancepolicy', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='allowancepolicy',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "programs_allowancepolicyevent" ("carry_over", "created_at", "everyone", "id", "managers", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "programme_id") VALUES (OLD."carry_over", OLD."created_at", OLD."everyone", OLD."id", OLD."managers", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."programme_id"); RETURN NULL;', hash='ac90825e3d1191348b68e39c2a6a0aaf247989a6', operation='DELETE', pgid='pgtrigger_delete_delete_0c9c0', table='programs_allowancepolicy', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='companyvalue',
            constraint=models.UniqueConstraint(fields=('programme', 'name'), name='company_value_once_per_programme'),
        ),
        migrations.AddConstraint(
            model_name='companyvalue',
            constraint=models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='company_value_has_a_name'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='companyvalue',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "programs_companyvalueevent" ("id", "is_offered", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "programme_id") VALUES (NEW."id", NEW."is_offered", NEW."name", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."position", NEW."programme_id"); RETURN NULL;', hash='3656412f0aadd66e086a02760587dbc12e43ffbb', operation='INSERT', pgid='pgtrigger_insert_insert_95ec0', table='programs_companyvalue', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='companyvalue',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "programs_companyvalueevent" ("id", "is_offered", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "programme_id") VALUES (NEW."id", NEW."is_offered", NEW."name", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."position", NEW."programme_id"); RETURN NULL;', hash='74e9e958d63527b9bd0817dcdf9020dab54593e5', operation='UPDATE', pgid='pgtrigger_update_update_556f9', table='programs_companyvalue', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='companyvalue',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "programs_companyvalueevent" ("id", "is_offered", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "programme_id") VALUES (OLD."id", OLD."is_offered", OLD."name", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."position", OLD."programme_id"); RETURN NULL;', hash='2f390f4ea86756b82a244759d83f3dc2214567d6', operation='DELETE', pgid='pgtrigger_delete_delete_7b46e', table='programs_companyvalue', when='AFTER')),
        ),
        migrations.AddIndex(
            model_name='recognition',
            index=models.Index(fields=['giver', '-id'], name='recognition_giver'),
        ),
        migrations.AddIndex(
            model_name='recognition',
            index=models.Index(fields=['receiver', '-id'], name='recognition_receiver'),
        ),
        migrations.AddConstraint(
            model_name='recognition',
            constraint=models.CheckConstraint(condition=models.Q(('giver', models.F('receiver')), _negated=True), name='recognition_not_of_oneself'),
        ),
        migrations.AddConstraint(
            model_name='recognition',
            constraint=models.CheckConstraint(condition=models.Q(('month__day', 1)), name='recognition_month_is_a_first'),
        ),
        migrations.RunSQL(KEEP, UNDO),
    ]
