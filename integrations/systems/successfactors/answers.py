"""What SuccessFactors expects to hear: to SOAP an ExternalEventResponse, to everything else JSON.

There is no public contract but the classes of its event notification (com.successfactors.event.notification.v2): the
payload holds entityId, errorCode, errorMessage, status, statusDate, statusDetails, in the namespace of the message.
"""

from collections import Counter
from typing import Any
from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring

from django.http import HttpResponse

from integrations.systems.plain import answers as plain
from integrations.systems.plain import items
from integrations.systems.plain.answers import Taken

SOAP_1_1, SOAP_1_2 = "http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope"
NOTIFICATION = "http://notification.event.successfactors.com"
MEDIA_TYPES = {SOAP_1_1: "text/xml; charset=utf-8", SOAP_1_2: "application/soap+xml; charset=utf-8"}
register_namespace("soap", SOAP_1_1)
register_namespace("soap12", SOAP_1_2)
register_namespace("notification", NOTIFICATION)


def answer(taken: Taken) -> HttpResponse:
    """Return what the sender expects.

    SOAP: HTTP 200 with `status` 200 where the message was taken (a refused record is taken too: it is kept, with its
    reason in `statusDetails`), and with the error where not one of its events could be read as the mapping says.
    """
    namespaces = taken.document.namespaces
    if namespaces.get("Envelope") not in MEDIA_TYPES or "ExternalEvent" not in namespaces:
        return plain.answer(taken)
    return _soap(taken, envelope=namespaces["Envelope"], namespace=namespaces["ExternalEvent"])


def _soap(taken: Taken, *, envelope: str, namespace: str) -> HttpResponse:
    """Return the ExternalEventResponse in the envelope and namespace of the message."""
    root = Element(f"{{{envelope}}}Envelope")
    body = SubElement(root, f"{{{envelope}}}Body")
    response = SubElement(body, _in(namespace, "ExternalEventResponse"))
    payload = SubElement(response, _in(namespace, "responsePayload"))
    for name, value in _payload(taken).items():
        SubElement(payload, _in(namespace, name)).text = value
    return HttpResponse(tostring(root, encoding="utf-8", xml_declaration=True), content_type=MEDIA_TYPES[envelope])


def _payload(taken: Taken) -> dict[str, str]:
    """Return the members of the answer, in the order of the schema's names."""
    date = taken.at.strftime("%Y-%m-%dT%H:%M:%SZ")
    problems = [result["problem"] for result in taken.results if result.get("problem")]
    if problems and len(problems) == len(taken.results):
        first = problems[0]
        error = {"errorCode": first["code"], "errorMessage": first["detail"], "status": str(first["status"])}
        return {"entityId": _entity_id(taken), **error, "statusDate": date, "statusDetails": "not taken"}
    return {
        "entityId": _entity_id(taken),
        "status": "200",
        "statusDate": date,
        "statusDetails": _details(taken.results),
    }


def _entity_id(taken: Taken) -> str:
    """Return the id of the only event, or of the message where it holds several."""
    things = [each for each in taken.things if isinstance(each, dict)]
    if len(things) == 1 and (event_id := (things[0].get("event") or {}).get("eventId")):
        return str(event_id)
    return next((str(each) for each in items.found("externalEventId", taken.document.content)), "")


def _details(results: list[dict[str, Any]]) -> str:
    """Return how many events came to what, and why the refused ones were: `2 accepted: 1 credited, 1 refused (…)`."""
    counts = Counter(result["status"].replace("_", " ") for result in results)
    reasons = sorted({reason for result in results for reason in _reasons(result)})
    counted = ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))
    return f"{len(results)} accepted: {counted}" + (f" ({' '.join(reasons)})" if reasons else "")


def _reasons(result: dict[str, Any]) -> list[str]:
    """Return the sentences that say why a result gave nothing."""
    if result.get("problem"):
        return [result["problem"]["detail"]]
    return [match["problem"]["detail"] for match in result.get("matches", []) if match["problem"]]


def _in(namespace: str, name: str) -> str:
    """Return a name in a namespace, as ElementTree writes it."""
    return f"{{{namespace}}}{name}" if namespace else name
