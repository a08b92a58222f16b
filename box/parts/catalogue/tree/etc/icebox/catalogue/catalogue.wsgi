from gridware.catalogue.server.wsgi import application  # noqa: F401
