"""The table of roles covers every model, and the groups hold what it says and no more."""

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission

from people.models import Person
from people.tests.factories import make_person
from rewards_portal import roles


def our_models() -> set[str]:
    """Return the models of our rooms, without pghistory's own tables of their changes."""
    return {
        model._meta.label_lower
        for room in roles.ROOMS
        for model in apps.get_app_config(room).get_models()
        if not hasattr(model, "pgh_tracked_model")
    }


def test_every_model_has_a_row() -> None:
    assert set(roles.PERMISSIONS) == our_models()


def test_auditors_see_everything_and_change_nothing() -> None:
    nobodys = {"api.idempotencykey", "api.quota"}  # the machinery's own: hashes, encrypted answers, counters
    shown = {label: cells[roles.ROLES.index(roles.AUDITORS)] for label, cells in roles.PERMISSIONS.items()}
    assert {label for label, letters in shown.items() if letters != "v"} == nobodys


def test_the_ledger_and_what_came_in_are_changed_by_nobody() -> None:
    # the policy and what finance pays are no ledger: both are changed, and their changes kept
    untouchable = [
        label for label in roles.PERMISSIONS if label.startswith("wallets.") and not label.startswith("wallets.leaver")
    ]
    untouchable += ["programs.event", "redemptions.order", "integrations.receivedmessage", "approvals.approval"]
    letters = "".join(letters for label in untouchable for letters in roles.PERMISSIONS[label])
    assert set(letters) <= set("-vbr")


@pytest.mark.django_db
@pytest.mark.parametrize("role", roles.ROLES)
@pytest.mark.parametrize("label", sorted(roles.PERMISSIONS))
def test_role_over_model(role: str, label: str) -> None:
    app_label, model_name = label.split(".")
    held = Group.objects.get(name=role).permissions.filter(
        content_type__app_label=app_label, content_type__model=model_name
    )
    letters = roles.PERMISSIONS[label][roles.ROLES.index(role)].strip("-")
    expected = {f"{roles.ACTIONS[letter]}_{model_name}" for letter in letters}
    assert set(held.values_list("codename", flat=True)) == expected


@pytest.mark.django_db
def test_ensure_gives_what_is_missing_and_takes_back_the_rest() -> None:
    auditors = Group.objects.get(name=roles.AUDITORS)
    auditors.permissions.remove(Permission.objects.get(codename="view_transfer"))
    auditors.permissions.add(Permission.objects.get(codename="change_person"))
    company_own = Group.objects.create(name="Works council")
    company_own.permissions.add(Permission.objects.get(codename="view_programme"))
    roles.ensure()
    roles.ensure()
    held = {
        f"{each.content_type.app_label}.{each.codename}" for each in auditors.permissions.select_related("content_type")
    }
    assert held == roles.permissions(roles.AUDITORS)
    assert company_own.permissions.count() == 1


@pytest.mark.django_db
def test_staff_flag_alone_gives_nothing() -> None:
    person = make_person(is_staff=True)
    assert Person.objects.get(pk=person.pk).get_all_permissions() == set()
