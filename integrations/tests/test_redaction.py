import json

import pytest

from integrations import redaction


def test_shown_masks_names_that_look_like_a_secret() -> None:
    body = {
        "api_key": "AKIA-FAKE",
        "user": {"Password": "hunter2", "name": "Asha"},
        "params": [{"name": "client_secret", "value": "s3cret"}, {"name": "rating", "value": "4"}],
        "accessToken": {"deep": "t0ken"},
    }
    assert json.loads(redaction.shown(json.dumps(body).encode(), "application/json")) == {
        "api_key": "•••",
        "user": {"Password": "•••", "name": "Asha"},
        "params": [{"name": "client_secret", "value": "•••"}, {"name": "rating", "value": "4"}],
        "accessToken": "•••",
    }


def test_shown_masks_xml_as_the_paths_see_it() -> None:
    body = b'<a token="t0ken"><n:password xmlns:n="urn:x">hunter2</n:password><rating>4</rating></a>'
    assert json.loads(redaction.shown(body, "text/xml")) == {"a": {"@token": "•••", "password": "•••", "rating": "4"}}


@pytest.mark.parametrize(
    "body",
    [b'{"api_key": "hunter2", "a": ', b"<a><password>hunter2</password>", b"user=sf&password=hunter2&a=1"],
)
def test_shown_masks_what_cannot_be_read(body: bytes) -> None:
    shown = redaction.shown(body, "")
    assert ("hunter2" in shown, "•••" in shown) == (False, True)


def test_shown_is_cut_off() -> None:
    assert len(redaction.shown(json.dumps(["x" * 100] * 5_000).encode(), "")) == redaction.SHOWN_CHARACTERS_MAX + 2
