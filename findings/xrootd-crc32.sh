#!/bin/sh
# The checksum that XRootD calls crc32 is not the CRC-32 of zip, zlib, gfal2 and Ethernet, but that of POSIX' cksum, which takes the length of the
# file in. So its server and client agree with each other, and with nobody else.
. "$(dirname "$0")/common.sh"

cat <<'EOF'
Guessed: crc32 of the nine digits 123456789 is cbf43926, the check value in every catalogue of CRCs.
EOF
debian xrootd-server=5.8.1-1 xrootd-client=5.8.1-1 xrootd-server-plugins=5.8.1-1 libarchive-zip-perl
versions xrootd-server
inside bash -s > "$WORK/said" 2>&1 <<'EOF'
export XRD_CONNECTIONRETRY=1 XRD_CONNECTIONWINDOW=10
echo "127.0.0.1 localhost $(hostname)" > /etc/hosts
mkdir -p /tmp/data /tmp/run && printf 123456789 > /tmp/data/digits
printf 'all.export /tmp/data\nall.adminpath /tmp/run\nall.pidpath /tmp/run\nxrd.port 1094\nxrootd.chksum max 2 adler32 crc32 crc32c\n' > /tmp/x.cfg
chown -R xrootd: /tmp/data /tmp/run
xrootd -R xrootd -l /tmp/run/log -c /tmp/x.cfg &
for tries in $(seq 100); do (: < /dev/tcp/127.0.0.1/1094) 2> /dev/null && break; sleep 0.1; done
(: < /dev/tcp/127.0.0.1/1094) || { tail -n 5 /tmp/run/log* /tmp/run/*/log; exit; }
for kind in adler32 crc32c crc32; do
    echo "server $(xrdfs root://127.0.0.1 query checksum "/tmp/data/digits?cks.type=$kind" 2>&1)"
    echo "client $(xrdcp -f --nopbar --cksum $kind:print root://127.0.0.1//tmp/data/digits /tmp/copy 2>&1 | tail -n 1)"
done
printf 'cksum %x\n' "$(cksum < /tmp/data/digits | cut -d ' ' -f 1)"
echo "zip $(crc32 /tmp/data/digits)"
EOF
cat "$WORK/said"
told() { grep -qE "$1" "$WORK/said"; }
holds "adler32 is that of zlib" told '^server adler32 091e01de'
holds "crc32c is the catalogue's" told '^server crc32c e3069283'
holds "the server's crc32 is 377a6011 …" told '^server crc32 377a6011'
holds "… and the client's" told '^client crc32: 377a6011 '
holds "… as is that of cksum" told '^cksum 377a6011$'
holds "zip's CRC-32 is another" told '^zip cbf43926'
