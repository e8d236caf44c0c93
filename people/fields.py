"""Kinds of columns of this room."""

from typing import Any

from django.db import models


class AddressField(models.EmailField[Any, Any]):
    """An e-mail address, kept and looked up in lower case: allauth finds people by the address in lower case only."""

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """Return the address in lower case, and leave it so on the instance."""
        value = super().pre_save(model_instance, add)
        if isinstance(value, str):
            value = value.lower()
            setattr(model_instance, self.attname, value)
        return value

    def get_prep_value(self, value: Any) -> Any:
        """Return the address in lower case, for the row or for a look-up."""
        prepared = super().get_prep_value(value)
        return prepared.lower() if isinstance(prepared, str) else prepared
