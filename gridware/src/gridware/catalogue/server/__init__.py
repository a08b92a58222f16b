"""The file catalogue of a VO: names, GUIDs and replicas over SQLite, behind httpd's mod_wsgi."""
