#!/bin/bash
# SAM's probes of a worker node (CE-sft-*, org.sam.WN-*), as a job: NAME OK or NAME FAIL and why, one a line.
# Arguments: VO, and the CE id that the broker must have chosen, or nothing for a job without broker.
vo=$1 chosen=$2
name=VO_$(echo "$vo" | tr 'a-z.-' 'A-Z__')
work=$(mktemp -d) && cd "$work" || exit 1
trap 'rm -rf "$work"' EXIT

probe() { # NAME COMMAND...: the command's last words tell why it failed
    said=$("${@:2}" 2>&1) && echo "$1 OK $(tail -n 1 <<<"$said")" || echo "$1 FAIL $(tr '\n' ' ' <<<"$said")"
}

ca_version() {
    local ca crl
    for ca in /etc/grid-security/certificates/*.0; do
        openssl x509 -in "$ca" -noout -checkend 0 || { echo "$ca has expired"; return 1; }
        test -s "${ca%.0}.signing_policy" || { echo "$ca has no signing policy"; return 1; }
        crl=${ca%.0}.r0
        test -s "$crl" || { echo "$ca has no CRL"; return 1; }
        crl=$(openssl crl -in "$crl" -noout -nextupdate) || return 1
        test "$(date -d "${crl#nextUpdate=}" +%s)" -gt "$(date +%s)" || { echo "CRL of $ca: $crl"; return 1; }
    done
    ls /etc/grid-security/certificates/*.0 | wc -l
}

csh_script() {
    printf '#!/bin/csh -f\nset word = "works"\necho csh $word\n' >probe.csh && chmod +x probe.csh
    test "$(./probe.csh)" = "csh works"
}

software() {
    local directory=${name}_SW_DIR version
    version=$(glite-version) && test -n "$version" || { echo "no version: $version"; return 1; }
    test -d "${!directory}" && test -r "${!directory}" || { echo "$directory is '${!directory}'"; return 1; }
    echo "$version"
}

published() {
    local tag
    tag=GLITE-$(glite-version | tr . _)
    ldapsearch -x -LLL -o ldif_wrap=no -H "ldap://$LCG_GFAL_INFOSYS" -b o=grid \
        "(GlueHostApplicationSoftwareRunTimeEnvironment=$tag)" dn | grep -q . && return
    echo "$tag is not published" && return 1
}

home() { touch "$HOME/.sam-$$" && rm "$HOME/.sam-$$"; }

storage() {
    local element=${name}_DEFAULT_SE url
    url=gsiftp://${!element}/storage/$vo/sam-$HOSTNAME-$$
    head -c 10000 /dev/urandom >file
    globus-url-copy "file://$work/file" "$url" && globus-url-copy "$url" "file://$work/back" && cmp file back &&
        edg-gridftp-rm "$url"
}

replicas() {
    local element=${name}_DEFAULT_SE lfn=lfn:/grid/$vo/sam-$(hostname)-$$ status
    head -c 10000 /dev/urandom >file && rm -f back
    lcg-cr --vo "$vo" -d "${!element}" -l "$lfn" "file:$work/file" && lcg-lr --vo "$vo" "$lfn" &&
        lcg-cp --vo "$vo" "$lfn" "file:$work/back" && cmp file back
    status=$?
    lcg-del --vo "$vo" -a "$lfn" && return $status
}

broker() {
    local ce
    ce=$(glite-brokerinfo getCE) && test "$ce" = "$chosen" || { echo "brokerinfo says '$ce', not $chosen"; return 1; }
}

probe WN hostname -f
probe CAver ca_version
probe Csh csh_script
probe SoftVer software
probe VoTag published
probe Home home
probe Proxy voms-proxy-info -exists -valid 0:10
probe Storage storage
probe Rep replicas
test -z "$chosen" || probe Bi broker
