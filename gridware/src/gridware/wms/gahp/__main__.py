"""python3 -m gridware.wms.gahp: what HTCondor's gridmanager starts (BATCH_GAHP)."""

from gridware.wms.gahp import server

server.main()
