"""What all GLUE 1.3 records share."""

SCHEMA_CLASS = "GlueSchemaVersion"
SCHEMA = {"GlueSchemaVersionMajor": 1, "GlueSchemaVersionMinor": 3}

RELEASE = "3.0.0"
"""The release of gLite that this site's services stand for; /etc/glite-version of the WNs says the same."""


def site_key(site: str) -> str:
    return f"GlueSiteUniqueID={site}"
