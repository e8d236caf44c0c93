"""E-mail's place in the registry of channels."""

import re
import smtplib
from contextlib import suppress

from django.conf import settings
from django.core.mail import get_connection

from messaging.channels.contract import Failed, Outcome, Sent, Skipped
from messaging.channels.email import render
from messaging.models import Delivery

HOW = "To your work address"
SMTP = "django.core.mail.backends.smtp.EmailBackend"
LAPTOP = {"django.core.mail.backends.console.EmailBackend", "django.core.mail.backends.filebased.EmailBackend"}
PERMANENT = 500  # RFC 5321 §4.2.1: from here on the same again will be refused again
ENHANCED = re.compile(rb"[245]\.\d{1,3}\.\d{1,3}\b")  # RFC 3463


def ready() -> bool:
    """Tell whether EMAIL_URL names a mail server; with DEBUG, the console and a folder do as well."""
    if settings.EMAIL_BACKEND == SMTP:
        return bool(settings.EMAIL_IS_NAMED and settings.EMAIL_HOST)
    return settings.DEBUG and settings.EMAIL_BACKEND in LAPTOP


def where() -> str:
    """Return the mail server, without the credentials for it."""
    return (
        f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT or smtplib.SMTP_PORT}"
        if settings.EMAIL_BACKEND == SMTP
        else "this machine's log"
    )


def send(delivery: Delivery) -> Outcome:
    """Send one letter, over a connection of its own.

    What the server refuses for good because of the recipient or the words is not deliverable. What it refuses for now,
    and what is wrong between it and us (no connection, log-in, sender), is tried again.
    """
    connection = get_connection(timeout=settings.EMAIL_TIMEOUT)
    letter = render.letter(delivery.message, key=str(delivery.pk), connection=connection)
    try:
        letter.send()
    except (OSError, ValueError) as error:  # smtplib's errors are of the first kind
        return _failure(error)
    finally:
        with suppress(OSError):
            connection.close()  # one that came no further than its greeting is still open
    return Sent(letter.extra_headers["Message-ID"])


def _failure(error: OSError | ValueError) -> Outcome:
    """Return the outcome of a letter that the mail server did not take."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            code, words = next(iter(error.recipients.values()))
            return _refused(code, words, "this person's address")
        case smtplib.SMTPDataError():
            return _refused(error.smtp_code, error.smtp_error, "the message")
        case smtplib.SMTPResponseException():
            reply = _reply(error.smtp_code, error.smtp_error)
            return Failed(f"The mail server said {reply}, before it took a recipient.")
        case OSError():
            return Failed(_no_answer(error))
        case _:
            return Skipped("This person's e-mail address is not one that can be written to.")


def _no_answer(error: OSError) -> str:
    """Return why no answer came; smtplib turns a time that was over into a connection that ended."""
    if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
        return f"The mail server did not answer in {settings.EMAIL_TIMEOUT} s."
    if isinstance(error, smtplib.SMTPServerDisconnected | ConnectionResetError | BrokenPipeError):
        return "The connection to the mail server broke."
    if isinstance(error, smtplib.SMTPException):
        return f"The mail server does not do what it has to: {type(error).__name__}."
    return f"The mail server could not be reached: {type(error).__name__}."


def _refused(code: int, words: bytes | str, what: str) -> Outcome:
    """Return the outcome of a refusal that concerns this letter alone."""
    reason = f"The mail server said {_reply(code, words)} to {what}."
    return Skipped(reason) if code >= PERMANENT else Failed(reason)


def _reply(code: int, words: bytes | str) -> str:
    """Return a reply's codes; its words may repeat an address, so they are left out."""
    text = words if isinstance(words, bytes) else words.encode()
    enhanced = ENHANCED.match(text)
    return f"{code} {enhanced[0].decode()}" if enhanced else str(code)
