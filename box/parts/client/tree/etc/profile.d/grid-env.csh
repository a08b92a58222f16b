# The grid environment for csh, out of the one for sh.
eval `sed -n 's/^export \([A-Z0-9_]*\)=\(.*\)/setenv \1 \2;/p' /etc/profile.d/grid-env.sh`
