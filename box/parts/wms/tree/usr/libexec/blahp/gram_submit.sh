#!/bin/sh
# blahp's submit for CEs with GRAM: see /usr/lib/icebox/broker/gram.
exec /usr/lib/icebox/broker/gram submit "$@"
