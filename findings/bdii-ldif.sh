#!/bin/sh
# BDII takes "dn:" for the beginning of an entry wherever it stands, also within a value; what a plugin replaces and is not there yet is left out.
# shellcheck disable=SC1091  # beside this script
. "$(dirname "$0")/common.sh"
cat <<'EOF'
Guessed: an entry begins where a line does (RFC 2849), so a value may hold any text; and what is replaced is there afterwards, whether it
was before or not (RFC 4511, section 4.6).
EOF
debian bdii=6.0.3-1 python3
versions bdii
inside > "$WORK/said" 2>&1 <<'SCRIPT'
cd /tmp && mkdir ldif provider plugin || exit
for name in LDIF PROVIDER PLUGIN; do echo "BDII_${name}_DIR=/tmp/$(echo $name | tr A-Z a-z)"; done > conf
printf 'BDII_LOG_FILE=/tmp/log\nBDII_LOG_LEVEL=ERROR\nBDII_READ_TIMEOUT=60\n' >> conf
cat > plugin/more <<'PLUGIN'
#!/bin/sh
cat <<'MORE'
dn: GlueSiteUniqueID=Finding,mds-vo-name=resource,o=grid
changetype: modify
replace: GlueSiteName
GlueSiteName: Better
-
replace: GlueSiteWeb
GlueSiteWeb: https://site.example.org/
-

MORE
PLUGIN
chmod 755 plugin/more
for host in www cdn; do
    echo "== https://$host:8443"
    cat > ldif/site.ldif <<LDIF
dn: GlueSiteUniqueID=Finding,mds-vo-name=resource,o=grid
objectClass: GlueTop
objectClass: GlueSite
GlueSiteUniqueID: Finding
GlueSiteName: Finding
GlueSiteDescription: see https://$host:8443/data
GlueSiteLocation: Trento
LDIF
    bdii-update -c conf
    echo "exit code $?"
done
SCRIPT
cat "$WORK/said"
of() { sed -n "\\,^== https://$1:,,/^exit code/p" "$WORK/said"; }
shows() { of "$1" | grep -qx "$2"; }
lacks() { ! of "$1" | grep -qi "$2"; }
# All of the entry: from its own dn to the next one, or to the end.
entry() { of "$1" | sed -n '/^dn: GlueSiteUniqueID/,/^$/p' | grep -qx "$2"; }
cut() { ! entry "$@"; }
holds "an entry keeps what stands behind its description" entry www "gluesitelocation: Trento"
holds "it does not where the description has dn: in it" cut cdn "gluesitelocation: Trento"
holds "… the description ends there" entry cdn "gluesitedescription: see https://c"
holds "… and an entry begins" shows cdn "dn: 8443/data"
holds "… which is no error" shows cdn "exit code 0"
holds "a plugin replaces what is there" entry www "gluesitename: Better"
holds "… and not what is not there" lacks www gluesiteweb
