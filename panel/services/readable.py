"""How domains are shown to people; they are stored and compared in ASCII."""

from __future__ import annotations

from panel.sending.address import readable_domain

__all__ = ["readable_domain"]
