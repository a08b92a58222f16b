#!/bin/sh
# Where Globus expects a person at the other end (call-backs of a GRAM job manager, stage-in from a GASS server), it sends that person's CN as the
# name of the TLS server (RFC 6066, server_name). OpenSSL passes over what is no host name; Java ends the handshake for it.
# So clients in Java (jglobus) get no call-backs for people whose CN has a blank.
. "$(dirname "$0")/common.sh"

cat <<'EOF'
Guessed: the name of a server is sent where a server is expected, so none is where a person is, and both ends agree.
EOF
debian globus-gass-copy-progs=10.13-2+b1 openssl openjdk-21-jdk-headless
versions globus-gass-copy-progs libglobus-gssapi-gsi4t64 openjdk-21-jre-headless
inside bash -s > "$WORK/said" 2>&1 <<'EOF'
echo "127.0.0.1 localhost $(hostname)" > /etc/hosts
mkdir -p /tmp/ca && cd /tmp
openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj "/O=Finding/CN=CA" 2> log
hash=$(openssl x509 -in ca.pem -noout -hash)
cp ca.pem "ca/$hash.0"
cat > "ca/$hash.signing_policy" <<'POLICY'
access_id_CA  X509  '/O=Finding/CN=CA'
pos_rights    globus CA:sign
cond_subjects globus '"/O=Finding/*"'
POLICY
cat > Server.java <<'JAVA'
import javax.net.ssl.*;
public class Server {
    public static void main(String[] given) throws Exception {
        try (SSLServerSocket server = (SSLServerSocket) SSLServerSocketFactory.getDefault().createServerSocket(4434)) {
            try (SSLSocket client = (SSLSocket) server.accept()) {
                client.startHandshake();
                System.out.println("Java: handshake done");
            } catch (Exception failure) {
                System.out.println("Java: " + failure.getMessage());
            }
        }
    }
}
JAVA
javac Server.java
export X509_CERT_DIR=/tmp/ca X509_USER_CERT=/tmp/cert X509_USER_KEY=/tmp/key X509_USER_PROXY=/tmp/none
listens() { for tries in $(seq 300); do grep -q ":$(printf %04X "$1") .* 0A " /proc/net/tcp /proc/net/tcp6 && return; sleep 0.1; done; }
for name in "Anna Bianchi" anna; do
    echo "== $name"
    openssl req -newkey rsa:2048 -nodes -keyout key -out req -subj "/O=Finding/CN=$name" 2> log
    openssl x509 -req -in req -CA ca.pem -CAkey ca.key -days 1 -out cert 2> log
    chmod 600 key
    openssl pkcs12 -export -in cert -inkey key -out store -passout pass:changeit
    openssl s_server -accept 4433 -cert cert -key key -tlsextdebug -naccept 1 -www > seen 2>&1 &
    listens 4433
    timeout 20 globus-url-copy -ss "/O=Finding/CN=$name" https://localhost:4433/file file:///tmp/file > told 2>&1
    wait
    grep -a -A3 'extension "server name"' seen | grep -a '^0' | sed 's/^/OpenSSL got: /'
    java -Djavax.net.ssl.keyStore=store -Djavax.net.ssl.keyStorePassword=changeit Server &
    listens 4434
    timeout 20 globus-url-copy -ss "/O=Finding/CN=$name" https://localhost:4434/file file:///tmp/file > told 2>&1
    wait
done
EOF
cat "$WORK/said"
of() { sed -n "/^== $1\$/,/^== /p" "$WORK/said" | sed '1d;/^== /d'; }
got() { of "$1" | grep -q "$2"; }
holds "a person's CN is sent as the server's name" got "Anna Bianchi" '^OpenSSL got: .*Anna'
holds "Java ends the handshake for a name with a blank" got "Anna Bianchi" '^Java: Illegal server name'
holds "and not for one without" got anna '^Java: handshake done'
