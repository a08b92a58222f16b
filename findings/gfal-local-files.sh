#!/bin/sh
# gfal2's CRC32 is the one of zip, written as a decimal number; its copies may be executed; and -f clears the place of a copy before it reads
# what is to be copied.
# shellcheck disable=SC1091  # beside this script
. "$(dirname "$0")/common.sh"
cat <<'EOF'
Guessed: a CRC-32 has eight hexadecimal digits, as its ADLER32 has and as catalogues and XRootD write both; a copy has the mode of its source, or
that of any new file; to copy a file onto itself is refused, as cp does.
EOF
debian gfal2-util-scripts=1.9.0-2 gfal2-plugin-file=2.23.2-1
versions gfal2-util-scripts gfal2-plugin-file
inside > "$WORK/said" 2>&1 <<'EOF'
cd /tmp && umask 022 && printf 123456789 > digits || exit
for kind in ADLER32 CRC32; do
    gfal-sum file:///tmp/digits $kind | sed "s,file:///tmp/digits,$kind,"
done
for sum in CRC32:cbf43926 CRC32:3421780262 ADLER32:091e01de; do
    gfal-copy --checksum $sum file:///tmp/digits "file:///tmp/copy-$sum" > told 2>&1
    echo "copy with $sum: exit code $?, $(tail -n 1 told)"
done
stat -c '%n has mode %a' digits copy-ADLER32:091e01de
echo text | gfal-save file:///tmp/saved
stat -c '%n has mode %a' saved
cp digits same
gfal-copy -f file:///tmp/same file:///tmp/same > told 2>&1
echo "copy onto itself: exit code $?"
[ -e same ] || echo "same is gone"
EOF
cat "$WORK/said"
says() { grep -qx "$1" "$WORK/said"; }
holds "its ADLER32 is hexadecimal" says 'ADLER32 091e01de'
holds "its CRC32 is decimal" says 'CRC32 3421780262'
holds "so a sum as zip has it is a mismatch" says 'copy with CRC32:cbf43926: exit code 5, .*3421780262 != cbf43926'
holds "and the decimal one is right" says 'copy with CRC32:3421780262: exit code 0, .*'
holds "a copy of a file that is not executable is" says 'copy-ADLER32:091e01de has mode 755'
holds "so is what was saved, for its owner" says 'saved has mode 744'
holds "a copy onto itself fails" says 'copy onto itself: exit code 2'
holds "… and the file is gone" says 'same is gone'
