"""Settings of the Django project in which django-post_office, a rival, runs.

Read by Django alone, in the virtual environment of the rivals. What is tried in turn comes in
through the environment.
"""

import os

SECRET_KEY = "s" * 50
USE_TZ = True
INSTALLED_APPS = ["post_office"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates"}]

_SQLITE = {
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": os.environ["RIVAL_DATABASE"],
    "OPTIONS": {
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    },
}
_POSTGRES = {
    "ENGINE": "django.db.backends.postgresql",
    "NAME": os.environ["RIVAL_DATABASE"],
    "HOST": os.environ.get("RIVAL_DATABASE_HOST", ""),
    "USER": "postgres",
}
DATABASES = {"default": _POSTGRES if "RIVAL_DATABASE_HOST" in os.environ else _SQLITE}

EMAIL_HOST = "127.0.0.1"
EMAIL_PORT = int(os.environ["RIVAL_SINK_PORT"])
POST_OFFICE = {
    "BATCH_SIZE": int(os.environ["RIVAL_BATCH"]),
    "THREADS_PER_PROCESS": int(os.environ["RIVAL_THREADS"]),
    "LOG_LEVEL": 2,
    "MESSAGE_ID_ENABLED": True,
    "MAX_RETRIES": 4,
}
LOGGING = {"version": 1, "root": {"level": "ERROR"}}
