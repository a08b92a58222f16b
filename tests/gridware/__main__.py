"""Runs pytest by the image's Python: python -m tests.gridware ARGUMENT...

The base layer is the root, with a layer in memory above it that holds pytest, as installed for this Python,
and gridware as it stands in the checkout, where an image has it. All of it is in mount and process namespaces
of their own, so that nothing is left. The checkout has its own path in there.
"""

import os
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution

from harness.console import Console
from harness.image import build, bytecode
from harness.state import checkout

PACKAGES = (
    "pytest",
    "pytest-xdist",
    "pluggy",
    "iniconfig",
    "packaging",
    "Pygments",
    "execnet",
    "Jinja2",
    "MarkupSafe",
)
"""Those in plain Python that the tests need; all others come from the image."""
SCRIPT = """
set -e
base=$1 checkout=$2 packages=$3 library=$4 names=$5
shift 5
mount -t tmpfs none .
mkdir above work root
mount -t overlay none -o lowerdir="$base",upperdir=above,workdir=work root
mount -t proc none root/proc
mount --bind /dev root/dev
for each in "$checkout" "$packages" "$library/gridware"; do mkdir -p "root$each"; done
mount --bind "$checkout" "root$checkout"
mount --bind -o ro "$packages" "root$packages"
mount --bind -o ro "$checkout/gridware/src/gridware" "root$library/gridware"
for each in $names; do ln -s "$packages/$each" root/usr/local/lib/python3*/dist-packages/; done
# This shell stays, and takes leave of whatever the tests' processes leave to the first one.
code=0
chroot root sh -c 'cd "$0" && exec python3 -B -m pytest "$@"' "$checkout" "$@" || code=$?
exit $code
"""
NAMESPACES = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private")


def main(arguments: list[str]) -> None:
    """Becomes pytest in the image's base layer, which is built if need be."""
    if os.geteuid() != 0:
        sys.exit("tests.gridware: only root can mount the image's layers; run it as root, or with sudo")
    base = build.wanted().base
    if not base.built:
        base = build.ensure(Console()).base
    values = [
        str(base.root),
        str(checkout()),
        sysconfig.get_path("purelib"),
        bytecode.library(base),
        _names(),
    ]
    options = ["-p", "no:cacheprovider", "--confcutdir=tests/gridware", "-o", "testpaths=tests/gridware"]
    # A file's tests one after the other: jobs of one id end each other.
    options.append("--dist=loadfile")
    words = [*NAMESPACES, "sh", "-c", SCRIPT, "tests", *values, *options, *arguments]
    with tempfile.TemporaryDirectory() as place:
        os.chdir(place)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        sys.exit(os.spawnvpe(os.P_WAIT, words[0], words, environment))


def _names() -> str:
    """What the packages have put into their directory."""
    return " ".join(sorted({name for each in PACKAGES for name in _tops(distribution(each))}))


def _tops(package: Distribution) -> Iterator[str]:
    yield from (file.parts[0] for file in package.files or () if file.parts[0] not in ("..", "__pycache__"))


if __name__ == "__main__":
    main(sys.argv[1:])
