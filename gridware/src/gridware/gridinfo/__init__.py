"""GLUE 1.3 records of a node, made from what is true now (GLUE Schema Specification 1.3)."""
