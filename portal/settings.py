"""Settings of the portal. Every value that differs between deployments is read from the environment (README, table)."""

from pathlib import Path

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from accounts.identity import catalog
from accounts.identity.sandbox_catalog import sandbox_services
from lib import env

BASE_DIR = Path(__file__).resolve().parent.parent

# --- Mode -----------------------------------------------------------------------------------------------------------
# production: real gateways and secrets, or the portal refuses to start. demo: the message tray, a demo town, known
# secrets. test: like demo, with quick password hashing.
MODE = env.text("PORTAL_MODE", "production")
if MODE not in {"production", "demo", "test"}:
    raise ImproperlyConfigured(f"PORTAL_MODE must be production, demo or test, not {MODE!r}.")
PRODUCTION, DEMO, TESTING = MODE == "production", MODE == "demo", MODE == "test"
DEBUG = env.flag("DEBUG")  # portal/checks.py refuses it in production
DEV_PAGES = not PRODUCTION  # the message tray, the gallery of components, the sandboxes

VAR_DIR = Path(env.text("VAR_DIR", str(BASE_DIR / "var")))
PUBLIC_URL = env.text("PUBLIC_URL", None if PRODUCTION else f"http://localhost:{env.whole('PORT', 8000)}").rstrip("/")
PUBLIC_HOST = PUBLIC_URL.split("://", 1)[-1].split("/")[0]
CONTACT_PHONE = env.text("CONTACT_PHONE", "")  # printed on the pages that must do without the database

# --- Secrets --------------------------------------------------------------------------------------------------------
DEMO_SECRET = "demo-only-never-in-production-0123456789-abcdefghijklmnop"  # noqa: S105
SECRET_KEY = env.text("SECRET_KEY", None if PRODUCTION else DEMO_SECRET)
# The pepper of one-time codes and the key of secrets that wait in the post room; both outside the database.
CODE_PEPPER = env.text("CODE_PEPPER", None if PRODUCTION else DEMO_SECRET)
FIELD_KEY = env.text("FIELD_KEY", None if PRODUCTION else DEMO_SECRET)

# --- Web ------------------------------------------------------------------------------------------------------------
ALLOWED_HOSTS = env.words(
    "ALLOWED_HOSTS", PUBLIC_HOST.split(":")[0] if PRODUCTION else "localhost,127.0.0.1,testserver"
)
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
TRUSTED_PROXIES = env.whole("TRUSTED_PROXIES", 0)  # how many proxies in front add to X-Forwarded-For
ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
APPEND_SLASH = True

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "portal.apps.PortalConfig",
    "portal.apps.StaffAdminConfig",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.usersessions",
    "notifications",
    "accounts",
    "premises",
    "billing",
    "meters",
    "appeals",
    "voting",
]

MIDDLEWARE = [
    "portal.middleware.RequestId",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.SessionAge",
    "accounts.middleware.ReaderMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "portal.middleware.PersonalPages",
    "accounts.factors.gate.StaffFactor",
    "portal.middleware.Refusals",
    "accounts.middleware.AsksHuman",
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
                "portal.context.portal",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "portal.templatetags.phrases",
                "portal.templatetags.portal",
                "accounts.templatetags.accounts",
            ],
        },
    }
]
FORM_RENDERER = "portal.forms.Renderer"

# --- Data -----------------------------------------------------------------------------------------------------------
# Without DATABASE_URL / REDIS_URL the embedded servers of `make run` are meant; portal/embedded.py knows their sockets.
if PRODUCTION:
    DATABASE_URL, REDIS_URL = env.text("DATABASE_URL"), env.text("REDIS_URL")
else:
    from portal import embedded

    DATABASE_URL = env.text("DATABASE_URL", embedded.database_url(VAR_DIR))
    REDIS_URL = env.text("REDIS_URL", embedded.redis_url(VAR_DIR))
if TESTING:
    REDIS_URL = env.redis_of_test_worker(REDIS_URL)
DATABASES = {"default": env.database(DATABASE_URL)}
DATABASES["default"]["CONN_MAX_AGE"] = 60
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
# A client that is killed must not keep its locks: the server looks for the client every second and ends what waits.
DATABASES["default"]["OPTIONS"].setdefault(
    "options",
    "-c lock_timeout=5s -c statement_timeout=60s -c idle_in_transaction_session_timeout=30s"
    " -c client_connection_check_interval=1s",
)
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# --- People ---------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = (
    ["django.contrib.auth.hashers.MD5PasswordHasher"]
    if TESTING
    else ["django.contrib.auth.hashers.Argon2PasswordHasher", "django.contrib.auth.hashers.PBKDF2PasswordHasher"]
)
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "accounts.passwords.LengthValidator", "OPTIONS": {"min_length": 10, "staff_min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "entry"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email", "phone"}
ACCOUNT_SIGNUP_FIELDS = ["email", "phone"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # our own codes prove an address before it is stored
ACCOUNT_RATE_LIMITS = False  # accounts/limits.py counts in PostgreSQL, for every way in
SILENCED_SYSTEM_CHECKS = ["account.W001", "staticfiles.W004"]  # the second: the cut font is optional
# Identity services (docs/identity.md): what people link and sign in with besides codes.
IDENTITY_SERVICES = catalog.read_catalog(env.text("IDENTITY_SERVICES", ""))
if DEMO and not IDENTITY_SERVICES:
    IDENTITY_SERVICES = sandbox_services(PUBLIC_URL)
SOCIALACCOUNT_PROVIDERS = catalog.apps(IDENTITY_SERVICES)
SOCIALACCOUNT_ADAPTER = "accounts.identity.adapter.IdentityAdapter"
SOCIALACCOUNT_REQUESTS_TIMEOUT = 5  # seconds that one answer of a service may take
SOCIALACCOUNT_STORE_TOKENS = False
# Second factors (docs/second-factor.md): an app's codes, passkeys, and recovery codes beside them.
MFA_ADAPTER = "accounts.factors.adapter.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_TOLERANCE = 1  # steps of half a minute by which a phone's clock may be wrong
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not PRODUCTION  # http://localhost
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_NAME = "__Host-session" if PRODUCTION else "session"
SESSION_COOKIE_AGE = 30 * 24 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = "__Host-csrf" if PRODUCTION else "csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "portal.errors.csrf_failure"

# --- Transport and browser ------------------------------------------------------------------------------------------
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PRODUCTION
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_REFERRER_POLICY = "same-origin"
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$"]
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}

# --- Languages and time ---------------------------------------------------------------------------------------------
LANGUAGE_CODE = env.text("DEFAULT_LANGUAGE", "en" if TESTING else "ru")  # tests read the source strings
LANGUAGES = [("ru", _("Russian")), ("uk", _("Ukrainian")), ("en", _("English"))]
LANGUAGE_COOKIE_NAME = "language"
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["portal.formats"]
TIME_ZONE = env.text("TIME_ZONE", "Europe/Moscow")
USE_TZ = True

# --- Files ----------------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static", ("font", VAR_DIR / "fonts")]
MEDIA_ROOT = Path(env.text("MEDIA_ROOT", str(VAR_DIR / "media")))  # outside the web root; streamed by views only
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_HANDLERS = [
    "lib.uploads.Quota",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if TESTING
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# --- Messages -------------------------------------------------------------------------------------------------------
# Without credentials messages go to the message tray, a page of the demo; production refuses to start so.
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "portal@localhost")
EMAIL_HOST = env.text("EMAIL_HOST", "")
EMAIL_PORT = env.whole("EMAIL_PORT", 587)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS", True)
EMAIL_TIMEOUT = 15
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend" if EMAIL_HOST else "notifications.tray.EmailBackend"
TWILIO_ACCOUNT_SID = env.text("TWILIO_ACCOUNT_SID", "")
TWILIO_AUTH_TOKEN = env.text("TWILIO_AUTH_TOKEN", "")
TWILIO_FROM = env.text("TWILIO_FROM", "")
TWILIO_BASE_URL = env.text("TWILIO_BASE_URL", "")  # another server that speaks Twilio's API
# Countries whose mobile numbers may receive codes; one deployment serves one country, the demo both.
PHONE_COUNTRIES = env.words("PHONE_COUNTRIES", "RU,UA")
SMS_CODES_A_DAY = env.whole("SMS_CODES_A_DAY", 0)  # 0: three times what is usual, at least 200

# --- Payments -------------------------------------------------------------------------------------------------------
YOOKASSA_URL = env.text("YOOKASSA_URL", "").rstrip("/")  # another server that speaks ЮKassa's API
# Networks whose notifications of payments are taken, comma-separated; empty: from everywhere. A filter, no proof.
PAY_NOTICE_NETWORKS = env.words("PAY_NOTICE_NETWORKS", "")

# --- Worker ---------------------------------------------------------------------------------------------------------
CELERY_BROKER_URL = env.broker(REDIS_URL)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False  # its own handlers would write what ours redact
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 600,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    # A page that nudges the worker must not wait for a broker that is away: one try, less than a second.
    "socket_connect_timeout": 0.9,
    "socket_timeout": 0.9,
    "max_retries": 0,
    "interval_start": 0,
    "interval_step": 0,
    "interval_max": 0,
}
CELERY_TASK_PUBLISH_RETRY = False  # the row is the truth; the sweep finds what the broker did not hear
CELERY_TASK_DEFAULT_QUEUE = "personal"
CELERY_TIMEZONE = TIME_ZONE
CELERY_TASK_EAGER_PROPAGATES = True
CELERY_TASK_ALWAYS_EAGER = TESTING  # a test has no worker: what is delayed runs at once

# --- Logs -----------------------------------------------------------------------------------------------------------
QUIET = ["fontTools", "weasyprint", "kombu", "celery.beat", "celery.worker.strategy", "celery.app.trace"]
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"private": {"()": "lib.logs.Redact"}},
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "filters": ["private"], "formatter": "line"}},
    "loggers": {name: {"level": "WARNING"} for name in QUIET},
    "root": {"handlers": ["stderr"], "level": env.text("LOG_LEVEL", "INFO")},
}
