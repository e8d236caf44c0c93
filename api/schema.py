"""Names operations. DRF loads this while it loads its views: import no views here."""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from rest_framework import serializers


class Page(serializers.Serializer[Any]):
    """A page of a list, newest first."""


class Schema(AutoSchema):
    """drf-spectacular's own, but for the name of a list: it knows those of generic views only."""

    def get_operation_id(self) -> str:
        """Return `points_requests_list` beside `points_requests_retrieve`."""
        operation_id = super().get_operation_id()
        answers = self.get_response_serializers()
        is_list = isinstance(answers, dict) and any(
            isinstance(one, type) and issubclass(one, Page) for one in answers.values()
        )
        return operation_id.removesuffix("_retrieve") + "_list" if is_list else operation_id
