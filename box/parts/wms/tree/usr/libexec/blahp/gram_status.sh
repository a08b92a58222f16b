#!/bin/sh
# blahp's status for CEs with GRAM: see /usr/lib/icebox/broker/gram.
exec /usr/lib/icebox/broker/gram status "$@"
