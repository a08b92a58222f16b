#!/bin/sh
# The installer of the original package, as a menu: what it does is done by ./icebox, which says first what that is.
# Answers are read from standard input, a line each; where it ends, the menu ends.  docs/install.md tells more.
here=$(dirname "$(readlink -f "$0")") || exit 3
icebox=$here/icebox
box=icebox
site=$here/icebox.toml

usage() {
    cat <<END
usage: setup.sh [--box NAME] [--site FILE]

A menu that installs a box on this Xen host: configure Xen, disks on LVM, disks as image files, port
forwarding. It says what it is about to do, and asks. Without a person: ./icebox install --help

  --box NAME   the name of the box (default: icebox)
  --site FILE  the site file (default: icebox.toml)
  -h, --help   say this
END
}

while [ $# -gt 0 ]; do
    case $1 in
    -h | --help) usage; exit 0 ;;
    --box | --site)
        [ $# -gt 1 ] || { echo "setup.sh: $1 wants a value" >&2; exit 2; }
        if [ "$1" = --box ]; then box=$2; else site=$2; fi
        shift 2 ;;
    *) usage >&2; echo "setup.sh: $1 is no option of it" >&2; exit 2 ;;
    esac
done

# The answer to a question, in $answer; at the end of the input the whole menu ends.
ask() {
    printf '%s ' "$1"
    IFS= read -r answer || { echo; exit 0; }
}

agreed() {
    ask "$1 [y/N]"
    case $answer in y | Y | yes) return 0 ;; esac
    echo 'Nothing was done.'
    return 1
}

prepared() {
    "$icebox" setup --no-install >/dev/null 2>&1 && return 0
    echo 'This machine lacks what icebox needs:'
    "$icebox" setup --no-install
    agreed 'Install that now?' && "$icebox" setup
}

# What a command would do, a question, and the command.
carefully() {
    "$icebox" "$@" --dry-run || return
    agreed 'Do this?' || return
    case $1 in install) set -- "$@" --yes ;; esac
    "$icebox" "$@"
}

configure() {
    if [ -n "${SSH_CONNECTION:-}" ]; then
        echo 'You are logged in over the network. Nothing here restarts Xen or the network, so this login stays.'
        [ -e /proc/xen/capabilities ] ||
            echo 'But Xen does not run yet: the machine has to be booted with it, and that ends this login.'
    fi
    carefully configure-xen --box "$box" --site "$site"
}

on_lvm() {
    ask 'Partition (such as /dev/sdb1) or volume group:'
    [ -n "$answer" ] || return
    where=$answer
    if "$icebox" install --lvm "$where" --box "$box" --site "$site" --dry-run; then
        agreed 'Do this?' || return
    else
        [ -b "$where" ] || return
        ask "To take $where whatever it holds, type its name again; anything else leaves it as it is:"
        [ "$answer" = "$where" ] || { echo 'Nothing was done.'; return; }
    fi
    "$icebox" install --lvm "$where" --box "$box" --site "$site" --yes
}

as_files() {
    ask 'Directory for the images, new or empty:'
    [ -n "$answer" ] && carefully install --files "$answer" --box "$box" --site "$site"
}

ports() {
    table=$("$icebox" network-gridbox ports --box "$box") || return
    echo "$table"
    file=$(echo "$table" | head -n 1)
    ask 'A row to be added (host_port>dest_ip:dest_port), or nothing:'
    [ -n "$answer" ] || return
    cp -p "$file" "$file.before" || return
    echo "$answer" >>"$file"
    if ! "$icebox" network-gridbox ports --box "$box" >/dev/null; then
        mv "$file.before" "$file"
        echo 'The table is as it was.'
        return
    fi
    rm "$file.before"
    echo "The row is in $file."
    if "$icebox" network-gridbox status --box "$box" >/dev/null 2>&1 && agreed 'Load the table now?'; then
        "$icebox" network-gridbox start --box "$box"
    fi
}

prepared || exit
while :; do
    cat <<END

Grid in a Box, the box $box
  1) Configure Xen
  2) Install on an LVM partition or in a volume group
  3) Install as image files
  4) Port forwarding
  5) Quit
END
    ask 'Your choice:'
    case $answer in
    1) configure ;;
    2) on_lvm ;;
    3) as_files ;;
    4) ports ;;
    5 | q) exit 0 ;;
    *) echo "There is no choice '$answer'." ;;
    esac
done
