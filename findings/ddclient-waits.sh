#!/bin/sh
# ddclient waits five minutes after a refusal, but the run that waits forgets when that was, so the next one asks again; and a run that waits
# ends with 0, whether the name is set or not.
# shellcheck disable=SC1091  # beside this script
. "$(dirname "$0")/common.sh"
cat <<'EOF'
Guessed: after badauth or 911 nothing is sent for five minutes, as it says; the exit code is 0 if the name has the address, and not otherwise.
EOF
debian ddclient=3.11.2-2 python3
versions ddclient
inside > "$WORK/said" 2>&1 <<'EOF'
cd /tmp || exit
cat > server.py <<'PY'
import http.server

class Server(http.server.BaseHTTPRequestHandler):
    """A provider (dyndns2) that gives the answer in a file, and notes what it was asked."""

    def do_GET(self):
        with open("asked", "a") as asked, open("answer") as answer:
            asked.write(f"{self.path}\n")
            body = answer.read().encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_given):
        pass

http.server.HTTPServer(("127.0.0.1", 8080), Server).serve_forever()
PY
python3 server.py &
tries=0
until grep -q ":1F90 .* 0A " /proc/net/tcp || [ $tries -gt 300 ]; do tries=$((tries + 1)); sleep 0.1; done
printf '%s\n' protocol=dyndns2 use=ip ssl=no server=127.0.0.1:8080 login=me password=secret host.example.org > conf
chmod 600 conf
for answer in badauth 911 "good 192.0.2.1"; do
    rm -f cache
    : > asked
    echo "$answer" > answer
    for run in 1 2 3 4; do
        address=192.0.2.1
        [ "$answer" = "good 192.0.2.1" ] && [ $run -gt 1 ] && address=192.0.2.2
        ddclient -daemon=0 -file conf -cache cache -pid pid -ip "$address" > told 2>&1
        echo "${answer%% *}, run $run for $address: exit code $?, asked $(grep -c . asked) times: $(grep -oE 'FAILED: .*|Wait at least .*' told | tail -n 1)"
    done
done
EOF
cat "$WORK/said"
says() { grep -q "^$1" "$WORK/said"; }
for answer in badauth 911; do
    holds "$answer: a refusal is told" says "$answer, run 1 .*exit code 1, asked 1 times: FAILED"
    holds "$answer: the next run waits, and ends with 0" says "$answer, run 2 .*exit code 0, asked 1 times: Wait at least 5 minutes"
    holds "$answer: the one after it asks again" says "$answer, run 3 .*exit code 1, asked 2 times: FAILED"
    holds "$answer: and so on" says "$answer, run 4 .*exit code 0, asked 2 times: Wait at least 5 minutes"
done
holds "an address that changes within 30 s is not sent" says "good, run 2 for 192.0.2.2: .*asked 1 times: Wait at least 30 seconds"
holds "… which ends with 0" says "good, run 2 for 192.0.2.2: exit code 0"
