"""The box's test CA: host and user certificates, CRLs, and the files that make nodes trust it."""
