"""A person's own settings, and signing in again to prove that it is them."""

from urllib.parse import urlencode

from django.conf import settings as django_settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from people import presence
from people.forms import SettingsForm

THEME_COOKIE_SECONDS = 400 * 24 * 3600  # as long as browsers keep one


@login_required
@require_http_methods(["GET", "POST"])
def settings(request: HttpRequest) -> HttpResponse:
    """Show and keep a person's settings. The theme is kept in the browser, by cookie: each device has its own light."""
    form = SettingsForm(
        request.POST or None,
        instance=presence.person(request),
        initial={"theme": request.COOKIES.get("theme", "")},
    )
    if request.method != "POST" or not form.is_valid():
        return render(request, "people/settings.html", {"form": form, "chosen_theme": form["theme"].value() or ""})
    form.save()
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
