"""The one place where everything is wired: settings, database, guards, pages, API."""

from __future__ import annotations

from flask import Flask, current_app, request
from flask_babel import Babel
from flask_wtf import CSRFProtect
from jinja2 import StrictUndefined
from werkzeug.middleware.proxy_fix import ProxyFix

from panel import api, web
from panel.api.authentication import SUBMITTING
from panel.config import CHECKOUT, Config
from panel.log import configure_log
from panel.services.database import begin_writing
from panel.services.installation import prepare
from panel.storage.database import db, engine_options, tune
from panel.web.access import guard
from panel.web.errors import init_errors
from panel.web.headers import add_headers
from panel.web.identity import identify, init_identity
from panel.web.incoming import init_incoming
from panel.web.labels import ATTEMPT_STATUSES, DELIVERY_STATES
from panel.web.language import choose_language
from panel.web.navigation import frame_context
from panel.web.origin import SAFE_METHODS, check_origin
from panel.web.page_session import PageSessions
from panel.web.request_log import init_request_log

csrf = CSRFProtect()
LARGEST_BODY = 50 * 1024 * 1024
"""Bytes of a request; a mail with its attachments may come in as one."""


def create_app(config: Config) -> Flask:
    """The panel with pages and API, ready to serve.

    Raises CannotStart or ConfigError when this installation cannot run; see `prepare`.
    """
    configure_log(config.log_level, config.log_format)
    installation = prepare(config)
    app = Flask(
        "panel",
        template_folder=str(CHECKOUT / "templates"),
        static_folder=str(CHECKOUT / "static"),
    )
    app.config.update(_flask_settings(installation.config))
    app.extensions["postroom"] = installation
    init_incoming(app)
    _wire_templates(app)
    _wire_database(app)
    _wire_guards(app)
    for blueprint in web.BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.register_blueprint(api.blueprint)
    _trust_proxies(app, installation.config.trusted_proxies)
    return app


def _flask_settings(config: Config) -> dict[str, object]:
    """Flask's own cookie holds the CSRF token and flashed messages, never who is signed in."""
    return {
        "SECRET_KEY": config.secret_key,
        "SESSION_COOKIE_NAME": "__Host-postroom_page" if config.is_https else "postroom_page",
        "SESSION_COOKIE_SECURE": config.is_https,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SQLALCHEMY_DATABASE_URI": config.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": engine_options(config.database_url),
        "WTF_CSRF_CHECK_DEFAULT": False,
        "WTF_CSRF_SSL_STRICT": False,
        "WTF_CSRF_TIME_LIMIT": None,
        "BABEL_DEFAULT_LOCALE": "en",
        "BABEL_TRANSLATION_DIRECTORIES": str(CHECKOUT / "translations"),
        "MAX_CONTENT_LENGTH": LARGEST_BODY,
    }


def _wire_templates(app: Flask) -> None:
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(DELIVERY_STATES=DELIVERY_STATES, ATTEMPT_STATUSES=ATTEMPT_STATUSES)
    Babel(app, locale_selector=choose_language)
    app.context_processor(frame_context)


def _wire_database(app: Flask) -> None:
    db.init_app(app)
    with app.app_context():
        tune(db.engine)


def _wire_guards(app: Flask) -> None:
    """What runs around every view; the order is the order in which a request meets it."""
    app.session_interface = PageSessions()
    csrf.init_app(app)
    init_identity(app)
    init_request_log(app)
    app.before_request(identify)
    app.before_request(check_origin)
    app.before_request(guard)
    app.before_request(_check_csrf)
    app.before_request(_prepare_session)
    app.after_request(add_headers)
    init_errors(app)


def _check_csrf() -> None:
    is_wanted = current_app.config["WTF_CSRF_ENABLED"] and not request.path.startswith("/api/")
    if is_wanted and request.endpoint is not None:
        csrf.protect()


def _prepare_session() -> None:
    if request.method not in SAFE_METHODS and request.endpoint not in SUBMITTING:
        begin_writing()


def _trust_proxies(app: Flask, number: int) -> None:
    if number:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=number, x_proto=number, x_host=number, x_port=number
        )
