"""The edg-gridftp-* commands over Globus' own FTP client library."""
