"""Questions to a BDII, the LDAP server in which a grid publishes what it has."""
