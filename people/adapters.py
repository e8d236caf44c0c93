"""What we change of allauth."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts come from HR, never from a sign-up form."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return False: nobody makes an account here."""
        return False
