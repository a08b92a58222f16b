#!/bin/sh
# HTCondor's ClassAd library reads a whole number that does not fit into 64 bits, and a hexadecimal one, as 0: no error, no
# warning. And functions that its manual lists next to each other work or don't by what else the program has imported.
. "$(dirname "$0")/common.sh"

cat <<'EOF'
Expected: 9223372036854775808 is refused, or kept as a real number; 0x10 is 16 or refused; the functions of the manual's chapter on
ClassAds work in the module called classad2. (That they don't was met in use; that 08 is refused, and that only some functions are
concerned, came up here.)
EOF
PIN=25.14.1
python "htcondor==$PIN"
cat > "$WORK/ask.py" <<'EOF'
import sys

import classad2

if "with" in sys.argv:
    import htcondor2  # nothing of it is called
for text in sys.argv[1].split("|"):
    try:
        print(text, "->", repr(classad2.ClassAd(f"[ x = {text} ]").eval("x")))
    except Exception as error:
        print(text, "-> refused,", error)
EOF
ask() {
    CONDOR_CONFIG=/dev/null "$WORK/python/bin/python" "$WORK/ask.py" "$@"
}
"$WORK/python/bin/pip" --disable-pip-version-check list 2>/dev/null | grep -i htcondor
ask '9223372036854775807|9223372036854775808|0x10|010|08|5 - 9223372036854775808' | tee "$WORK/numbers"
echo "-- classad2 alone:"
ask 'stringListMember("a", "a,b")|split("a b")|stringListsIntersect("a", "a,b")' | tee "$WORK/alone"
echo "-- after import htcondor2:"
ask 'stringListMember("a", "a,b")|split("a b")|stringListsIntersect("a", "a,b")' with | tee "$WORK/with"

holds "the greatest number of 64 bits is read" grep -qx '9223372036854775807 -> 9223372036854775807' "$WORK/numbers"
holds "the next one is 0" grep -qx '9223372036854775808 -> 0' "$WORK/numbers"
holds "0x10 is 0" grep -qx '0x10 -> 0' "$WORK/numbers"
holds "010 is 10" grep -qx '010 -> 10' "$WORK/numbers"
holds "08 is refused" grep -q '^08 -> refused' "$WORK/numbers"
holds "in an expression, too: 5 - 9223372036854775808 is 5" grep -qx '5 - 9223372036854775808 -> 5' "$WORK/numbers"
holds "stringListMember is an error by itself" grep -q 'stringListMember.*Error' "$WORK/alone"
holds "so is split" grep -q '^split.*Error' "$WORK/alone"
holds "stringListsIntersect is none" grep -q 'stringListsIntersect.*True' "$WORK/alone"
holds "both work once another module is imported" sh -c "grep -q 'Member.*True' '$WORK/with' && grep -q 'split.*b' '$WORK/with'"
