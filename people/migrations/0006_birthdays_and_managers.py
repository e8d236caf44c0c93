"""Birthdays without a year, and managers that go in no circle (sql/managers.sql)."""

from pathlib import Path

import django.db.models.functions.datetime
import people.validators
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

MANAGERS = (Path(__file__).resolve().parent.parent / "sql" / "managers.sql").read_text()
UNDO = """
DROP TRIGGER person_managers_updated ON people_person;
DROP TRIGGER person_managers_inserted ON people_person;
DROP FUNCTION people_managers_check;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('people', '0005_left_at'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='person',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='person',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='person',
            name='delete_delete',
        ),
        migrations.AddField(
            model_name='person',
            name='birthday',
            field=models.CharField(blank=True, default='', help_text='Month and day, as 05-31; never the year. Empty: not known, or not to be marked.', max_length=5, validators=[people.validators.day_of_a_year]),
        ),
        migrations.AddField(
            model_name='person',
            name='marks_birthday',
            field=models.BooleanField(default=True, verbose_name='mark my birthday'),
        ),
        migrations.AddField(
            model_name='personevent',
            name='marks_birthday',
            field=models.BooleanField(default=True, verbose_name='mark my birthday'),
        ),
        migrations.AddIndex(
            model_name='person',
            index=models.Index(condition=models.Q(('birthday', ''), _negated=True), fields=['birthday', 'time_zone'], name='person_birthday'),
        ),
        migrations.AddIndex(
            model_name='person',
            index=models.Index(django.db.models.functions.datetime.ExtractMonth('joined_on'), django.db.models.functions.datetime.ExtractDay('joined_on'), models.F('time_zone'), condition=models.Q(('joined_on__isnull', False)), name='person_joined'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='person',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "people_personevent" ("country", "created_at", "department_id", "email", "employee_number", "grade", "id", "is_staff", "is_superuser", "joined_on", "language", "left_at", "manager_id", "marks_birthday", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "scim_external_id", "signed_out_at", "status", "time_zone") VALUES (NEW."country", NEW."created_at", NEW."department_id", NEW."email", NEW."employee_number", NEW."grade", NEW."id", NEW."is_staff", NEW."is_superuser", NEW."joined_on", NEW."language", NEW."left_at", NEW."manager_id", NEW."marks_birthday", NEW."name", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."scim_external_id", NEW."signed_out_at", NEW."status", NEW."time_zone"); RETURN NULL;', hash='e50e39d16152b4a424b5b1b7f3a03889def33681', operation='INSERT', pgid='pgtrigger_insert_insert_65688', table='people_person', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='person',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."country" IS DISTINCT FROM (NEW."country") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."department_id" IS DISTINCT FROM (NEW."department_id") OR OLD."email" IS DISTINCT FROM (NEW."email") OR OLD."employee_number" IS DISTINCT FROM (NEW."employee_number") OR OLD."grade" IS DISTINCT FROM (NEW."grade") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."is_staff" IS DISTINCT FROM (NEW."is_staff") OR OLD."is_superuser" IS DISTINCT FROM (NEW."is_superuser") OR OLD."joined_on" IS DISTINCT FROM (NEW."joined_on") OR OLD."language" IS DISTINCT FROM (NEW."language") OR OLD."left_at" IS DISTINCT FROM (NEW."left_at") OR OLD."manager_id" IS DISTINCT FROM (NEW."manager_id") OR OLD."marks_birthday" IS DISTINCT FROM (NEW."marks_birthday") OR OLD."name" IS DISTINCT FROM (NEW."name") OR OLD."scim_external_id" IS DISTINCT FROM (NEW."scim_external_id") OR OLD."signed_out_at" IS DISTINCT FROM (NEW."signed_out_at") OR OLD."status" IS DISTINCT FROM (NEW."status") OR OLD."time_zone" IS DISTINCT FROM (NEW."time_zone"))', func='INSERT INTO "people_personevent" ("country", "created_at", "department_id", "email", "employee_number", "grade", "id", "is_staff", "is_superuser", "joined_on", "language", "left_at", "manager_id", "marks_birthday", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "scim_external_id", "signed_out_at", "status", "time_zone") VALUES (NEW."country", NEW."created_at", NEW."department_id", NEW."email", NEW."employee_number", NEW."grade", NEW."id", NEW."is_staff", NEW."is_superuser", NEW."joined_on", NEW."language", NEW."left_at", NEW."manager_id", NEW."marks_birthday", NEW."name", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."scim_external_id", NEW."signed_out_at", NEW."status", NEW."time_zone"); RETURN NULL;', hash='f2100b809c2f9fdfe9e0e1a6f3762348fd648ecd', operation='UPDATE', pgid='pgtrigger_update_update_de829', table='people_person', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='person',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "people_personevent" ("country", "created_at", "department_id", "email", "employee_number", "grade", "id", "is_staff", "is_superuser", "joined_on", "language", "left_at", "manager_id", "marks_birthday", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "scim_external_id", "signed_out_at", "status", "time_zone") VALUES (OLD."country", OLD."created_at", OLD."department_id", OLD."email", OLD."employee_number", OLD."grade", OLD."id", OLD."is_staff", OLD."is_superuser", OLD."joined_on", OLD."language", OLD."left_at", OLD."manager_id", OLD."marks_birthday", OLD."name", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."scim_external_id", OLD."signed_out_at", OLD."status", OLD."time_zone"); RETURN NULL;', hash='72c6d2aedf10fa957e5935dbd731e37811de7b43', operation='DELETE', pgid='pgtrigger_delete_delete_2ca2d', table='people_person', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='person',
            constraint=models.CheckConstraint(condition=models.Q(('birthday', ''), models.Q(('birthday__regex', '^(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])$'), models.Q(('birthday__in', ['02-30', '02-31', '04-31', '06-31', '09-31', '11-31']), _negated=True)), _connector='OR'), name='person_birthday_is_a_day'),
        ),
        migrations.RunSQL(MANAGERS, UNDO),
    ]
