"""Every setting of the portal. The environment is read here and nowhere else; the README lists the variables."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import django_stubs_ext
import environ
import pghistory
from celery.schedules import schedule

from rewards_portal import logs
from rewards_portal.environment import broker, refuse_unsafe, required, seal_target

django_stubs_ext.monkeypatch()  # lets ModelAdmin[Person] and its like be written at runtime too

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = required("SECRET_KEY", "a random string of at least 50 characters")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ENCRYPTION_KEYS = required("ENCRYPTION_KEYS", "key id and 32 bytes in URL-safe base64, as `2026:…`; the first encrypts")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]", "testserver"] if DEBUG else [])
BASE_URL = env.str("BASE_URL", default=f"http://127.0.0.1:{env.int('PORT', default=8000)}").rstrip("/")
OUTBOUND_ALLOW = env.list("OUTBOUND_ALLOW", default=[])
SEAL_TARGET_SECRET_URL = seal_target(env.str("SEAL_TARGET", default=""))  # error pages mask what is named so
COMPANY_NAME = env.str("COMPANY_NAME", default="Acme")
POINTS_CURRENCY = env.str("POINTS_CURRENCY", default="EUR")
POINTS_PER_UNIT = env.int("POINTS_PER_UNIT", default=100)
if not DEBUG:
    refuse_unsafe(
        secret_key=SECRET_KEY, encryption_keys=ENCRYPTION_KEYS, allowed_hosts=ALLOWED_HOSTS, base_url=BASE_URL
    )

ROOT_URLCONF = "rewards_portal.urls"
WSGI_APPLICATION = "rewards_portal.wsgi.application"
AUTH_USER_MODEL = "people.Person"
PGHISTORY_DEFAULT_TRACKERS = (pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
SILENCED_SYSTEM_CHECKS = ["auth.W004"]  # e-mail is unique without regard to case: a constraint of Person
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

INSTALLED_APPS = [
    "rewards_portal.apps.RewardsPortalConfig",
    "rewards_portal.apps.PortalAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.idp.oidc",
    "csp",
    "django_htmx",
    "template_partials",
    "pgtrigger",
    "pghistory",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_structlog",
    "api",
    "people",
    "wallets",
    "messaging",
    "approvals",
    "programs",
    "redemptions",
    "integrations",
]

MIDDLEWARE = [
    "api.middleware.RequestIdMiddleware",
    "api.middleware.CallLogMiddleware",
    "api.middleware.ProblemMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "rewards_portal.page_middleware.CSPMiddleware",
    "rewards_portal.page_middleware.SessionMiddleware",
    "rewards_portal.page_middleware.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "rewards_portal.page_middleware.CsrfViewMiddleware",
    "rewards_portal.page_middleware.AuthenticationMiddleware",
    "rewards_portal.page_middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "rewards_portal.page_middleware.HtmxMiddleware",
    "pghistory.middleware.HistoryMiddleware",
    "people.middleware.TimeZoneMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "rewards_portal.context_processors.portal",
            ],
        },
    }
]

# A new connection per request costs ten times as much as the request; prepared statements save a third (docs/adr).
DATABASES: dict[str, Any] = {"default": required("DATABASE_URL", "postgres://user:password@host:5432/name", env.db)}
DATABASES["default"] |= {"CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True, "ATOMIC_REQUESTS": False}
DATABASES["default"]["ENGINE"] = "rewards_portal.postgresql"  # Django's own, whose health check takes no turn
DATABASES["default"]["OPTIONS"] = {
    "server_side_binding": True,
    "prepare_threshold": 1,
    "application_name": "rewards_portal",
    "options": "-c lock_timeout=5s -c statement_timeout=30s -c idle_in_transaction_session_timeout=30s",
} | DATABASES["default"].get("OPTIONS", {})

CELERY_BROKER_URL, CELERY_BROKER_TRANSPORT_OPTIONS = broker(
    required("BROKER_URL", "amqp://…, redis://… or filesystem://…")
)
# Two portals may share a broker, each with a queue of its own; without remote control nothing else of theirs meets.
CELERY_TASK_DEFAULT_QUEUE = env.str("BROKER_QUEUE", default="rewards_portal")
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_TIME_LIMIT = 300  # seconds
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_TIMEOUT = 2
CELERY_TASK_PUBLISH_RETRY = False
APPROVAL_REMIND_AFTER_DAYS = env.int("APPROVAL_REMIND_AFTER_DAYS", default=2)
APPROVAL_ESCALATE_AFTER_DAYS = env.int("APPROVAL_ESCALATE_AFTER_DAYS", default=5)
SWEEP_SECONDS = env.float("SWEEP_SECONDS", default=2.0)
SWEEPS = {
    "send due deliveries": ("messaging.tasks.sweep", SWEEP_SECONDS),
    "send due webhooks": ("messaging.tasks.sweep_webhooks", SWEEP_SECONDS),
    "forget old webhooks": ("messaging.tasks.forget_webhooks", 3600.0),
    "fulfil waiting orders": ("redemptions.tasks.sweep", SWEEP_SECONDS),
    "free expired bookings": ("redemptions.tasks.expire_authorisations", 60.0),
    "fetch missing details": ("integrations.tasks.fetch_details", 30.0),
    "credit uploads": ("programs.tasks.credit_uploads", SWEEP_SECONDS),
    "drop forgotten files": ("programs.tasks.drop_forgotten_files", 3600.0),
    "tell of approvals": ("approvals.tasks.sweep", 30.0),
    "remind of approvals": ("approvals.tasks.remind", 1800.0),
    "notice low budgets": ("programs.tasks.notice_low_budgets", 30.0),
    "run simulations": ("programs.tasks.run_simulations", SWEEP_SECONDS),
    "forget simulations": ("programs.tasks.forget_simulations", 86400.0),
    "release parked points": ("programs.tasks.release_parked", 30.0),
    "mark occasions": ("programs.tasks.mark_occasions", 600.0),
    "settle leavers": ("wallets.tasks.settle_leavers", 86400.0),
    "remind of expiring points": ("messaging.tasks.remind", 1800.0),
    "expire lots": ("wallets.tasks.expire_lots", 600.0),
    "seal transfers": ("wallets.tasks.seal_transfers", 300.0),
    "forget old keys": ("api.tasks.forget", 300.0),
}
# One that no worker takes is of no use when the next is due: it expires, so that a queue without a worker stays short.
CELERY_BEAT_SCHEDULE = {
    name: {"task": task, "schedule": schedule(timedelta(seconds=seconds)), "options": {"expires": max(seconds, 10.0)}}
    for name, (task, seconds) in SWEEPS.items()
}

AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]  # without a password here the sign-in form has none either
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # else the sign-in page writes to whatever address a stranger types
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_ADAPTER = "people.adapters.AccountAdapter"
SOCIALACCOUNT_LOGIN_ON_GET = False
SOCIALACCOUNT_STORE_TOKENS = False
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
IDP_OIDC_PRIVATE_KEY = required("OIDC_PRIVATE_KEY", "an RSA private key in PEM").replace("\\n", "\n")
IDP_OIDC_ADAPTER = "api.oauth.OidcAdapter"
IDP_OIDC_ACCESS_TOKEN_EXPIRES_IN = 3600  # seconds
IDP_OIDC_AUTH_METHODS = ["client_secret_basic", "client_secret_post"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher", "api.hashers.ClientSecretHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

LANGUAGE_CODE = "en-gb"
LANGUAGES = [("en-gb", "English"), ("de", "Deutsch"), ("pt", "Português"), ("hi", "हिन्दी")]
TIME_ZONE = "UTC"
USE_TZ = True
FORMAT_MODULE_PATH = ["rewards_portal.formats"]
USE_THOUSAND_SEPARATOR = False

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = DEBUG

EMAIL_CONFIG = env.email("EMAIL_URL", default="consolemail://" if DEBUG else "smtp://localhost:25")
vars().update(EMAIL_CONFIG)
EMAIL_IS_NAMED = bool(env.str("EMAIL_URL", default=""))  # else messages are not sent by e-mail
EMAIL_TIMEOUT = 10  # seconds, for each answer of the mail server
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default=f"{COMPANY_NAME} Rewards <rewards@localhost>")
SLACK_BOT_TOKEN = env.str("SLACK_BOT_TOKEN", default="")
TEAMS_WORKFLOW_SECRET_URL = env.str("TEAMS_WORKFLOW_URL", default="").strip()  # error pages mask what is named so
SLACK_API_URL = env.str("SLACK_API_URL", default="https://slack.com/api").rstrip("/")

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["api.authentication.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["api.permissions.HasScope"],
    "DEFAULT_PARSER_CLASSES": ["api.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_SCHEMA_CLASS": "api.schema.Schema",
    "EXCEPTION_HANDLER": "api.problems.handle_exception",
    "UNAUTHENTICATED_USER": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
DRF_STANDARDIZED_ERRORS = {"NESTED_FIELD_SEPARATOR": "\x1f"}  # a character that no member's name has
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Rewards Portal API",
    "VERSION": "1.0.0",
    "DESCRIPTION": "Get a token by client credentials at `/oauth/token`, send it as `Authorization: Bearer …`. "
    "Every error is `application/problem+json`; decide by its `code`, [all of them](/problems/) are explained. "
    "Send your own `external_id`: the same one takes effect once, for ever.\n\n"
    "[Getting started](/api/docs/getting-started.md) takes ten minutes. Then read on: "
    "[Idempotency](/api/docs/idempotency.md), [Errors](/api/docs/errors.md), [Limits](/api/docs/limits.md), "
    "[Webhooks](/api/docs/webhooks.md), "
    "[Going live](/api/docs/going-live.md), [Versioning](/api/docs/versioning.md), "
    "[what changed](/api/docs/changelog.md).",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "WEBHOOKS": [
        *(f"programs.webhook_docs.{name}" for name in ("CREDITED", "PENDING", "REJECTED", "REVERSED", "FAILED")),
        *(f"messaging.webhook_docs.{name}" for name in ("POINTS_EXPIRING", "POINTS_EXPIRED")),
        *(
            f"redemptions.webhook_docs.{name}"
            for name in ("PLACED", "FULFILLED", "FAILED", "CANCELLED", "REFUNDED", "CAPTURED")
        ),
        "programs.webhook_docs.BUDGET_LOW",
        "messaging.webhook_docs.TEST",
    ],
    "PREPROCESSING_HOOKS": ["api.openapi.with_handshakes"],
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "api.openapi.complete"],
    "ENUM_NAME_OVERRIDES": {
        "PointsRequestStatusEnum": "programs.enums.PointsRequestStatus",
        "WebhookDeliveryStatusEnum": "messaging.enums.WebhookDeliveryStatus",
        "WebhookEndpointStatusEnum": "messaging.enums.WebhookEndpointStatus",
        "WebhookTypeEnum": "messaging.enums.WebhookType",
    },
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "persistAuthorization": False, "validatorUrl": None},
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
JSON_DEPTH_MAX = 32
WEBHOOKS_KEPT_DAYS = env.int("WEBHOOKS_KEPT_DAYS", default=30)
API_CALLS_KEPT_DAYS = env.int("API_CALLS_KEPT_DAYS", default=30)

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
if not DEBUG:
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
    SECURE_REDIRECT_EXEMPT = ["^healthz$", "^readyz$"]
    SECURE_HSTS_SECONDS = 31536000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"
    if env.bool("TRUST_X_FORWARDED_PROTO", default=False):
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

LOG_LEVEL = env.str("LOG_LEVEL", default="WARNING" if DEBUG else "INFO")
LOGGING = logs.configure(LOG_LEVEL, json=not DEBUG)
