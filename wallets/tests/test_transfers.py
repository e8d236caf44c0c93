import pytest

from wallets.tests.factories import make_budget, make_wallet, move

pytestmark = pytest.mark.django_db


def test_post_credits_a_wallet():
    budget, wallet = make_budget(1000), make_wallet()
    posting = move(budget, wallet, 400)
    wallet.refresh_from_db()
    print(posting)
    assert wallet.points == 400
