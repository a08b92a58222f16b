#!/bin/sh
# voms_install_db makes no database for a VO whose name has dots, which is how VOs are named.
#
# A VO's name is one of DNS (vo.example.org), so that no two are alike.  Guessed: the set-up program of the VOMS server takes
# such names, as all else of VOMS does.  What it does: the database is called after the VO, and its name stands in SQL without
# quotes, where a dot divides a database from a table.  It ends with 1 and MariaDB's syntax error.  A hyphen does the same.
# What helps: --db with a name of one's own; voms_vo_example_org is what voms-admin would take.
. "$(dirname "$0")/common.sh"

debian voms-server=2.1.2-1 voms-mysql-plugin=3.1.7-3+b1 mariadb-server=1:11.8.9+ds-0+deb13u1 openssl
versions voms-server voms-mysql-plugin mariadb-server

install_db() {
    inside sh -s -- "$@" << 'SCRIPT'
install -d -o mysql /run/mysqld
mariadbd --user=mysql --skip-networking > /tmp/mariadbd.log 2>&1 &
tries=0
until mariadb -e 'SELECT 1' > /tmp/asked 2>&1 || [ $tries -gt 600 ]; do tries=$((tries + 1)); sleep 0.1; done
/usr/share/voms/voms_install_db --port 15001 --db-type mysql --sqlloc /usr/lib/voms/libvomsmysql.so \
    --voms-pwd secret --db-pwd '' "$@" 2>&1
echo "exit code $?"
mariadb -N -e 'SHOW DATABASES' | grep voms_
mariadb-admin shutdown
wait
SCRIPT
}

says() { printf '%s\n' "$1" | grep -q "$2"; }
lacks() { ! says "$@"; }

for vo in gilda vo.example.org my-vo; do
    printf '\n--voms-vo %s\n' "$vo"
    told=$(install_db --voms-vo "$vo")
    printf '%s\n' "$told" | grep -e 'exit code' -e 'ERROR 1064' -e '^voms_'
    case $vo in
        gilda) holds "a name of letters makes a database" says "$told" '^voms_gilda$' ;;
        *)
            holds "$vo is a syntax error in SQL" says "$told" 'ERROR 1064'
            holds "$vo has no database" lacks "$told" "^voms_$vo\$"
            ;;
    esac
done

printf '\n--voms-vo vo.example.org --db voms_vo_example_org --voms-name voms\n'
told=$(install_db --voms-vo vo.example.org --db voms_vo_example_org --voms-name voms)
printf '%s\n' "$told" | grep -e 'exit code' -e 'ERROR' -e '^voms_'
holds "with --db there is one" says "$told" '^voms_vo_example_org$'
