#!/bin/sh
# Guessed before it was run, from scontrol(1), scancel(1) and squeue(1):
#   an update that is refused changes nothing; a cancelled task of an array stays known for MinJobAge, like any job;
#   `scancel --full` signals the batch script and all of its children.
# shellcheck disable=SC1091  # beside this script
. "$(dirname "$0")/common.sh"

debian slurmctld=24.11.5-4+deb13u1 slurmd=24.11.5-4+deb13u1 slurm-client=24.11.5-4+deb13u1 munge iproute2 procps util-linux
versions slurmctld slurmd

cat > "$WORK/root/etc/slurm/slurm.conf" << 'CONF'
ClusterName=finding
SlurmctldHost=localhost(10.1.1.1)
SlurmUser=root
AuthType=auth/munge
StateSaveLocation=/var/lib/slurm/ctld
SlurmdSpoolDir=/var/lib/slurm/d
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
SlurmdParameters=config_overrides
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=sched_interval=1
MinJobAge=300
NodeName=localhost NodeAddr=10.1.1.1 CPUs=1 State=UNKNOWN
PartitionName=short Nodes=ALL MaxTime=60 State=UP Default=YES
CONF
printf 'CgroupPlugin=disabled\n' > "$WORK/root/etc/slurm/cgroup.conf"

inside > "$WORK/out" 2> "$WORK/err" << 'RUN'
hostname localhost
# Slurm finds no address at all, not even a numeric one, where there is only loopback: here is one more.
echo '10.1.1.1 localhost' > /etc/hosts
ip link add outer type veth peer name inner
ip addr add 10.1.1.1/24 dev outer
ip link set outer up
ip link set inner up
useradd --create-home student
mkdir -p /var/lib/slurm/ctld /var/lib/slurm/d /run/munge
[ -s /etc/munge/munge.key ] || { head -c 64 /dev/urandom > /etc/munge/munge.key; chmod 400 /etc/munge/munge.key; }
chown -R munge /etc/munge /run/munge /var/lib/munge /var/log/munge
chmod 755 /run/munge
setpriv --reuid munge --regid munge --clear-groups munged
slurmctld < /dev/null
slurmd < /dev/null
await() { end=$(($(date +%s) + 60)); until eval "$1"; do [ "$(date +%s)" -lt $end ] || { echo "never: $1"; exit 1; }; sleep 0.2; done; }
await 'sinfo -h -o %t 2> /dev/null | grep -q idle'
as() { setpriv --reuid student --regid student --init-groups env HOME=/home/student "$@"; }
cd /home/student || exit

as sbatch --parsable --hold --time=10 --comment=before --wrap 'sleep 1' > job
job=$(cat job)
as scontrol update "JobId=$job" Comment=after TimeLimit=50 > /dev/null 2>&1
echo "pending $? $(scontrol show job "$job" | grep -o 'Comment=[a-z]*') $(scontrol show job "$job" | grep -o 'TimeLimit=[0-9:]*')"
scancel "$job"

as sbatch --parsable --time=10 --comment=before --wrap 'exec sleep 600' > job
job=$(cat job)
await "squeue -h -j $job -o %t | grep -q R"
as scontrol update "JobId=$job" Comment=after TimeLimit=50 2>&1 | tail -n 1
echo "running $(scontrol show job "$job" | grep -o 'Comment=[a-z]*') $(scontrol show job "$job" | grep -o 'TimeLimit=[0-9:]*')"

array=$(as sbatch --parsable --hold --array=1-3 --wrap true)
plain=$(as sbatch --parsable --hold --wrap true)
scancel "${array}_2" "$plain"
echo "plain $(scontrol show job "$plain" 2>&1 | grep -o 'JobState=[A-Z]*')"
echo "task $(scontrol show job -o "${array}_2" 2>&1 | grep -cE 'JobState=') of $(scontrol show job -o "$array" | grep -o 'ArrayTaskId=[0-9,-]*' | tr '\n' ' ')"
scancel "$array" "$job"
await "! squeue -h -t RUNNING,COMPLETING | grep -q ."

cat > children << 'SCRIPT'
#!/bin/bash
trap 'echo script' USR1
( trap 'echo child' USR1; while :; do sleep 0.1; done ) &
setsid bash -c 'trap "echo session" USR1; while :; do sleep 0.1; done' &
echo ready
while :; do wait; done
SCRIPT
chmod 755 children
job=$(as sbatch --parsable --output=/home/student/told children)
await 'grep -q ready told 2> /dev/null'
sleep 1
as scancel --full --signal=USR1 "$job"
await 'grep -q child told'
sleep 2
echo "told $(grep -E '^(child|ready|script|session)$' told | sort | tr '\n' ' ')"
scancel "$job"
RUN
cat "$WORK/out"
tail -n 5 "$WORK/err" >&2

holds "a refused update of a running job's time has changed its comment" \
    grep -q '^running Comment=after TimeLimit=00:10:00$' "$WORK/out"
holds "a plain job that is cancelled while it waits stays known" grep -q '^plain JobState=CANCELLED$' "$WORK/out"
holds "an array's task is forgotten at once" grep -q '^task 0 of ArrayTaskId=1,3 $' "$WORK/out"
holds "--full misses a child with a session of its own" grep -q '^told child ready script $' "$WORK/out"
