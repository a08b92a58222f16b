#!/bin/sh
# ARC reads VOMS attributes only if they name their holder in the older form, by the subject of his certificate; the form of RFC 5755 (issuer and
# serial number), which voms_install_db sets for a new server (--newformat), it calls an error, shows no attributes, and ends with 0.
. "$(dirname "$0")/common.sh"

cat <<'EOF'
Guessed: the form of the RFC, which is a new server's, is read by every client, and the older one by fewer.
EOF
debian voms-clients=2.1.2-1 nordugrid-arc-client=7.0.0-3 openssl
versions voms-clients nordugrid-arc-client

inside bash -s > "$WORK/said" 2>&1 <<'SCRIPT'
mkdir -p /tmp/ca /tmp/vomsdir/test && cd /tmp
openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj "/O=Finding/CN=Some CA" -sha256 2> log
made() { # NAME SUBJECT SERIAL
    openssl req -newkey rsa:2048 -nodes -keyout "$1.key" -out "$1.csr" -subj "$2" 2>> log
    echo "keyUsage=critical,digitalSignature,keyEncipherment" > "$1.ext"
    openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key -set_serial "$3" -days 1 -sha256 -extfile "$1.ext" -out "$1.pem" 2>> log
    chmod 600 "$1.key"
}
made person "/O=Finding/OU=People/CN=Anna Bianchi" 4711
made voms "/O=Finding/OU=Hosts/CN=localhost" 4712
for hash in -subject_hash -subject_hash_old; do
    name=ca/$(openssl x509 -noout $hash -in ca.pem)
    cp ca.pem "$name.0"
    printf "access_id_CA X509 '/O=Finding/CN=Some CA'\npos_rights globus CA:sign\ncond_subjects globus '\"/O=Finding/*\"'\n" > "$name.signing_policy"
done
printf '/O=Finding/OU=Hosts/CN=localhost\n/O=Finding/CN=Some CA\n' > vomsdir/test/localhost.lsc
export X509_CERT_DIR=/tmp/ca X509_VOMS_DIR=/tmp/vomsdir
for form in "" -newformat; do
    proxy=/tmp/proxy$form
    voms-proxy-fake -rfc -cert person.pem -key person.key -certdir ca -hostcert voms.pem -hostkey voms.key -voms test -uri localhost:15001 \
        -fqan /test/Role=NULL/Capability=NULL -hours 1 $form -out "$proxy" > made.log 2>&1 || cat made.log
    echo "== C++${form:- -oldformat}"
    voms-proxy-info -all -file "$proxy" 2>&1 | sed -n '/extension information/,$p'
    echo "== ARC${form:- -oldformat}"
    X509_USER_PROXY=$proxy X509_USER_CERT=/tmp/person.pem X509_USER_KEY=/tmp/person.key arcproxy -I 2>&1 | grep -E "ERROR|^VO|^subject|^attribute"
    echo "exit code ${PIPESTATUS[0]}"
done
SCRIPT
cat "$WORK/said"

said() { sed -n "/^== $1 $2\$/,/^== /p;/^== $1$2\$/,/^== /p" "$WORK/said"; }
attributes() { said "$1" "$2" | grep -q "^attribute : /test"; }
refused() { said ARC "$1" | grep -q "holder name in AC is not related" && ! attributes ARC "$1"; }
calm() { said ARC "$1" | grep -qx "exit code 0"; }

holds "C++ reads the subject's form" attributes C++ -oldformat
holds "C++ reads the form of RFC 5755" attributes C++ -newformat
holds "ARC reads the subject's form" attributes ARC -oldformat
holds "ARC calls the form of RFC 5755 an error and shows no attributes" refused -newformat
holds "… and ends with 0" calm -newformat
