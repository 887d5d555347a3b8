#!/usr/bin/env bash
#SBATCH --job-name=plenum-sweep
#SBATCH --output=%x-%A-%a.log
# One shard of a sweep per task of a job array; a requeued task goes on where it was.
#
#   sbatch --array=1-4 simulator/cluster/slurm.sh SCENARIO FOLDER
#   plenum merge FOLDER/shard-* --out FOLDER/whole         # when all are done
#
# The program is PLENUM, or `plenum` on the PATH. The number of cores is --cpus-per-task.
set -euo pipefail
scenario=${1:?usage: sbatch --array=1-N slurm.sh SCENARIO FOLDER}
folder=${2:?usage: sbatch --array=1-N slurm.sh SCENARIO FOLDER}
: "${SLURM_ARRAY_TASK_ID:?submit it as a job array: sbatch --array=1-N}"
exec "${PLENUM:-plenum}" sweep "$scenario" --resume --jobs "${SLURM_CPUS_PER_TASK:-1}" \
    --out "$folder/shard-$SLURM_ARRAY_TASK_ID"
