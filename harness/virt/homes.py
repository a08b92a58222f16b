"""/home of a CE and its WNs where machines share no directory with the dom0: served by the dom0 through NFS.

The server is nfs-ganesha, a program and not the kernel, so it ends with the box whatever becomes of it.  Only
root of a CE or a WN is served: by its address, and from a port that no other account can have.
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.deadline import wait_for
from harness.dom0.dom0 import Dom0
from harness.errors import HarnessError, WaitError
from harness.network.nftables import NFS as PORT
from harness.site import Node, Site
from harness.virt.domain import HOME

UNIT = "/etc/systemd/system/home.mount"
"""In the site layer of such a node, whose first program loads what it takes for that (``box/boot/init``)."""
MOUNT = """\
[Unit]
Description=Homes of the pool accounts, which a CE and its WNs share
Before=remote-fs.target multi-user.target

[Mount]
What={server}:{path}
Where=/home
Type=nfs4
# There is no mount.nfs(8) here: the kernel takes the address itself.
Options=vers=4.2,proto=tcp,port={port},addr={server},hard,nosuid,nodev
TimeoutSec=600
"""
SERVER = """\
NFS_CORE_PARAM {{ Protocols = 4; NFS_Port = {port}; Bind_addr = {server}; Enable_NLM = false;
    Enable_RQUOTA = false; }}
NFSV4 {{ Graceless = true; Only_Numeric_Owners = true; RecoveryRoot = {directory}/nfs; }}
{exports}"""
EXPORT = """\
EXPORT {{ Export_Id = {number}; Path = {path}; Pseudo = {pseudo}; Protocols = 4; Transports = TCP;
    SecType = sys; Access_Type = None; FSAL {{ Name = VFS; }}
    CLIENT {{ Clients = {clients}; Access_Type = RW; Squash = No_Root_Squash; PrivilegedPort = true; }} }}
"""
"""Sources: ganesha-core-config(8), ganesha-export-config(8)."""
LOG = "nfs.log"
STARTED = 30.0
"""Seconds until it answers; one takes 1 on an idle machine."""
REFUSED = "Could not create export"
"""What it says of a directory that it does not serve; it answers nevertheless, and nodes find no homes."""
READY = """\
mkdir -p "$1/nfs" /var/lib/nfs/ganesha /run/ganesha
# By this it finds the file system of a directory; a dom0 that systemd has never booted may be without.
[ -e /etc/mtab ] || ln -sf ../proc/self/mounts /etc/mtab
"""
"""Typed at the dom0, with its directory: there, what is in /etc is the box's own."""


def path(site: Site, node: Node) -> str:
    """What a node's /home is called by the server."""
    return f"/{HOME}{site.cluster(node).index}"


def unit(site: Site, node: Node) -> str:
    """How such a node mounts it, for systemd."""
    return MOUNT.format(server=site.bridge.address, path=path(site, node), port=PORT)


def serve(site: Site, dom0: Dom0) -> None:
    """Have the dom0 serve them, if a node wants it; raises WaitError or HarnessError with its words."""
    if not site.mounting:
        return
    config = f"{dom0.directory}/nfs.conf"
    text = SERVER.format(
        port=PORT, server=site.bridge.address, directory=dom0.directory, exports="".join(_exports(site, dom0))
    )
    dom0.quietly("sh", "-ec", READY, "ready", dom0.directory)
    dom0.put(config, text.encode(), 0o600)
    log = f"{dom0.directory}/{LOG}"
    words = ["ganesha.nfsd", "-F", "-f", config, "-L", log, "-p", f"{dom0.directory}/nfs.pid"]
    dom0.spawn(dom0, words, LOG)

    def answers() -> bool:
        dom0.open_socket(str(site.bridge.address), PORT).close()
        return True

    where = f"{dom0.name}: {log}"
    try:
        wait_for("the homes to be served", answers, dom0.longer(STARTED), where=where, pause=0.2)
    except WaitError as late:
        late.why = "\n       ".join([late.why, *dom0.log(LOG).splitlines()[-3:]])
        raise
    if refused := [line for line in dom0.log(LOG).splitlines() if REFUSED in line]:
        raise HarnessError("the homes can't be served", where=where, why=refused[0])


def _exports(site: Site, dom0: Dom0) -> Iterator[str]:
    for number, ce in enumerate(site.ces, 1):
        nodes = [node for node in site.mounting if site.cluster(node) == ce]
        if nodes:
            # It is a link there, which the server is not to be led by.
            there = dom0.quietly("readlink", "-f", f"{dom0.disk(nodes[0].name)}/{HOME}").strip()
            names = ", ".join(str(node.address) for node in nodes)
            yield EXPORT.format(number=number, path=there, pseudo=path(site, ce), clients=names)
