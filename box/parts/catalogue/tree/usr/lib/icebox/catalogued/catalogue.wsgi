"""Where mod_wsgi begins."""

from catalogued.application import Application
from catalogued.settings import Settings

application = Application(Settings.load())
