"""A person's own settings, and signing in again to prove that it is them."""

from urllib.parse import urlencode

from django.conf import settings as django_settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from people import presence
from people.forms import SettingsForm
from people.settings_parts import PARTS

THEME_COOKIE_SECONDS = 400 * 24 * 3600  # as long as browsers keep one


@login_required
@require_http_methods(["GET", "POST"])
def settings(request: HttpRequest) -> HttpResponse:
    """Show and keep a person's settings. The theme is kept in the browser, by cookie: each device has its own light."""
    person, posted = presence.person(request), request.POST or None
    form = SettingsForm(posted, instance=person, initial={"theme": request.COOKIES.get("theme", "")})
    parts = [part(posted, person=person) for part in PARTS]
    if request.method != "POST" or not all(each.is_valid() for each in (form, *parts)):
        context = {"form": form, "parts": parts, "chosen_theme": form["theme"].value() or ""}
        return render(request, "people/settings.html", context)
    with transaction.atomic():
        form.save()
        for part in parts:
            part.keep(at=timezone.now())
    messages.success(request, "Your settings are kept.")
    response = redirect("settings")
    if theme := form.cleaned_data["theme"]:
        response.set_cookie(
            "theme",
            theme,
            max_age=THEME_COOKIE_SECONDS,
            secure=django_settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
    else:
        response.delete_cookie("theme")
    return response


@login_required
@require_http_methods(["GET", "POST"])
def sign_in_again(request: HttpRequest) -> HttpResponse:
    """Ask somebody who signs in by e-mail code alone to do so once more, and come back to their rewards."""
    if request.method == "POST":
        logout(request)
        return redirect(f"{reverse('account_login')}?{urlencode({'next': reverse('my_rewards')})}")
    return render(request, "account/sign_in_again.html")
