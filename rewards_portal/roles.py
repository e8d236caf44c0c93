"""Who may do what in the admin: one table of roles and models, and nothing besides.

The staff flag opens the door to the admin; only a role shows something behind it. A role is an auth group with exactly
the permissions of this table: `migrate` gives what is missing and takes back what was added by hand, so what a role may
do is read here and changed here. A company that wants another mix makes a group of its own beside these.
"""

from collections.abc import Iterable

from django.apps import AppConfig, apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.db import DEFAULT_DB_ALIAS

ROOMS = ("api", "people", "wallets", "messaging", "approvals", "programs", "redemptions", "integrations")
HR_APPROVERS, HR_ADMINISTRATORS, INTEGRATIONS, FINANCE, AUDITORS = ROLES = (
    "HR approvers",
    "HR administrators",
    "Integrations",
    "Finance",
    "Auditors",
)
ACTIONS = {"v": "view", "a": "add", "c": "change", "d": "delete", "b": "view_body", "r": "replay"}

# v view · a add · c change · d delete · b see a body · r replay · - nothing. To add a decision is to decide, to change
# a delivery is to send it again. Deleting stops at what was used.
PERMISSIONS = {
    #                             approvers  administrators  integrations  finance  auditors
    "api.apicall":               ("-",       "-",            "v",          "-",     "v"),
    "api.apicallcount":          ("-",       "-",            "v",          "-",     "v"),
    "api.apiclient":             ("-",       "-",            "vac",        "-",     "v"),
    "api.apikey":                ("-",       "-",            "vac",        "-",     "v"),
    "api.idempotencykey":        ("-",       "-",            "-",          "-",     "-"),
    "api.quota":                 ("-",       "-",            "-",          "-",     "-"),
    "people.department":         ("v",       "vac",          "-",          "-",     "v"),
    "people.person":             ("v",       "vac",          "-",          "v",     "v"),
    "wallets.account":           ("-",       "v",            "-",          "v",     "v"),
    "wallets.transfer":          ("-",       "v",            "-",          "v",     "v"),
    "wallets.hold":              ("-",       "v",            "-",          "v",     "v"),
    "wallets.lot":               ("-",       "v",            "-",          "v",     "v"),
    "wallets.leaverpolicy":      ("-",       "vc",           "-",          "v",     "v"),
    "wallets.leaverpayout":      ("-",       "v",            "-",          "vc",    "v"),
    "wallets.lotdraw":           ("-",       "v",            "-",          "v",     "v"),
    "wallets.lotreturn":         ("-",       "v",            "-",          "v",     "v"),
    "wallets.seal":              ("-",       "v",            "-",          "v",     "v"),
    "wallets.sealcopy":          ("-",       "v",            "-",          "v",     "v"),
    "messaging.message":         ("-",       "v",            "-",          "-",     "v"),
    "messaging.delivery":        ("-",       "vc",           "vc",         "-",     "v"),
    "messaging.address":         ("-",       "-",            "-",          "-",     "v"),
    "messaging.channelpreference": ("-",     "v",            "-",            "-",     "v"),
    "messaging.pause":           ("-",       "v",            "v",          "-",     "v"),
    "messaging.webhookendpoint": ("-",       "-",            "vac",        "-",     "v"),
    "messaging.webhookevent":    ("-",       "-",            "v",          "-",     "v"),
    "messaging.webhookdelivery": ("-",       "-",            "vc",         "-",     "v"),
    "approvals.approval":        ("v",       "v",            "-",          "v",     "v"),
    "approvals.decision":        ("va",      "v",            "-",          "va",    "v"),
    "approvals.delegation":      ("v",       "vac",          "-",          "-",     "v"),
    "programs.programme":        ("v",       "vac",          "v",          "v",     "v"),
    "programs.approvalstep":     ("v",       "vacd",         "-",          "v",     "v"),
    "programs.budgettransfer":   ("v",       "va",           "-",          "va",    "v"),
    "programs.budgetclosing":    ("v",       "va",           "-",          "va",    "v"),
    "programs.departmentbudget": ("v",       "vac",          "-",          "vac",   "v"),
    "programs.lowbudget":        ("-",       "v",            "-",          "v",     "v"),
    "programs.countedday":       ("-",       "-",            "-",          "-",     "v"),
    "programs.rule":             ("v",       "vac",          "v",          "v",     "v"),
    "programs.ruleversion":      ("v",       "va",           "v",          "v",     "v"),
    "programs.rulechange":       ("v",       "va",           "-",          "v",     "v"),
    "programs.rulesimulation":   ("v",       "va",           "-",          "v",     "v"),
    "programs.simulatedmatch":   ("v",       "v",            "-",          "v",     "v"),
    "programs.event":            ("v",       "vr",           "vr",         "-",     "v"),
    "programs.funding":          ("v",       "v",            "-",          "va",    "v"),
    "programs.pointsrequest":    ("v",       "va",           "v",          "v",     "v"),
    "programs.upload":          ("v",       "va",           "-",          "v",     "v"),
    "programs.uploadrow":       ("v",       "v",            "-",          "v",     "v"),
    "programs.uploadlayout":    ("-",       "v",            "-",          "-",     "v"),
    "programs.uploadpiece":     ("-",       "-",            "-",          "-",     "v"),
    "programs.reversal":         ("v",       "va",           "v",          "v",     "v"),
    "programs.allowancepolicy": ("v",        "vacd",         "-",          "v",     "v"),
    "programs.companyvalue":    ("v",        "vac",          "-",          "v",     "v"),
    "programs.allowance":       ("-",        "v",            "-",          "-",     "v"),
    "programs.recognition":     ("v",        "v",            "-",          "v",     "v"),
    "programs.occasionwatch":   ("-",        "-",            "-",          "-",     "v"),
    "programs.adjustment":       ("v",       "va",           "-",          "v",     "v"),
    "redemptions.supplier":      ("-",       "vac",          "v",          "v",     "v"),
    "redemptions.product":       ("-",       "vacd",         "-",          "v",     "v"),
    "redemptions.vouchercode":   ("-",       "va",           "-",          "v",     "v"),
    "redemptions.order":         ("-",       "v",            "-",          "v",     "v"),
    "redemptions.orderrefund":   ("v",       "va",           "-",          "v",     "v"),
    "redemptions.voucher":       ("-",       "v",            "-",          "v",     "v"),
    "redemptions.travelcredit":  ("-",       "v",            "-",          "v",     "v"),
    "redemptions.travelcreditauthorisation": ("-", "v",      "-",          "v",     "v"),
    "redemptions.travelcreditentry": ("-",   "v",            "-",          "v",     "v"),
    "integrations.connection":   ("-",       "v",            "vac",        "-",     "v"),
    "integrations.receivedmessage": ("-",    "v",            "vbr",        "-",     "v"),
}  # fmt: skip


def permissions(role: str) -> set[str]:
    """Return a role's permissions as Django writes them, such as `programs.view_programme`."""
    column = ROLES.index(role)
    return {
        f"{app_label}.{ACTIONS[letter]}_{model_name}"
        for label, cells in PERMISSIONS.items()
        for app_label, model_name in [label.split(".")]
        for letter in cells[column].strip("-")
    }


def ensure(*, using: str = DEFAULT_DB_ALIAS) -> None:
    """Make the groups and give each exactly its permissions over our rooms' models. Safe to repeat."""
    for room in ROOMS:
        create_permissions(apps.get_app_config(room), verbosity=0, using=using)
    Group.objects.using(using).bulk_create([Group(name=role) for role in ROLES], ignore_conflicts=True)
    known = {_written(each): each.pk for each in _permissions_of_rooms(using)}
    groups = Group.objects.using(using).in_bulk(ROLES, field_name="name")
    wanted = {(groups[role].pk, known[each]) for role in ROLES for each in permissions(role)}
    through = Group.permissions.through._default_manager.using(using)
    given = set(
        through.filter(group__in=groups.values(), permission__in=known.values()).values_list(
            "group_id", "permission_id"
        )
    )
    for group_id, permission_id in given - wanted:
        through.filter(group_id=group_id, permission_id=permission_id).delete()
    through.bulk_create(
        [through.model(group_id=group_id, permission_id=permission_id) for group_id, permission_id in wanted - given],
        ignore_conflicts=True,
    )


def after_migrate(sender: AppConfig, using: str = DEFAULT_DB_ALIAS, **_: object) -> None:
    """Ensure the roles once every table stands (Django's post_migrate, sent for the last of our rooms)."""
    ensure(using=using)


def _permissions_of_rooms(using: str) -> Iterable[Permission]:
    """Return every permission over our rooms' models."""
    return Permission.objects.using(using).filter(content_type__app_label__in=ROOMS).select_related("content_type")


def _written(permission: Permission) -> str:
    """Return a permission as Django writes it in code."""
    return f"{permission.content_type.app_label}.{permission.codename}"
