"""What the panel was started with, for views that need its settings or its key ring."""

from __future__ import annotations

from flask import current_app

from panel.services.installation import Installation


def installation() -> Installation:
    """Settings and vault of the running panel."""
    installed: Installation = current_app.extensions["postroom"]
    return installed
