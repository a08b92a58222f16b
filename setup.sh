#!/bin/sh
# Prepares this machine, as the original package's setup.sh did.  The same as ./icebox setup.
exec "$(dirname "$(readlink -f "$0")")/icebox" setup "$@"
