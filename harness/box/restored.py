"""Files of the image, put back on a node as they were when the box was made.

A node's file system is the layers of the image with the node's own writes over them.  A file that was
changed, damaged or removed there is still whole below.
"""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from harness import state
from harness.box.box import Box
from harness.box.relaid import ASIDE
from harness.errors import CheckFailed, InputError
from harness.image import build
from harness.image.base import ROOT
from harness.site import Node

ARCHIVE = "/run/icebox-restore.tar"
PUT = """\
set -e
aside=$1 archive=$2 new=$1.new
umask 077
cd /  # cp --parents of older coreutils looks for what it copies from here
rm -rf "$new"; mkdir -p "$new" "$aside"; chmod 700 "$aside"
tar -C "$new" -xpf "$archive" --numeric-owner
rights() { [ "$(stat -c '%a %u %g' "$1")" = "$(stat -c '%a %u %g' "$2")" ] && ! listed "$2"; }
# Whether it has an access list (acl(5)); below /var some are given one when the node comes up.
listed() { case $1 in /var/*) false ;; *) case $(ls -ld "$1") in ??????????+*) ;; *) false ;; esac ;; esac; }
FREE='import os, sys; path = sys.argv[1]
for each in os.listxattr(path):
    if each.startswith("system.posix_acl"):
        os.removexattr(path, each)'
same() {
    if [ -h "$1" ]; then [ -h "$2" ] && [ "$(readlink "$1")" = "$(readlink "$2")" ]; return; fi
    [ -f "$2" ] && [ ! -h "$2" ] && rights "$1" "$2" && cmp -s "$1" "$2"
}
while IFS= read -r each; do
    if [ -d "$new$each" ] && [ ! -h "$new$each" ]; then
        [ -d "$each" ] || { rm -f "$each"; mkdir "$each"; }
        rights "$new$each" "$each" && continue
        chown --reference="$new$each" "$each"
        ! listed "$each" || python3 -I -S -c "$FREE" "$each"
        chmod --reference="$new$each" "$each"; echo "$each"
    elif ! same "$new$each" "$each"; then
        if [ -e "$each" ] || [ -h "$each" ]; then cp -a --parents "$each" "$aside"; rm -rf "$each"; fi
        mv -T "$new$each" "$each"; echo "$each"
    fi
done
rm -rf "$new" "$archive"
"""
"""Says what it puts back.  A file that is as it should be is left alone, with all its names."""


def restore(box: Box, node: Node, paths: Sequence[str]) -> list[str]:
    """Put back each of ``paths``, with all below it; the names of what was not as it should be come back.

    What stood in their place is kept below /var/lib/icebox/replaced on the node.  Raises InputError for a
    path that the image does not have, CheckFailed for a node that is down.  The node's sshd is not needed.
    """
    layers = layers_of(box, node)
    found: dict[str, Path] = {}
    for path in paths:
        below = dict(shown(layers, path))
        if not below:
            raise InputError(
                f"nothing called {path} came with it",
                where=str(node),
                remedy="name a file or directory that came with the node, from / on, such as /etc/lcmaps",
            )
        found |= below
    way = box.way_in(node)
    if way is None:
        raise CheckFailed(
            "is down: nothing can be put back on it",
            where=str(node),
            remedy=f"./icebox stop --box {box.name}, then ./icebox start --box {box.name}",
        )
    way.put(ARCHIVE, archive(found), mode=0o600)
    listed = "".join(f"{name}\n" for name in sorted(found))
    put = way.run(["sh", "-c", PUT, "restore", f"/{ASIDE}", ARCHIVE], stdin=listed)
    return put.check().stdout.splitlines()


def layers_of(box: Box, node: Node) -> list[Path]:
    """The node's layers, the uppermost first; of the image that the box was started with."""
    base, roles, *_ = (state.image_dir() / name for name in build.used_in(box.files.top))
    return [box.files.layer(node.name), roles / node.role.value, base / ROOT]


def shown(layers: Sequence[Path], path: str) -> Iterator[tuple[str, Path]]:
    """A path and all below it, with the file that shows there: the last word of a name is the uppermost's."""
    pure = PurePosixPath(path)
    if not pure.is_absolute() or ".." in pure.parts:
        return
    for layer in reversed(layers):
        top = layer / pure.relative_to("/")
        # A name that leads through a link would be another's.
        if top.parent.resolve() != layer.resolve() / pure.parent.relative_to("/") or not os.path.lexists(top):
            continue
        yield str(pure), top
        if top.is_dir() and not top.is_symlink():
            yield from ((f"/{each.relative_to(layer)}", each) for each in sorted(top.rglob("*")))


def archive(found: dict[str, Path]) -> bytes:
    """Files by the names that they are to have, as tar takes them."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w", format=tarfile.GNU_FORMAT) as made:
        for name, source in found.items():
            made.add(source, name.lstrip("/"), recursive=False)
    return content.getvalue()
