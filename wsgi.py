"""The panel as a WSGI application: `wsgi:app`, for any WSGI server."""

from panel.app import create_app
from panel.config import read_config

app = create_app(read_config())
