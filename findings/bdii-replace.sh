#!/bin/sh
# BDII's plugins: what one replaces and is not there yet is left out, without a word.
# shellcheck disable=SC1091  # beside this script
. "$(dirname "$0")/common.sh"
cat <<'EOF'
Guessed: what is replaced is there afterwards, whether it was before or not (RFC 4511, section 4.6).
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
cat > ldif/site.ldif <<LDIF
dn: GlueSiteUniqueID=Finding,mds-vo-name=resource,o=grid
objectClass: GlueTop
objectClass: GlueSite
GlueSiteUniqueID: Finding
GlueSiteName: Finding
GlueSiteLocation: Trento
LDIF
bdii-update -c conf
echo "exit code $?"
SCRIPT
cat "$WORK/said"
shows() { grep -qx "$1" "$WORK/said"; }
lacks() { ! grep -qi "$1" "$WORK/said"; }
holds "the entry is published" shows "gluesitelocation: Trento"
holds "a plugin replaces what is there" shows "gluesitename: Better"
holds "… and not what is not there" lacks gluesiteweb
holds "… which is no error" shows "exit code 0"
