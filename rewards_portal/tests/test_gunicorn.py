"""What gunicorn hands on and writes down, as rewards_portal.gunicorn says."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from gunicorn.config import Config
from gunicorn.http.message import Request
from gunicorn.http.unreader import IterUnreader
from structlog.testing import capture_logs

from rewards_portal import gunicorn

ASKED = b"POST / HTTP/1.1\r\nHost: a\r\nSAP_MplCorrelationId: AGdD0\r\nX_Forwarded_For: 10.0.0.1\r\n\r\n"


@pytest.mark.parametrize(("peer", "handed_on"), [("127.0.0.1", True), ("192.0.2.9", False)])
def test_correlation_id_of_sap_is_handed_on_from_a_trusted_peer_alone(peer: str, handed_on: bool) -> None:
    config = Config()
    config.set("forwarder_headers", gunicorn.forwarder_headers)
    request = Request(config, IterUnreader([ASKED]), (peer, 4711))
    assert dict(request.headers) == {"HOST": "a"} | ({"SAP_MPLCORRELATIONID": "AGdD0"} if handed_on else {})


@pytest.mark.parametrize("correlation_id", ["b3d1f7e0", None])
def test_line_of_a_request_holds_its_ids(correlation_id: str | None) -> None:
    headers = [("X-Request-ID", "r1")] + ([("X-Correlation-ID", correlation_id)] if correlation_id else [])
    answer = SimpleNamespace(headers=headers, status="200 OK", sent=7)
    logger = gunicorn.PortalLogger.__new__(gunicorn.PortalLogger)
    with capture_logs() as said:
        logger.access(answer, None, {"REQUEST_METHOD": "POST", "PATH_INFO": "/a"}, timedelta(milliseconds=12))
    assert said == [
        {"event": "request", "log_level": "info", "request_id": "r1", "method": "POST", "path": "/a", "status": 200,
         "bytes": 7, "milliseconds": 12.0} | ({"correlation_id": correlation_id} if correlation_id else {})
    ]  # fmt: skip
