#!/bin/sh
# blahp's cancel for CEs with GRAM: see /usr/lib/icebox/broker/gram.
exec /usr/lib/icebox/broker/gram cancel "$@"
