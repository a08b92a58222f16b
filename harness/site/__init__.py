"""The site and its port table: data, and how they are read.  It imports no other room."""

from harness.site.description import (
    SCHEMA,
    Bridge,
    DnsSettings,
    Node,
    Queue,
    Role,
    Site,
    Student,
    role_words,
)

__all__ = ["SCHEMA", "Bridge", "DnsSettings", "Node", "Queue", "Role", "Site", "Student", "role_words"]
