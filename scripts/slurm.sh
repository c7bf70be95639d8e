#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# blendsim-mpi under Slurm, as a cluster runs it: a controller and two nodes on this machine, with a key, ports and a state
# of their own, which are gone afterwards. A study by `srun` on both nodes, and by `sbatch` with the shipped job script,
# killed in the middle and requeued, must give the trials and the front of one process.
#   scripts/slurm.sh [BUILD_FOLDER]      default: build/dev, built with BLENDSIM_MPI=ON
# Exit status 77, with the reason, where it cannot run: not as root, without Slurm, or without blendsim-mpi.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source=$PWD
build=$(realpath "${1:-build/dev}")

skip() { echo "SKIPPED: $1" >&2; exit 77; }
[ "$(id -u)" -eq 0 ] || skip "slurmd starts jobs as other users, which takes root"
for program in munged slurmctld slurmd srun sbatch sqlite3 python3; do
  command -v "$program" >/dev/null || [ -x "/usr/sbin/$program" ] ||
    skip "$program is not installed (packages slurmctld slurmd slurm-client munge sqlite3 python3)"
done
[ -x "$build/blendsim-mpi" ] ||
  skip "$build/blendsim-mpi is not there: cmake -DBLENDSIM_MPI=ON, ninja blendsim blendsim-mpi"
export PATH=$build:$PATH:/usr/sbin

# --- the cluster ---

work=$(mktemp -d)
export SLURM_CONF=$work/slurm.conf  # from here on no command finds another cluster
chmod 755 "$work"
mkdir -m 700 "$work"/{munge,state}
mkdir "$work"/tmp.node{1,2}
daemons=()
end() {
  local i
  scancel --user=root --signal=KILL 2>/dev/null && scancel --user=root 2>/dev/null || true
  for ((i = 0; i < 50; ++i)); do [ -z "$(squeue -h 2>/dev/null)" ] && break; sleep 0.2; done
  for ((i = ${#daemons[@]} - 1; i >= 0; --i)); do
    kill "${daemons[i]}" 2>/dev/null || true
    wait "${daemons[i]}" 2>/dev/null || true
  done
  rm -rf "$work"
}
trap end EXIT

start() {  # NAME COMMAND...
  "${@:2}" >"$work/$1.log" 2>&1 &
  daemons+=($!)
}
ports() { python3 -c '
import socket, sys
held = [socket.socket() for _ in range(int(sys.argv[1]))]
for s in held: s.bind(("127.0.0.1", 0))
print(*[s.getsockname()[1] for s in held])' "$1"; }

read -r control first second <<<"$(ports 3)"
host=$(hostname -s)
cat >"$work/slurm.conf" <<EOF
ClusterName=blendsim
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$control
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$work/munge/socket,cred_expire=5
CredType=cred/munge
StateSaveLocation=$work/state
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.%n.pid
SlurmdSpoolDir=$work/spool.%n
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
TmpFS=$work/tmp.%n
ReturnToService=2
KillWait=10
NodeName=node1 NodeHostname=$host NodeAddr=127.0.0.1 Port=$first CPUs=2
NodeName=node2 NodeHostname=$host NodeAddr=127.0.0.1 Port=$second CPUs=2
PartitionName=all Nodes=node1,node2 Default=YES MaxTime=INFINITE State=UP
EOF

dd if=/dev/urandom of="$work/munge/key" bs=1024 count=1 status=none
chmod 600 "$work/munge/key"
chmod 755 "$work/munge"
start munged munged --foreground --force --key-file="$work/munge/key" --socket="$work/munge/socket" \
  --pid-file="$work/munge/pid" --log-file="$work/munge/log" --seed-file="$work/munge/seed"
until [ -S "$work/munge/socket" ]; do sleep 0.1; done
start slurmctld slurmctld -D -i
start node1 slurmd -D -N node1
start node2 slurmd -D -N node2
within() {  # SECONDS WHAT COMMAND...: until the command succeeds
  local i
  for ((i = 0; i < $1 * 5; ++i)); do "${@:3}" && return 0; sleep 0.2; done
  echo "FAILED: not within $1 s: $2" >&2
  tail -n 5 "$work"/*.log "$work"/study/*.txt >&2
  return 1
}
nodes_idle() { [ "$(sinfo -h -N -o %T 2>/dev/null | sort | uniq -c | tr -d ' ')" = 2idle ]; }
within 30 "two idle nodes" nodes_idle
srun --mpi=list 2>&1 | grep -q pmix || skip "Slurm has no PMIx plugin (package slurm-wlm-basic-plugins)"

# --- the study ---

folder=$work/study
mkdir "$folder"
cd "$folder"
sed -e '/^budget:/d' -e '/^name:/d' "$source/configs/studies/nb20-k26.yaml" >study.yaml
echo 'budget: {evaluations: 400}' >>study.yaml

trials() {
  sqlite3 study.db 'SELECT hex(point), * FROM trial ORDER BY id; SELECT hex(point), * FROM verified ORDER BY id'
}
count() { sqlite3 study.db 'SELECT count(*) FROM trial' 2>/dev/null || echo 0; }
front() { grep -v '^points ' "$1"; }  # but for the line that has the time it took
same() {  # WHAT: the journal and the front are those of one process
  cmp -s <(trials) one.trials && cmp -s <(front front.txt) <(front one.txt) ||
    { echo "FAILED: $1, $(count) trials, differs from one process" >&2; diff <(front one.txt) <(front front.txt) >&2; exit 1; }
  echo "$1: $(count) trials, the front of one process"
}

blendsim explore study.yaml --all >one.txt
trials >one.trials
whole=$(count)
rm study.db*

srun --mpi=pmix -N 2 -n 3 blendsim-mpi explore study.yaml --all >front.txt
same "srun, two nodes, three ranks"
rm study.db*

# --- a job that is killed, then requeued while it runs ---

job=$(sbatch --parsable -N 2 -n 3 "$source/configs/studies/slurm/explore.sbatch" study.yaml --all)
has() { [ "$(count)" -ge "$1" ]; }
ended() {  # no answer of squeue's is no end
  local state
  state=$(squeue -h -j "$job" -o %T 2>/dev/null) && [ -z "$state" ]
}
ranks() {  # of this job, which no other has: their SLURM_CONF is this cluster's
  local process
  for process in $(pgrep -x blendsim-mpi); do
    grep -qzx "SLURM_CONF=$SLURM_CONF" "/proc/$process/environ" 2>/dev/null || continue
    [ -z "${1:-}" ] || grep -qzx "SLURM_PROCID=$1" "/proc/$process/environ" 2>/dev/null || continue
    echo "$process"
  done
}
no_ranks() { [ -z "$(ranks)" ]; }

within 60 "100 trials" has 100
kill -9 "$(ranks 0)"
within 30 "the other ranks ended" no_ranks
within 30 "the job ended" ended
[ "$(sqlite3 study.db 'PRAGMA integrity_check')" = ok ] || { echo "FAILED: the journal is damaged" >&2; exit 1; }
killed=$(count)
scontrol requeue "$job"
within 90 "trials behind those of before" has $((killed + 100))
before=$(count)
scontrol requeue "$job"
within 120 "the whole study, and the end of its job" eval "has $whole && ended"
echo "sbatch: killed at $killed trials, requeued at $before"

blendsim explore study.yaml --show --all >front.txt
same "sbatch, killed and requeued"
