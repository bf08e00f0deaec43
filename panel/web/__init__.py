"""The pages: one blueprint file per noun, with its forms beside it."""

from __future__ import annotations

from flask import Blueprint

from panel.web import (
    account,
    audit,
    health,
    mailing_log,
    messages,
    overview,
    partners,
    providers,
    queue,
    queue_jobs,
    retention,
    routes,
    settings,
    sign_in,
    smtp_tab,
)

BLUEPRINTS: tuple[Blueprint, ...] = (
    account.blueprint,
    audit.blueprint,
    health.blueprint,
    mailing_log.blueprint,
    messages.blueprint,
    overview.blueprint,
    partners.blueprint,
    providers.blueprint,
    queue.blueprint,
    queue_jobs.blueprint,
    retention.blueprint,
    routes.blueprint,
    settings.blueprint,
    sign_in.blueprint,
    smtp_tab.blueprint,
)
