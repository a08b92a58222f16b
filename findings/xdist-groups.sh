#!/bin/sh
# pytest-xdist's groups are none with pytest 9.2: tests of one xdist_group are spread over the workers, without a word.
. "$(dirname "$0")/common.sh"

cat <<'EOF'
Expected: with --dist=loadgroup, one worker does all tests that are marked with the same xdist_group. (Met in use: fixtures of modules
were made twice. That pytest 8.4 still keeps groups together was looked up afterwards.)
EOF
XDIST=3.8.0
cat > "$WORK/test_group.py" <<'EOF'
import time

import pytest


@pytest.mark.xdist_group("one")
@pytest.mark.parametrize("number", range(8))
def test_one(number, worker_id):
    with open("workers", "a") as file:
        file.write(f"{worker_id}\n")
    time.sleep(0.3)
EOF

# How many workers did the group's tests, with a release of pytest
workers() {
    rm -rf "$WORK/python" "$WORK/workers"
    python "pytest==$1" "pytest-xdist==$XDIST"
    (cd "$WORK" && python/bin/python -m pytest -q -p no:cacheprovider -n 2 --dist=loadgroup test_group.py > "$WORK/log") || return
    found=$(sort -u "$WORK/workers" | wc -l)
    echo "pytest $1, pytest-xdist $XDIST: $found workers did the tests of one group"
    [ "$found" -eq "$2" ]
}

holds "pytest 8.4 keeps a group together" workers 8.4.2 1
holds "pytest 9.2 does not" workers 9.2.0 2
