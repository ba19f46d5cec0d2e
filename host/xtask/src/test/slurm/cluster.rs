//! A cluster of one node, this machine: its own munge and Slurm, in a folder that goes when
//! it does.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};
use std::{env, process, thread};

use anyhow::{Context, Result, bail};

use crate::command;

/// What it takes.
const PROGRAMS: [&str; 8] = [
    "mungekey",
    "munged",
    "slurmctld",
    "slurmd",
    "sbatch",
    "squeue",
    "scancel",
    "sinfo",
];

/// How long daemons may take to begin.
const PATIENCE: Duration = Duration::from_secs(60);

/// The cluster, and what ends with it.
pub struct Cluster {
    folder: PathBuf,
    daemons: Vec<Child>,
}

impl Cluster {
    /// Starts it.
    ///
    /// # Errors
    /// A program is missing, or does not begin.
    pub fn start() -> Result<Self> {
        let missing: Vec<_> = PROGRAMS
            .into_iter()
            .filter(|name| program(name).is_none())
            .collect();
        if !missing.is_empty() {
            bail!(
                "{} not found: this check needs a Slurm of its own, and installs none. On Debian: \
                 apt-get install slurm-wlm munge",
                missing.join(", ")
            );
        }
        let folder = env::temp_dir().join(format!("cortexscope-slurm-{}", process::id()));
        for below in ["state", "spool"] {
            fs::create_dir_all(folder.join(below))?;
        }
        let mut cluster = Self {
            folder,
            daemons: Vec::new(),
        };
        cluster.begin()?;
        Ok(cluster)
    }

    fn begin(&mut self) -> Result<()> {
        let file = |name: &str| self.folder.join(name);
        let option = |name: &str, value: &str| format!("--{name}={}", file(value).display());
        let mut key = tool("mungekey")?;
        command::run(key.arg("--create").arg(option("keyfile", "munge.key")))?;
        let mut munged = tool("munged")?;
        munged.args(["--foreground", "--force"]).args([
            option("key-file", "munge.key"),
            option("socket", "munge.socket"),
            option("pid-file", "munge.pid"),
            option("log-file", "munge.log"),
            option("seed-file", "munge.seed"),
        ]);
        let configuration = file("slurm.conf");
        fs::write(&configuration, self.configuration()?)?;
        let daemon = |name| {
            let mut daemon = tool(name)?;
            daemon.arg("-D").arg("-f").arg(&configuration);
            anyhow::Ok(daemon)
        };
        let daemons = [munged, daemon("slurmctld")?, daemon("slurmd")?];
        for (mut daemon, name) in daemons.into_iter().zip(["munged", "slurmctld", "slurmd"]) {
            let output = File::create(self.folder.join(format!("{name}.out")))?;
            daemon.stdout(output.try_clone()?).stderr(output);
            let line = command::line(&daemon);
            let child = daemon
                .spawn()
                .with_context(|| format!("`{line}` did not start"))?;
            self.daemons.push(child);
            if name == "munged" {
                self.wait_for(|cluster| cluster.folder.join("munge.socket").exists())?;
            }
        }
        self.wait_for(|cluster| {
            let mut sinfo = cluster.command("sinfo");
            let states = command::output(sinfo.args(["--noheader", "--format=%T"]));
            states.is_ok_and(|states| states.trim() == "idle")
        })
    }

    fn wait_for(&self, holds: impl Fn(&Self) -> bool) -> Result<()> {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if holds(self) {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(200));
        }
        let mut said = String::new();
        for name in ["munged.out", "slurmctld.out", "slurmd.out"] {
            said += &fs::read_to_string(self.folder.join(name)).unwrap_or_default();
        }
        bail!("Slurm was not ready within {PATIENCE:?}; its daemons said:\n{said}")
    }

    /// One partition with this machine in it; nothing is confined or accounted for, which
    /// would need more than this process may do.
    fn configuration(&self) -> Result<String> {
        let host = command::output(Command::new("hostname").arg("-s"))?;
        let user = command::output(Command::new("id").arg("-un"))?;
        let (host, user) = (host.trim(), user.trim());
        let processors = thread::available_parallelism()?;
        let listeners = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0"));
        let [controller, node] = listeners.map(|free| Ok(free?.local_addr()?.port()));
        let (controller, node): (Result<u16>, Result<u16>) = (controller, node);
        let folder = self.folder.display();
        Ok(format!(
            "ClusterName=cortexscope\n\
             SlurmctldHost={host}(127.0.0.1)\n\
             SlurmUser={user}\n\
             SlurmdUser={user}\n\
             AuthType=auth/munge\n\
             AuthInfo=socket={folder}/munge.socket\n\
             CredType=cred/munge\n\
             StateSaveLocation={folder}/state\n\
             SlurmdSpoolDir={folder}/spool\n\
             SlurmctldPidFile={folder}/slurmctld.pid\n\
             SlurmdPidFile={folder}/slurmd.pid\n\
             SlurmctldPort={}\n\
             SlurmdPort={}\n\
             ProctrackType=proctrack/linuxproc\n\
             TaskPlugin=task/none\n\
             JobAcctGatherType=jobacct_gather/none\n\
             SelectType=select/cons_tres\n\
             SelectTypeParameters=CR_CPU\n\
             MpiDefault=none\n\
             ReturnToService=2\n\
             NodeName={host} NodeAddr=127.0.0.1 CPUs={processors} State=UNKNOWN\n\
             PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP\n",
            controller?, node?,
        ))
    }

    /// The folder in which tasks run.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A command of Slurm's, to this cluster, in its folder.
    pub fn command(&self, name: &str) -> Command {
        let mut command = Command::new(name);
        command.env("SLURM_CONF", self.folder.join("slurm.conf"));
        command.current_dir(&self.folder);
        command
    }
}

impl Drop for Cluster {
    /// Ends what runs and what ran it; what cannot be ended is over already.
    fn drop(&mut self) {
        let mut scancel = self.command("scancel");
        if self.daemons.len() > 2
            && scancel
                .args(["--signal=KILL", "--full", "--me"])
                .status()
                .is_ok()
        {
            thread::sleep(Duration::from_millis(500));
        }
        while let Some(mut daemon) = self.daemons.pop() {
            let _ = daemon.kill();
            let _ = daemon.wait();
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Where a program is: daemons are not on everybody's path.
fn program(name: &str) -> Option<PathBuf> {
    let outside = Path::new("/usr/sbin").join(name);
    command::find(name).or_else(|| outside.is_file().then_some(outside))
}

fn tool(name: &str) -> Result<Command> {
    Ok(Command::new(
        program(name).with_context(|| format!("{name} is gone"))?,
    ))
}
