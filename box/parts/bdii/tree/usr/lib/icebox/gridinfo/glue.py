"""What all GLUE 1.3 records share."""

SCHEMA_CLASS = "GlueSchemaVersion"
SCHEMA = {"GlueSchemaVersionMajor": 1, "GlueSchemaVersionMinor": 3}


def site_key(site: str) -> str:
    return f"GlueSiteUniqueID={site}"
