#!/bin/sh
# A proxy of Globus 2 (grid-proxy-init -old) is not accepted by Globus on OpenSSL 3 if the user's certificate has a key usage, as every
# IGTF certificate has; the same proxy is accepted if it has none, and a proxy of RFC 3820 in both cases.
. "$(dirname "$0")/common.sh"

cat <<'EOF'
Expected: Globus accepts the proxies that its own grid-proxy-init -old makes. It had been seen that it does not; guessed before this was
run: the key usage of the user's certificate decides it.
EOF
debian globus-proxy-utils=7.3-4 openssl
versions globus-proxy-utils libglobus-gsi-callback0t64 libssl3t64
inside > "$WORK/said" <<'EOF'
mkdir -p /tmp/ca /tmp/user && cd /tmp || exit 1
openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 30 -subj "/O=Finding/CN=CA" 2> log
hash=$(openssl x509 -in ca.pem -noout -hash)
cp ca.pem "ca/$hash.0"
cat > "ca/$hash.signing_policy" <<'POLICY'
access_id_CA  X509  '/O=Finding/CN=CA'
pos_rights    globus CA:sign
cond_subjects globus '"/O=Finding/*"'
POLICY
for usage in none digitalSignature,keyEncipherment; do
    echo "basicConstraints = critical,CA:FALSE" > ext
    [ "$usage" = none ] || echo "keyUsage = critical,$usage" >> ext
    openssl req -newkey rsa:2048 -nodes -keyout user/key -out req -subj "/O=Finding/CN=User" 2> log
    openssl x509 -req -in req -CA ca.pem -CAkey ca.key -days 20 -extfile ext -out user/cert 2> log
    chmod 600 user/key
    for kind in -rfc -old; do
        X509_CERT_DIR=/tmp/ca grid-proxy-init $kind -verify -cert user/cert -key user/key -out proxy > told 2>&1
        echo "keyUsage $usage, grid-proxy-init $kind -verify: exit code $?"
        grep -ioE "(Error: |Proxy Verify).*" told | sed 's/^/    /'
    done
done
EOF
cat "$WORK/said"
told() {
    grep -qx "keyUsage $1, grid-proxy-init $2 -verify: exit code $3" "$WORK/said"
}
holds "without a key usage the old proxy verifies" told none -old 0
holds "with one it does not" told digitalSignature,keyEncipherment -old 1
holds "RFC 3820 does without" told none -rfc 0
holds "RFC 3820 does with one" told digitalSignature,keyEncipherment -rfc 0
