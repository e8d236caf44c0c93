"""What rows are called, and that the migrations make what the models say."""

from django.core.management import call_command
from django.db.models import Q

from people.models import Person
from wallets.enums import AccountKind, HoldStatus
from wallets.models import Account, Hold, Seal
from wallets.models.seal import _is_hash


def test_rows_say_what_they_are() -> None:
    bare = Account(kind=AccountKind.EXPIRED)
    rows = (
        Account(kind=AccountKind.BUDGET, name="Spot awards"),
        Account(kind=AccountKind.WALLET, person=Person(name="Ana Lopes")),
        bare,
        Hold(points=60, status=HoldStatus.PLACED),
    )
    kind = AccountKind.EXPIRED.label
    assert [str(row) for row in rows] == [
        "Spot awards",
        "Wallet of Ana Lopes",
        f"{kind} {bare.id}",
        "60 points, placed",
    ]


def test_migrations_make_what_the_models_say(db: None) -> None:
    call_command("makemigrations", "wallets", "programs", check=True, dry_run=True, verbosity=0)
    [constraint] = [each for each in Seal._meta.constraints if each.name == "seal_hashes_are_sha256"]
    assert constraint.condition == Q(_is_hash("previous_hash")) & Q(_is_hash("hash"))
