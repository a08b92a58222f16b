#!/bin/sh
# blahp's ping for CEs with GRAM: see /usr/lib/icebox/broker/gram.
exec /usr/lib/icebox/broker/gram ping "$@"
