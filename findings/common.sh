# Sourced by each finding: a temporary folder, pinned public packages in it, and what is expected of them.
#
#   debian PACKAGE=VERSION …   a Debian 13 file system with these packages, in $WORK/root (root only)
#   inside [COMMAND …]         runs a command there, or the script on standard input, in namespaces that know no network but loopback;
#                              all that it started ends with it
#   python PACKAGE==VERSION …  a virtual environment with these packages, in $WORK/python
#   holds WHAT TEST …          says whether a test still holds; the script fails at its end if one does not
#   versions PACKAGE …         prints the versions of packages in $WORK/root
#
# Exit codes: 0 it behaves as described, 1 it has changed, 2 the packages could not be had.

set -u
export LC_ALL=C DEBIAN_FRONTEND=noninteractive
WORK=$(mktemp -d "${TMPDIR:-/tmp}/finding.XXXXXX") || exit 2
CHANGED=0
trap '_end $?' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

_end() {
    trap - EXIT
    rm -rf --one-file-system "$WORK"
    [ "$1" -ne 0 ] && exit "$1"
    [ "$CHANGED" -eq 0 ] || echo "CHANGED: $CHANGED of what is described does not hold any more" >&2
    [ "$CHANGED" -eq 0 ]
    exit $?
}

_missing() {
    echo "$0: $1" >&2
    exit 2
}

# Where this machine gets its own packages from.
_mirror() {
    apt-get indextargets --format '$(SITE) $(COMPONENT) $(ORIGIN) $(RELEASE)' |
        awk '$2 == "main" && $3 == "Debian" && $0 !~ /security/ { print $1; exit }'
}

debian() {
    [ "$(id -u)" = 0 ] || _missing "makes a file system of packages: run it as root"
    command -v mmdebstrap > "$WORK/have" || _missing "needs mmdebstrap: apt-get install mmdebstrap"
    mirror=$(_mirror)
    [ -n "$mirror" ] || _missing "no Debian mirror is set up: run apt-get update"
    packages=$(echo "$@" | tr ' ' ,)
    if ! mmdebstrap --quiet --mode=root --variant=minbase --components=main --include="$packages" \
        --aptopt='Apt::Install-Recommends "false"' --dpkgopt=force-unsafe-io trixie "$WORK/root" "$mirror" > "$WORK/log" 2>&1; then
        tail -n 5 "$WORK/log" >&2
        _missing "these packages could not be installed: $*"
    fi
}

inside() {
    [ $# -gt 0 ] || set -- sh -s
    unshare --mount --pid --net --uts --ipc --fork --kill-child --mount-proc="$WORK/root/proc" \
        sh -c 'ip link set lo up; mount -t tmpfs tmp "$0/tmp"; mount --bind /dev "$0/dev"; exec chroot "$0" "$@"' "$WORK/root" "$@"
}

python() {
    { python3 -m venv "$WORK/python" && "$WORK/python/bin/pip" --quiet --disable-pip-version-check install "$@"; } > "$WORK/log" 2>&1 ||
        _missing "these packages could not be installed: $* ($(tail -n 1 "$WORK/log"))"
}

versions() {
    dpkg-query --admindir="$WORK/root/var/lib/dpkg" -W -f '${Package} ${Version}\n' "$@"
}

holds() {
    what=$1
    shift
    if "$@"; then
        echo "holds: $what"
    else
        echo "CHANGED: $what" >&2
        CHANGED=$((CHANGED + 1))
    fi
}
