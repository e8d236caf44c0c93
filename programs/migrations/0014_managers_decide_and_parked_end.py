"""Steps that managers decide, what becomes of what nobody decides, and for how long points stay parked."""

import django.core.validators
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('programs', '0013_uploads_are_laid_out_and_approved'),
        ('wallets', '0012_fewer_foreign_keys'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='approvalstep',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='approvalstep',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='approvalstep',
            name='delete_delete',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='programme',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='programme',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='programme',
            name='delete_delete',
        ),
        migrations.AddField(
            model_name='approvalstep',
            name='approver',
            field=models.CharField(choices=[('group', 'The group'), ('manager', 'The manager of who gains, else the group')], default='group', help_text='Who decides.', max_length=8),
        ),
        migrations.AddField(
            model_name='approvalstep',
            name='escalate_after_days',
            field=models.PositiveSmallIntegerField(blank=True, help_text='Days until others may decide as well. Empty: as everywhere.', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(365)]),
        ),
        migrations.AddField(
            model_name='approvalstep',
            name='escalate_to',
            field=models.ForeignKey(blank=True, help_text="Whose members may decide then. Empty: the manager's own manager, and nobody else for a group.", null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='auth.group'),
        ),
        migrations.AddField(
            model_name='approvalstep',
            name='remind_after_days',
            field=models.PositiveSmallIntegerField(blank=True, help_text='Days until those who may decide are reminded. Empty: as everywhere.', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(365)]),
        ),
        migrations.AddField(
            model_name='approvalstepevent',
            name='approver',
            field=models.CharField(choices=[('group', 'The group'), ('manager', 'The manager of who gains, else the group')], default='group', help_text='Who decides.', max_length=8),
        ),
        migrations.AddField(
            model_name='approvalstepevent',
            name='escalate_after_days',
            field=models.PositiveSmallIntegerField(blank=True, help_text='Days until others may decide as well. Empty: as everywhere.', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(365)]),
        ),
        migrations.AddField(
            model_name='approvalstepevent',
            name='escalate_to',
            field=models.ForeignKey(blank=True, db_constraint=False, help_text="Whose members may decide then. Empty: the manager's own manager, and nobody else for a group.", null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='auth.group'),
        ),
        migrations.AddField(
            model_name='approvalstepevent',
            name='remind_after_days',
            field=models.PositiveSmallIntegerField(blank=True, help_text='Days until those who may decide are reminded. Empty: as everywhere.', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(365)]),
        ),
        migrations.AddField(
            model_name='programme',
            name='park_for_days',
            field=models.PositiveSmallIntegerField(blank=True, help_text='Days that points for somebody not known yet wait. Empty: 90.', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(3650)]),
        ),
        migrations.AddField(
            model_name='programmeevent',
            name='park_for_days',
            field=models.PositiveSmallIntegerField(blank=True, help_text='Days that points for somebody not known yet wait. Empty: 90.', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(3650)]),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='approvalstep',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "programs_approvalstepevent" ("applies_to", "approvals", "approver", "escalate_after_days", "escalate_to_id", "group_id", "id", "over", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "programme_id", "remind_after_days") VALUES (NEW."applies_to", NEW."approvals", NEW."approver", NEW."escalate_after_days", NEW."escalate_to_id", NEW."group_id", NEW."id", NEW."over", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."programme_id", NEW."remind_after_days"); RETURN NULL;', hash='89cbf7e817307b963dc24b246bddca7cf8988da3', operation='INSERT', pgid='pgtrigger_insert_insert_19a33', table='programs_approvalstep', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='approvalstep',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "programs_approvalstepevent" ("applies_to", "approvals", "approver", "escalate_after_days", "escalate_to_id", "group_id", "id", "over", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "programme_id", "remind_after_days") VALUES (NEW."applies_to", NEW."approvals", NEW."approver", NEW."escalate_after_days", NEW."escalate_to_id", NEW."group_id", NEW."id", NEW."over", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."programme_id", NEW."remind_after_days"); RETURN NULL;', hash='abd9dba71c6be9bd3e6cccb34d4375113326be4e', operation='UPDATE', pgid='pgtrigger_update_update_7897a', table='programs_approvalstep', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='approvalstep',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "programs_approvalstepevent" ("applies_to", "approvals", "approver", "escalate_after_days", "escalate_to_id", "group_id", "id", "over", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "programme_id", "remind_after_days") VALUES (OLD."applies_to", OLD."approvals", OLD."approver", OLD."escalate_after_days", OLD."escalate_to_id", OLD."group_id", OLD."id", OLD."over", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."programme_id", OLD."remind_after_days"); RETURN NULL;', hash='7241f1c01bd809e3df9419f9f4a7153d47c8146e', operation='DELETE', pgid='pgtrigger_delete_delete_e316b', table='programs_approvalstep', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='programme',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "programs_programmeevent" ("budget_id", "budget_low_at", "counted_since", "created_at", "eligible", "ends_on", "id", "name", "notify", "park_for_days", "per_person_limit", "per_person_limit_days", "per_programme_limit", "per_programme_limit_days", "per_request_limit", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "points_expire_after_days", "slug", "starts_on", "status", "unknown_recipients") VALUES (NEW."budget_id", NEW."budget_low_at", NEW."counted_since", NEW."created_at", NEW."eligible", NEW."ends_on", NEW."id", NEW."name", NEW."notify", NEW."park_for_days", NEW."per_person_limit", NEW."per_person_limit_days", NEW."per_programme_limit", NEW."per_programme_limit_days", NEW."per_request_limit", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."points_expire_after_days", NEW."slug", NEW."starts_on", NEW."status", NEW."unknown_recipients"); RETURN NULL;', hash='41034cf4c89d9310897da4e4a11b50b5114e8641', operation='INSERT', pgid='pgtrigger_insert_insert_6cb97', table='programs_programme', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='programme',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "programs_programmeevent" ("budget_id", "budget_low_at", "counted_since", "created_at", "eligible", "ends_on", "id", "name", "notify", "park_for_days", "per_person_limit", "per_person_limit_days", "per_programme_limit", "per_programme_limit_days", "per_request_limit", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "points_expire_after_days", "slug", "starts_on", "status", "unknown_recipients") VALUES (NEW."budget_id", NEW."budget_low_at", NEW."counted_since", NEW."created_at", NEW."eligible", NEW."ends_on", NEW."id", NEW."name", NEW."notify", NEW."park_for_days", NEW."per_person_limit", NEW."per_person_limit_days", NEW."per_programme_limit", NEW."per_programme_limit_days", NEW."per_request_limit", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."points_expire_after_days", NEW."slug", NEW."starts_on", NEW."status", NEW."unknown_recipients"); RETURN NULL;', hash='f482e1653d7c3d3c50ca1980df9b2b127f67c528', operation='UPDATE', pgid='pgtrigger_update_update_58373', table='programs_programme', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='programme',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "programs_programmeevent" ("budget_id", "budget_low_at", "counted_since", "created_at", "eligible", "ends_on", "id", "name", "notify", "park_for_days", "per_person_limit", "per_person_limit_days", "per_programme_limit", "per_programme_limit_days", "per_request_limit", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "points_expire_after_days", "slug", "starts_on", "status", "unknown_recipients") VALUES (OLD."budget_id", OLD."budget_low_at", OLD."counted_since", OLD."created_at", OLD."eligible", OLD."ends_on", OLD."id", OLD."name", OLD."notify", OLD."park_for_days", OLD."per_person_limit", OLD."per_person_limit_days", OLD."per_programme_limit", OLD."per_programme_limit_days", OLD."per_request_limit", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."points_expire_after_days", OLD."slug", OLD."starts_on", OLD."status", OLD."unknown_recipients"); RETURN NULL;', hash='994cc150efe61a71d1a1e8023f53c14611f74aa5', operation='DELETE', pgid='pgtrigger_delete_delete_34d0f', table='programs_programme', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='approvalstep',
            constraint=models.CheckConstraint(condition=models.Q(('approver', 'group'), models.Q(('applies_to', 'requests'), ('approvals', 1), ('approver', 'manager')), _connector='OR'), name='approval_step_manager_decides_requests', violation_error_message='A manager decides points requests alone: one approval.'),
        ),
        migrations.AddConstraint(
            model_name='approvalstep',
            constraint=models.CheckConstraint(condition=models.Q(('remind_after_days__range', (1, 365)), ('remind_after_days__isnull', True), _connector='OR'), name='approval_step_remind_days_range'),
        ),
        migrations.AddConstraint(
            model_name='approvalstep',
            constraint=models.CheckConstraint(condition=models.Q(('escalate_after_days__range', (1, 365)), ('escalate_after_days__isnull', True), _connector='OR'), name='approval_step_escalate_days_range'),
        ),
        migrations.AddConstraint(
            model_name='programme',
            constraint=models.CheckConstraint(condition=models.Q(('park_for_days__range', (1, 3650)), ('park_for_days__isnull', True), _connector='OR'), name='programme_park_for_days_range'),
        ),
    ]
