#!/bin/sh
# With TLS 1.3, Globus' clients do not say why a server refuses their certificate.
#
# A server that does not know a client's CA says so in TLS: "unknown ca".  Guessed: the client prints it, whatever the version of
# TLS.  What it does: in 1.3 the client's part of the handshake is over before the server has looked at the certificate.  Its first
# write after that fails, and "SSL failed wrapping entire message" is all it says; the alert stays unread.  With 1.2 it is printed.
# What helps: MAX_TLS_PROTOCOL=TLS1_2_VERSION in /etc/grid-security/gsi.conf, or GLOBUS_GSSAPI_MAX_TLS_PROTOCOL, at either end.
. "$(dirname "$0")/common.sh"

debian libglobus-gssapi-gsi4t64=14.20-3+b1 globus-gatekeeper=11.4-3 globus-gram-client-tools=12.2-3 openssl
versions libglobus-gssapi-gsi4t64 globus-gatekeeper globus-gram-client-tools openssl

refused() {
    inside env GLOBUS_GSSAPI_MAX_TLS_PROTOCOL="$1" bash -s << 'SCRIPT'
cd /tmp && mkdir one both && echo "127.0.0.1 localhost server.example.org" > /etc/hosts && export GLOBUS_HOSTNAME=server.example.org
for ca in A B; do
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/O=Example/CN=CA $ca" -keyout $ca.key -out $ca.pem 2> log
    openssl req -newkey rsa:2048 -nodes -subj "/O=Example/CN=server.example.org" -keyout of$ca.key -out of$ca.req 2> log
    openssl x509 -req -in of$ca.req -CA $ca.pem -CAkey $ca.key -CAcreateserial -days 1 -out of$ca.pem 2> log
    hash=$(openssl x509 -in $ca.pem -noout -hash)
    for place in one both; do
        [ $ca$place = Bone ] && continue
        cp $ca.pem $place/$hash.0
        printf "access_id_CA X509 '/O=Example/CN=CA $ca'\npos_rights globus CA:sign\ncond_subjects globus '\"/O=Example/*\"'\n" \
            > $place/$hash.signing_policy
    done
done
chmod 400 *.key
mkdir services
echo '"/O=Example/CN=server.example.org" root' > gridmap
X509_CERT_DIR=/tmp/one X509_USER_CERT=/tmp/ofA.pem X509_USER_KEY=/tmp/ofA.key GRIDMAP=/tmp/gridmap \
    globus-gatekeeper -f -p 2119 -home /tmp -globusid root -e /tmp/services -l /tmp/gatekeeper.log > said 2>&1 &
tries=0
until (echo > /dev/tcp/127.0.0.1/2119) 2> log || [ $tries -gt 300 ]; do tries=$((tries + 1)); sleep 0.1; done
for ca in A B; do
    echo "client of CA $ca"
    X509_CERT_DIR=/tmp/both X509_USER_CERT=/tmp/of$ca.pem X509_USER_KEY=/tmp/of$ca.key timeout 60 \
        globusrun -a -r server.example.org:2119 2>&1
done
SCRIPT
}

says() { printf '%s\n' "$1" | grep -qi "$2"; }
lacks() { ! says "$@"; }

for version in TLS1_2_VERSION TLS1_3_VERSION; do
    printf '\nMAX_TLS_PROTOCOL=%s\n' "$version"
    told=$(refused "$version")
    printf '%s\n' "$told"
    # It has no job manager, which it says to those whom it knows.
    holds "a client of a known CA is known" says "$told" "failed to find the requested service"
    case $version in
        TLS1_2_VERSION) holds "the other one reads why it is refused" says "$told" 'unknown ca' ;;
        *) holds "the other one does not read why" lacks "$told" 'unknown ca' ;;
    esac
done
