"""What the configuration file says of recognition: `limits.allowance`, and `recognition.values` of a programme.

```yaml
    limits: {allowance: {managers: 500, everyone: 100, carry_over: 200}}   # points a month; optional, 0 where left out
    recognition: {values: [Customer first, Own it]}                        # in the order in which they are offered
```
"""

from datetime import datetime
from typing import Any

from api.configuration_reader import Reader
from programs.models import AllowancePolicy, CompanyValue, Programme
from programs.models.recognition import VALUE_CHARACTERS
from wallets.models.account import POINTS_MAX

TERMS = ("managers", "everyone", "carry_over")
VALUES_MAX = 30


def read_allowance(limits: Reader) -> dict[str, Any]:
    """Return the allowance as an entry has it; nothing where the programme is not for recognition."""
    if not limits.given("allowance"):
        return {}
    allowance = limits.inside("allowance")
    terms = {name: allowance.whole(name, 0, POINTS_MAX, default=0) for name in TERMS}
    allowance.finish()
    if not (terms["managers"] or terms["everyone"]):
        detail = "An allowance gives managers or everyone some points. Write how many, or leave it out."
        raise limits.error("allowance", detail=detail)
    return {"allowance": terms}


def read_values(programme: Reader) -> dict[str, Any]:
    """Return the company values as an entry has them; nothing where there are none."""
    if not programme.given("recognition"):
        return {}
    recognition = programme.inside("recognition")
    values = [name.strip() for name in recognition.texts("values")]
    for place, name in enumerate(values):
        if not 0 < len(name) <= VALUE_CHARACTERS or "\0" in name or name in values[:place]:
            detail = f"Each value has 1 to {VALUE_CHARACTERS} characters and stands once."
            raise recognition.error("values", place, detail=detail)
    if len(values) > VALUES_MAX:
        raise recognition.error("values", detail=f"At most {VALUES_MAX} values: a giver reads all of them.")
    recognition.finish()
    return {"recognition": {"values": values}} if values else {}


def exported_allowance(programme: Programme) -> dict[str, Any]:
    """Return a programme's allowance as `read_allowance` would have read it."""
    policy = getattr(programme, "allowance_policy", None)
    return {"allowance": {name: getattr(policy, name) for name in TERMS}} if policy else {}


def exported_values(programme: Programme) -> dict[str, Any]:
    """Return a programme's values as `read_values` would have read them."""
    values = [value.name for value in programme.company_values.all() if value.is_offered]
    return {"recognition": {"values": values}} if values else {}


def save(programme: Programme, entry: dict[str, Any], *, at: datetime) -> None:
    """Give a programme exactly this allowance and these values; what is the same already is left as it is.

    A value that is left out is offered no more; recognitions that named it keep it.
    """
    terms = entry["limits"].get("allowance")
    policy = AllowancePolicy.objects.filter(programme=programme).first()
    if terms is None:
        if policy:
            policy.delete()
    elif policy is None:
        AllowancePolicy.objects.create(programme=programme, created_at=at, **terms)
    elif any(getattr(policy, name) != terms[name] for name in TERMS):
        AllowancePolicy.objects.filter(pk=policy.pk).update(**terms)
    values = entry.get("recognition", {}).get("values", [])
    CompanyValue.objects.filter(programme=programme, is_offered=True).exclude(name__in=values).update(is_offered=False)
    for position, name in enumerate(values):
        columns = {"position": position, "is_offered": True}
        value, is_new = CompanyValue.objects.get_or_create(programme=programme, name=name, defaults=columns)
        if not is_new and (value.position, value.is_offered) != (position, True):
            CompanyValue.objects.filter(pk=value.pk).update(**columns)
