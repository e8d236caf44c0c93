"""Who can sign in to the demo, and how. Printed by `make run`."""

PASSWORD = "walk-in-the-park"  # noqa: S105 - a demo's password is meant to be read
LOGINS = [
    ("Employee", "ana.ribeiro@acme.example", PASSWORD),
    ("Employee", "asha.rao@example.com", PASSWORD),  # the person of the SuccessFactors sample
    ("Manager", "jonas.weber@acme.example", PASSWORD),
    ("HR approver", "marta.silva@acme.example", PASSWORD),
    ("HR approver", "vikram.iyer@acme.example", PASSWORD),
    ("Finance", "clara.hoffmann@acme.example", PASSWORD),
    ("Auditor", "grace.bennett@acme.example", PASSWORD),
]
GROUPS = {
    "marta.silva@acme.example": ["HR approvers", "HR administrators"],
    "vikram.iyer@acme.example": ["HR approvers", "HR administrators", "Integrations"],
    "clara.hoffmann@acme.example": ["Finance"],
    "grace.bennett@acme.example": ["Auditors"],
}
