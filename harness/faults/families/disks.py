"""Disks: full, without inodes, and read-only, on every node."""

from __future__ import annotations

from harness.faults.fault import Fault
from harness.faults.steps import filled, modes, read_only, without_inodes

FULL = (
    ("ui", "/tmp", "tmp", "/tmp of the UI"),
    ("wn", "/tmp", "tmp", "/tmp of the WN"),
    ("ce", "/var/lib/globus/gram_job_state", "jobs", "the CE's directory of jobs' states"),
    ("ce", "/home/${vo}001", "home", "the home of the CE's first pool account"),
    ("se", "$storage", "storage", "the VO's storage area"),
    ("rb", "/var/lib/icebox/wms", "broker", "the broker's directory"),
    ("rb", "/var/lib/icebox-catalogue", "catalogue", "the catalogue's directory"),
    ("rb", "/var/lib/myproxy", "myproxy", "MyProxy's store"),
)
UNITS = {"catalogue": "icebox-catalogue", "broker": "icebox-wms"}
"""Whose directory it is."""

FAULTS = (
    *(
        Fault(
            f"disk-{role}-{name}-full",
            f"{title} is full",
            f"disk@{role}",
            (filled(role, path, UNITS.get(name, "")),),
        )
        for role, path, name, title in FULL
    ),
    Fault(
        "disk-se-no-inodes",
        "the VO's storage area has room, and no inode for a new file",
        "disk@se",
        (without_inodes("se", "$storage"),),
    ),
    Fault(
        "disk-wn-no-inodes",
        "/tmp of the WN has room, and no inode for a new file",
        "disk@wn",
        (without_inodes("wn", "/tmp"),),
    ),
    *(
        Fault(
            f"disk-{role}-{name}-read-only",
            f"{title} can only be read",
            f"disk@{role}",
            (read_only(role, path, f"systemctl restart {UNITS[name]}" if name in UNITS else ""),),
        )
        for role, path, name, title in (
            ("se", "$storage", "storage", "the VO's storage area"),
            ("wn", "/tmp", "tmp", "/tmp of the WN"),
            ("ce", "/var/lib/globus/gram_job_state", "jobs", "the CE's directory of jobs' states"),
            ("rb", "/var/lib/icebox-catalogue", "catalogue", "the catalogue's directory"),
        )
    ),
    Fault(
        "storage-se-shut",
        "only root gets into the VO's storage area",
        "area@se",
        (modes("se", "$storage", "700"),),
    ),
    Fault(
        "myproxy-rb-store-owner",
        "MyProxy's store belongs to root",
        "myproxystore@rb",
        (modes("rb", "/var/lib/myproxy", "755", "root:root"),),
    ),
)
