"""Why a message from an HR system was not taken: one sentence each, for the person who reads that system's log."""

from api.errors import PortalError


class UnknownConnection(PortalError):
    """No active connection has this name. Check the address that was entered in the HR system."""

    code, title, status = "unknown_connection", "There is no such connection", 404


class WrongCredential(PortalError):
    """The message does not carry the credential that the connection asks for.

    Enter it again in the HR system, without spaces around it; `WWW-Authenticate` says which kind is asked for.

    Args:
        challenge: the value of `WWW-Authenticate` (RFC 9110 §11.6.1).
    """

    code, title, status = "wrong_credential", "The credential is not right", 401

    def __init__(self, detail: str, *, challenge: str) -> None:
        super().__init__(detail)
        self.challenge = challenge

    @property
    def headers(self) -> dict[str, str]:
        """Say which kind of credential is asked for."""
        return {"WWW-Authenticate": self.challenge}


class CredentialNotSet(PortalError):
    """The portal was not given the secret of this connection, so it cannot know who sends.

    Who runs the portal must set the environment variable that the connection names. Nothing was taken; send it again
    then.
    """

    code, title, status = "credential_not_set", "The connection is not ready", 503


class UnreadableMessage(PortalError):
    """The message cannot be read as the XML or JSON that the connection expects. It was kept and can be replayed."""

    code, title, status = "unreadable_message", "The message cannot be read", 400


class UnmappedRecord(PortalError):
    """One record of a message cannot be turned into an event as the connection's mapping says.

    Mend the record in the HR system and send it again, or mend the mapping and replay the message.
    """

    code, title = "unmapped_record", "The record cannot be read as the mapping says"


class DetailUnavailable(UnmappedRecord):
    """The HR system did not give the detail of a record, which the connection asks it for.

    The portal asks again by itself, for a day. Where it stays so, mend the connection's `enrich` or what it may read in
    the HR system, and replay the message.
    """

    code, title = "detail_unavailable", "The detail of the record cannot be fetched"
