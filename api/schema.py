"""Names operations. DRF loads this while it loads its views: import no views here."""

from typing import Any, Final

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from api.serializers import StrictSerializer


class Page(serializers.Serializer[Any]):
    """A page of a list, newest first."""


IDEMPOTENCY_KEY: Final = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!#-~]+$"},
    OpenApiParameter.HEADER,
    description="The same key with the same body gets the first answer, for at least a day. Best a UUID.",
)


class Schema(AutoSchema):
    """drf-spectacular's own, with what every POST takes, and the names of lists: it knows those of generic views."""

    method_mapping = {**AutoSchema.method_mapping, "options": "handshake"}

    def get_override_parameters(self) -> list[Any]:
        """Return the header of every POST, beside what `describe` names."""
        takes_key = self.method == "POST" and hasattr(self.view, "scopes")  # a hook has no client, and rules of its own
        return [IDEMPOTENCY_KEY] if takes_key else []

    def get_auth(self) -> list[Any]:
        """Return what a call asks for; a handshake, OPTIONS, comes before there is a token."""
        return [] if self.method == "OPTIONS" else super().get_auth()

    def _map_basic_serializer(self, serializer: Any, direction: str) -> dict[str, Any]:
        """Return the schema; of a serializer that refuses unknown members it says so."""
        schema: dict[str, Any] = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]
        is_strict = isinstance(serializer, StrictSerializer) and direction == "request"
        return schema | {"additionalProperties": False} if is_strict else schema

    def is_deprecated(self) -> bool:
        """Return whether the view says so of this method."""
        return self.method in getattr(self.view, "deprecations", {})

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        """Return the operation; a deprecated one says first when it ends."""
        operation: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        ends = getattr(self.view, "deprecations", {}).get(self.method)
        if operation and ends:
            operation["description"] = f"{ends.sentence} {operation.get('description', '')}".strip()
        return operation

    def get_operation_id(self) -> str:
        """Return `points_requests_list` beside `points_requests_retrieve`."""
        operation_id = super().get_operation_id()
        answers = self.get_response_serializers()
        is_list = isinstance(answers, dict) and any(
            isinstance(one, type) and issubclass(one, Page) for one in answers.values()
        )
        return operation_id.removesuffix("_retrieve") + "_list" if is_list else operation_id
