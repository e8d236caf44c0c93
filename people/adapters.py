"""What we change of allauth."""

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts and their addresses come from HR, never from a form."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return False: nobody makes an account here, by form or by single sign-on."""
        return False

    def format_email_subject(self, subject: str) -> str:
        """Return the subject with the company's name, in place of the host's."""
        return f"{settings.COMPANY_NAME} Rewards: {subject}"
