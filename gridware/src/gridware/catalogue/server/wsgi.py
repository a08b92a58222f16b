"""Where mod_wsgi begins."""

from gridware.catalogue.server.application import Application
from gridware.catalogue.server.settings import Settings

application = Application(Settings.load())
