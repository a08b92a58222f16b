# Read by login shells of csh, as /etc/profile is by those of sh.
source /etc/profile.d/grid-env.csh
