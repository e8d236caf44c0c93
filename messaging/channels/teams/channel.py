"""Teams' place in the registry of channels."""

from django.conf import settings

from api.outbound import OutboundError
from messaging.channels.contract import Failed, Outcome, Paused, Sent
from messaging.channels.teams import address, client, render
from messaging.models import Delivery

HOW = "A card from the Workflows app in your chat"


def ready() -> bool:
    """Tell whether a flow's address is set, and is one that may be called."""
    url = settings.TEAMS_WORKFLOW_SECRET_URL
    return bool(url) and not address.wrong(url)


def where() -> str:
    """Return where the flow lives, without what lets anybody post to it."""
    return address.masked(settings.TEAMS_WORKFLOW_SECRET_URL)


def send(delivery: Delivery) -> Outcome:
    """Hand a card to the flow, which posts it to the person whom their e-mail address names.

    The flow answers before it posts: that somebody is not in Teams, only its own history says.
    """
    body = render.request(delivery.message, recipient=delivery.message.person.email)
    try:
        return Sent(client.post(body, key=str(delivery.pk)))
    except client.TeamsRateLimited as limit:
        return Paused(f"Teams: {limit}.", limit.wait)
    except (client.TeamsError, OutboundError) as error:
        return Failed(f"Teams: {error}.")
