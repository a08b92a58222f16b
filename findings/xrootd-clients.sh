#!/bin/sh
# xrdcp leaves a copy whose checksum is wrong where it was asked for, at both ends; xrdfs mkdir -p is an error for a directory that is there.
# shellcheck disable=SC1091  # beside this script
. "$(dirname "$0")/common.sh"
cat <<'EOF'
Guessed: a checksum is asked for so that no bad copy is left, and -p is what it is in mkdir(1).
EOF
debian xrootd-server=5.8.1-1 xrootd-client=5.8.1-1
versions xrootd-server xrootd-client
inside bash -s > "$WORK/said" 2>&1 <<'EOF'
export XRD_CONNECTIONRETRY=1 XRD_CONNECTIONWINDOW=10
echo "127.0.0.1 localhost $(hostname)" > /etc/hosts
cd /tmp && mkdir -p data/there run && printf 123456789 > data/digits && printf 123456789 > digits || exit
printf 'all.export /tmp/data\nall.adminpath /tmp/run\nall.pidpath /tmp/run\nxrd.port 1094\nxrootd.chksum max 2 adler32\n' > conf
chown -R xrootd: data run
xrootd -R xrootd -l /tmp/run/log -c /tmp/conf &
for tries in $(seq 300); do (: < /dev/tcp/127.0.0.1/1094) 2> /dev/null && break; sleep 0.1; done
server=root://127.0.0.1
copy() { # WHAT OPTION FROM TO FILE
    xrdcp --nopbar $2 --cksum adler32:00000001 "$3" "$4" > told 2>&1
    echo "$1${2:+ $2}: exit code $?, $(tail -n 1 told), $([ -e "$5" ] && echo "there is a copy" || echo "there is none")"
}
copy download "" $server//tmp/data/digits /tmp/down /tmp/down
copy upload "" /tmp/digits $server//tmp/data/up /tmp/data/up
copy download --rm-bad-cksum $server//tmp/data/digits /tmp/down2 /tmp/down2
copy upload --rm-bad-cksum /tmp/digits $server//tmp/data/up2 /tmp/data/up2
for name in new/below there; do
    xrdfs $server mkdir -p /tmp/data/$name > told 2>&1
    echo "mkdir -p $name: exit code $?, $(grep -o 'file exists' told)"
done
EOF
cat "$WORK/said"
says() { grep -qE "^$1" "$WORK/said"; }
for way in download upload; do
    holds "$way: a wrong checksum is told, and its copy stays" says "$way: exit code 53, .*CheckSum error, there is a copy"
    holds "$way: --rm-bad-cksum removes it" says "$way --rm-bad-cksum: exit code 53, .*CheckSum error, there is none"
done
holds "mkdir -p makes what stands above" says "mkdir -p new/below: exit code 0"
holds "mkdir -p of what is there is an error" says "mkdir -p there: exit code 54, file exists"
