//! A sweep in four shards under a real Slurm, by the launcher script, gives the bytes of the sweep in one go.
//!
//! The test starts a cluster of one node on this machine, in a folder of its own: munged, slurmctld and slurmd. Without
//! them it fails. It isn't among what a bare `cargo test` runs, as that needs nothing but Rust:
//! `cargo test --package simulator --test slurm`.

#![allow(missing_docs, reason = "a test program has no readers of its documentation")]

mod common;

use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use common::{Ended, Folder, files};

/// 2 × 2 points of two seeds: two runs per shard.
const SWEPT: &str = r#"schema = 1
name = "swept"
seed = 3
duration = "1500ms"
measure = { from = "500ms" }

[link.line]
rate = "10Mbps"
delay = { base = "10ms", jitter = "gauss", std = "2ms" }

[participant.alice]
up = "line"
down = "line"

[participant.bob]
up = "line"
down = "line"

[sweep]
seeds = 2
grid."link.line.rate" = ["300kbps", "10Mbps"]
grid."link.line.delay.base" = ["10ms", "50ms"]
"#;

/// The daemons start, and know each other, within this.
const STARTED: Duration = Duration::from_secs(60);
/// Where daemons are that aren't on everybody's path.
const SYSTEM: &str = "/usr/local/sbin:/usr/sbin:/sbin";

/// A cluster of this machine alone; gone at the end.
struct Cluster {
    folder: PathBuf,
    daemons: Vec<Child>,
}

impl Cluster {
    fn start(folder: &Path) -> Self {
        let mut cluster = Cluster { folder: folder.to_owned(), daemons: Vec::new() };
        for name in ["state", "spool"] {
            fs::create_dir_all(folder.join(name)).expect("the folder takes folders");
        }
        fs::set_permissions(folder, Permissions::from_mode(0o755)).expect("it is ours");
        let key = folder.join("munge.key");
        // It protects nothing: the sockets are this test's, and live as long as it does.
        fs::write(&key, [0x5a; 128]).expect("the folder takes a file");
        fs::set_permissions(&key, Permissions::from_mode(0o400)).expect("it is ours");
        fs::write(folder.join("slurm.conf"), configuration(folder)).expect("the folder takes a file");
        let path = |name: &str| folder.join(name).to_string_lossy().into_owned();
        let munge = [
            ("--key-file=", "munge.key"),
            ("--socket=", "munge.socket"),
            ("--pid-file=", "munge.pid"),
            ("--log-file=", "munge.log"),
            ("--seed-file=", "munge.seed"),
        ];
        let munge: Vec<String> = munge.iter().map(|(flag, name)| format!("{flag}{}", path(name))).collect();
        cluster.daemon("munged", &[vec!["--foreground".to_owned(), "--force".to_owned()], munge].concat());
        cluster.until("munged listens", |cluster| cluster.folder.join("munge.socket").exists());
        cluster.daemon("slurmctld", &["-D".to_owned(), "-c".to_owned()]);
        cluster.daemon("slurmd", &["-D".to_owned()]);
        cluster.until("the node is idle", |cluster| {
            let told = cluster.command("sinfo").args(["--noheader", "--format=%T"]).output();
            told.is_ok_and(|told| told.stdout.starts_with(b"idle"))
        });
        cluster
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        let path = std::env::var("PATH").unwrap_or_default();
        command.env("PATH", format!("{path}:{SYSTEM}")).env("SLURM_CONF", self.folder.join("slurm.conf"));
        command
    }

    fn daemon(&mut self, program: &str, arguments: &[String]) {
        let said = fs::File::create(self.folder.join(format!("{program}.said"))).expect("it can be made");
        let mut command = self.command(program);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(said);
        let started = command.spawn().unwrap_or_else(|error| {
            panic!("{program}: {error}. The packages slurmctld, slurmd, slurm-client and munge have it")
        });
        self.daemons.push(started);
    }

    fn until(&self, what: &str, mut holds: impl FnMut(&Self) -> bool) {
        let start = Instant::now();
        while !holds(self) {
            assert!(start.elapsed() < STARTED, "not so within {STARTED:?}: {what}\n{}", self.logs());
            sleep(Duration::from_millis(100));
        }
    }

    fn logs(&self) -> String {
        let logs = ["munge.log", "slurmctld.log", "slurmd.log", "slurmctld.said", "slurmd.said"];
        let text = |name: &str| fs::read_to_string(self.folder.join(name)).unwrap_or_default();
        logs.iter().map(|name| format!("== {name}\n{}", text(name))).collect()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // The two daemons end their own children; what doesn't listen is killed.
        let _ = self.command("scontrol").arg("shutdown").output();
        let munged = self.daemons.first().map_or(0, Child::id);
        for daemon in self.daemons.iter_mut().rev() {
            let start = Instant::now();
            let ends = |daemon: &mut Child| daemon.try_wait().is_ok_and(|ended| ended.is_some());
            let patience = if daemon.id() == munged { Duration::ZERO } else { Duration::from_secs(5) };
            while !ends(daemon) && start.elapsed() < patience {
                sleep(Duration::from_millis(50));
            }
            let _ = daemon.kill();
            let _ = daemon.wait();
        }
    }
}

/// The least that one node needs: no control groups, no accounting, nothing outside of `folder`.
fn configuration(folder: &Path) -> String {
    let word = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).output().expect("every system has it");
        String::from_utf8(output.stdout).expect("a name is text").trim().to_owned()
    };
    let (user, host) = (word("id", &["-un"]), word("hostname", &["-s"]));
    let free = || {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there are free ports");
        listener.local_addr().expect("it is bound").port()
    };
    let (controller, node, folder) = (free(), free(), folder.display());
    format!(
        "ClusterName=plenum
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmdPort={node}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
ReturnToService=2
SlurmdParameters=config_overrides
NodeName={host} NodeAddr=127.0.0.1 CPUs=4 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"
    )
}

#[test]
fn an_array_of_four_merges_to_the_bytes_of_the_whole() {
    let folder = Folder::new("slurm");
    let scenario = folder.file("swept.toml", SWEPT);
    let whole = ["sweep", scenario.as_str(), "--quiet", "--out", "whole"];
    folder.plenum(&whole).with_code(0);

    let cluster = Cluster::start(&folder.path().join("cluster"));
    let launcher = concat!(env!("CARGO_MANIFEST_DIR"), "/cluster/slurm.sh");
    let (shards, jobs) = (folder.path().join("shards"), folder.path().join("jobs"));
    fs::create_dir(&jobs).expect("the folder takes a folder");
    let mut submit = cluster.command("sbatch");
    submit.args(["--wait", "--array=0-3", launcher, &scenario]).arg(&shards);
    submit.env("PLENUM", env!("CARGO_BIN_EXE_plenum")).current_dir(&jobs);
    let submitted = Ended::of(submit.output().expect("sbatch starts"));
    let logs = || {
        let said = files(&jobs).into_iter();
        said.map(|(name, text)| format!("== {name}\n{}", String::from_utf8_lossy(&text))).collect::<String>()
    };
    assert_eq!(submitted.code, Some(0), "{submitted:?}\n{}\n{}", logs(), cluster.logs());
    for (task, shard) in (0..4).zip(1..) {
        assert!(logs().contains(&format!("shard {shard}/4, as SLURM_ARRAY_TASK_ID says")), "{}", logs());
        let runs = fs::read_dir(shards.join(format!("shard-{task}/runs"))).expect("a shard leaves its runs");
        assert_eq!(runs.count(), 2, "shard {task}");
    }
    let parts = ["shards/shard-2", "shards/shard-0", "shards/shard-3", "shards/shard-1"];
    folder.plenum(&[&["merge"][..], &parts, &["--quiet", "--out", "merged"]].concat()).with_code(0);
    let (whole, merged) = (files(&folder.path().join("whole")), files(&folder.path().join("merged")));
    assert!(whole.keys().eq(merged.keys()), "{:?} and {:?}", whole.keys(), merged.keys());
    for (name, bytes) in &whole {
        assert!(merged[name] == *bytes, "{name} differs");
    }
}
