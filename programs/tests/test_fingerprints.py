"""Fingerprints: what was asked before keeps its own, whatever writes it."""

import hashlib
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from programs import fingerprints

TEXTS = st.text()


@given(TEXTS, TEXTS, st.one_of(st.integers(), st.booleans()), TEXTS, st.dictionaries(TEXTS, st.integers(), max_size=2))
def test_fingerprint_is_that_of_the_canonical_json(
    programme: str, recipient: str, points: int, reason: str, metadata: dict[str, Any]
) -> None:
    content = [programme, recipient, points, reason, metadata]
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert (
        fingerprints.of_content(
            programme=programme, recipient=recipient, points=points, reason=reason, metadata=metadata
        )
        == hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()
    )
