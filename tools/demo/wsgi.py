"""The panel of a demo as a WSGI application: the usual one, and the switch of the servers."""

from panel.app import create_app
from panel.config import read_config
from tools.demo.place import Place
from tools.demo.switch import add_switch

config = read_config()
app = create_app(config)
add_switch(app, Place.read(config.instance))
