"""The root of every error that a caller is told about, and those that any endpoint can answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

NOT_READY_SECONDS = 2  # after which it is worth asking again


class PortalError(Exception):
    """Something a caller did that we refuse, with a code that never changes and a sentence that says what to do.

    Each room keeps a small tree of these in its `errors.py`; `api.problems` turns any of them into an RFC 9457 problem,
    and pages show the sentence. The docstring of each is what `/problems/<code>` shows: what happened and its cure.

    Args:
        detail: what is wrong and what to do, for the person who reads it.
        pointer: the member of the request it is about, as a JSON Pointer (RFC 6901), such as `/points`.
    """

    code: ClassVar[str]
    title: ClassVar[str]
    status: ClassVar[int] = 422

    def __init__(self, detail: str = "", *, pointer: str | None = None) -> None:
        self.detail = detail or self.title
        self.pointer = pointer
        super().__init__(self.detail)

    @property
    def headers(self) -> dict[str, str]:
        """Return the headers that belong to the answer."""
        return {}

    @property
    def members(self) -> "list[MemberError]":
        """Return what is wrong member by member: for most errors the one that the pointer names, or none."""
        return [MemberError(self.pointer, self.code, self.detail)] if self.pointer is not None else []


@dataclass(frozen=True, slots=True)
class MemberError:
    """One member of a request that cannot be taken.

    Args:
        pointer: where it stands (RFC 6901), as `/rows/3/points`; empty for the whole body.
        code: what is wrong, for programs.
        detail: what is wrong and what to write instead, for people.
    """

    pointer: str
    code: str
    detail: str


class BadRequest(PortalError):
    """The request cannot be read, or names something impossible. Check the address, the headers and the query."""

    code, title, status = "bad_request", "The request cannot be read", 400


class MalformedBody(PortalError):
    """The body is not one JSON document in UTF-8 as RFC 7493 wants it.

    No member twice in one object, no NaN and no Infinity, at most 32 levels deep, no NUL and no half of a surrogate
    pair in a text. The detail says what and where. Nothing was done; mend the body and send it again.
    """

    code, title, status = "malformed_body", "The body is not JSON that can be taken", 400


class InvalidRequest(PortalError):
    """The body is JSON, but one or more members are missing, unknown or hold the wrong kind of value.

    `errors` names each one by its place, with what to write instead. Nothing was done.

    Args:
        errors: every member that cannot be taken, at least one.
    """

    code, title = "invalid_request", "Some members cannot be taken"

    def __init__(self, errors: Sequence[MemberError]) -> None:
        super().__init__(" ".join(f"{error.pointer or 'Body'}: {error.detail}" for error in errors[:3]))
        self.errors = list(errors)

    @property
    def members(self) -> list[MemberError]:
        """Return every member that cannot be taken."""
        return self.errors


class PointsOutOfRange(PortalError):
    """Points are a whole number from 1 to 10,000,000: no decimal point, no exponent, no quotes, no true or false."""

    code, title = "points_out_of_range", "That is not a number of points"


class InvalidIdempotencyKey(PortalError):
    """The `Idempotency-Key` header holds no key of 1 to 255 characters of ASCII.

    Write one without spaces, such as a UUID, or any in quotes. Nothing was done.
    """

    code, title, status = "invalid_idempotency_key", "That is no Idempotency-Key", 400


class IdempotencyKeyReused(PortalError):
    """The `Idempotency-Key` came before with another body or for another address.

    Make a new key for each new request, and keep it with the request for all its repeats. Nothing was done.
    """

    code, title = "idempotency_key_reused", "The Idempotency-Key was used for something else"


class IdempotencyKeyInProgress(PortalError):
    """The first request with this `Idempotency-Key` is still being answered.

    Send the same request again in a second: it then gets the first one's answer.
    """

    code, title, status = "idempotency_key_in_progress", "The first request is still under way", 409


class NotAuthenticated(PortalError):
    """The request carries no access token.

    Get one by client credentials at the `token_endpoint` of `/.well-known/openid-configuration` and send it as
    `Authorization: Bearer …`.
    """

    code, title, status = "not_authenticated", "An access token is needed", 401

    @property
    def headers(self) -> dict[str, str]:
        """Name the scheme, with no error attribute where no credentials came (RFC 6750 §3.1)."""
        return {"WWW-Authenticate": 'Bearer realm="Rewards Portal"'}


class InvalidToken(PortalError):
    """The access token is unknown, has expired (they live one hour) or was revoked. Get a new one and try again."""

    code, title, status = "invalid_token", "The access token is not valid", 401

    @property
    def headers(self) -> dict[str, str]:
        """Say that the token is what is wrong (RFC 6750 §3.1)."""
        return {"WWW-Authenticate": 'Bearer realm="Rewards Portal", error="invalid_token"'}


class TokenInAddress(PortalError):
    """The access token stands in the address, where logs and proxies keep it.

    Treat it as leaked: revoke it, get a new one and send it as `Authorization: Bearer …`.
    """

    code, title, status = "token_in_address", "A token must not stand in the address", 401

    @property
    def headers(self) -> dict[str, str]:
        """Say that the request is what is wrong (RFC 6750 §3.1)."""
        return {"WWW-Authenticate": 'Bearer realm="Rewards Portal", error="invalid_request"'}


class InsufficientScope(PortalError):
    """The token is valid, but was not given the scope that this call needs.

    Ask for it at the token endpoint; if that answers `invalid_scope`, the client was not given it: ask who runs the
    portal.

    Args:
        scope: the scope that is needed.
    """

    code, title, status = "insufficient_scope", "The token lacks a scope", 403

    def __init__(self, scope: str) -> None:
        super().__init__(f'This call needs the scope "{scope}".')
        self.scope = scope

    @property
    def headers(self) -> dict[str, str]:
        """Name the scope that is needed (RFC 6750 §3.1)."""
        return {"WWW-Authenticate": f'Bearer realm="Rewards Portal", error="insufficient_scope", scope="{self.scope}"'}


class PermissionDenied(PortalError):
    """Whoever asks may not do this. A page that stood open for long may only need to be loaded again."""

    code, title, status = "permission_denied", "This is not allowed", 403


class ProgrammeNotAllowed(PortalError):
    """The client is held to certain programmes, and this is not one of them. Ask who runs the portal to add it."""

    code, title, status = "programme_not_allowed", "This client may not use that programme", 403


class NotFound(PortalError):
    """There is nothing at this address, or nothing that this client may see. Check the id and the path."""

    code, title, status = "not_found", "There is nothing here", 404


class MethodNotAllowed(PortalError):
    """The address is right, the method is not. The `Allow` header names those that work."""

    code, title, status = "method_not_allowed", "That method does not work here", 405


class RequestTimeout(PortalError):
    """The body did not arrive in time: it may pause for 10 seconds in all, and must then come at 20 kB/s or faster.

    Nothing was done. Send it again, whole.
    """

    code, title, status = "request_timeout", "The body did not arrive in time", 408


class BodyTooLarge(PortalError):
    """The body is over 5 MiB. Send it in several requests, or as an upload."""

    code, title, status = "body_too_large", "The body is too large", 413


class UnsupportedMediaType(PortalError):
    """The body is not of a kind that this address reads. Send `Content-Type: application/json`."""

    code, title, status = "unsupported_media_type", "That kind of body is not read here", 415


class TooManyRequests(PortalError):
    """The client asked more often than its limit allows. Wait as long as `Retry-After` says, then go on.

    `RateLimit` says with every answer how many more there are. Who runs the portal can give a client more.

    Args:
        detail: what the limit is.
        retry_after_seconds: how long to wait.
        limits: the headers that tell of the limit.
    """

    code, title, status = "too_many_requests", "Too many requests", 429

    def __init__(
        self, detail: str = "", *, retry_after_seconds: int | None = None, limits: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.retry_after_seconds, self.limits = retry_after_seconds, limits or {}

    @property
    def headers(self) -> dict[str, str]:
        """Say when to go on."""
        wait = {} if self.retry_after_seconds is None else {"Retry-After": str(self.retry_after_seconds)}
        return {**self.limits, **wait}


class InternalError(PortalError):
    """Something broke on our side, and was noted under the request id.

    Sending the same request again is safe: `external_id` keeps it from counting twice. If it stays, tell who runs the
    portal the request id.
    """

    code, title, status = "internal_error", "Something broke on our side", 500


class NotReady(PortalError):
    """The process runs, but something it needs does not answer yet. Try again in a few seconds.

    What you sent may have taken effect already; sending it again is safe: `external_id` keeps it from counting twice.
    """

    code, title, status = "not_ready", "Not ready yet", 503

    @property
    def headers(self) -> dict[str, str]:
        """Say when to try again."""
        return {"Retry-After": str(NOT_READY_SECONDS)}


class UnknownScope(PortalError):
    """A client was to be made with a scope that does not exist, or with none. The detail lists those there are."""

    code, title = "unknown_scope", "There is no such scope"


class TwoSecretsLive(PortalError):
    """A client was to get a third secret. End the older of its two first, once no system uses it any more."""

    code, title, status = "two_secrets_live", "The client has two secrets already", 409


class InvalidApiKey(PortalError):
    """An API key was to be made with a name, scopes or an end that cannot be. The detail says which."""

    code, title = "invalid_api_key", "The API key cannot be made"


class InvalidClient(PortalError):
    """A client was to be made with a name, a limit or a programme that cannot be. The detail says which."""

    code, title = "invalid_client", "The client cannot be made"
