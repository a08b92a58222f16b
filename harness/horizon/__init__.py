"""What ends before the school does: certificates, CRLs, kept proxies, names, accounts, room on disks."""
