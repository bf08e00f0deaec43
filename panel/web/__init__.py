"""The pages: one blueprint file per noun, with its forms beside it."""

from __future__ import annotations

from flask import Blueprint

from panel.web import account, providers, sign_in

BLUEPRINTS: tuple[Blueprint, ...] = (
    account.blueprint,
    providers.blueprint,
    sign_in.blueprint,
)
