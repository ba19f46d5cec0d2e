//! The program as somebody has installed it: no variables but a home and a path, an empty
//! folder, and, where this machine allows it, a root of its own.

use std::env::consts::EXE_SUFFIX;
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::command;

/// How long the server may take to stop.
const PATIENCE: Duration = Duration::from_secs(20);

/// The program, and where it runs.
pub struct Installed {
    /// What starts it: the program, or what changes the root first.
    start: Vec<OsString>,
    /// The folder that it runs in, from outside of its root.
    folder: PathBuf,
    /// Its home.
    home: PathBuf,
    /// Where it finds other programs.
    path: OsString,
}

impl Installed {
    /// The program in the folder `programs`, run in the new folder `folder`.
    pub fn at(programs: &Path, folder: PathBuf) -> Result<Self> {
        let home = folder.join("home");
        fs::create_dir_all(&home)?;
        let program = programs.join(format!("cortexscope{EXE_SUFFIX}"));
        Ok(Self {
            start: vec![program.into()],
            folder,
            home,
            path: programs.into(),
        })
    }

    /// The program in the prefix `prefix` of `root`, run with `root` as its root, which
    /// gets the libraries that the program names and nothing more.
    pub fn in_root(root: &Path, prefix: &str) -> Result<Self> {
        let program = Path::new(prefix).join("bin/cortexscope");
        let Some(change_root) = change_root(root) else {
            println!("run without a root of its own, which this machine does not allow");
            return Self::at(&root.join(prefix).join("bin"), root.join("folder"));
        };
        for library in libraries(&root.join(&program))? {
            let place = root.join(library.strip_prefix("/")?);
            fs::create_dir_all(place.parent().context("a library has a folder")?)?;
            fs::copy(&library, &place).with_context(|| library.display().to_string())?;
        }
        for folder in ["home", "tmp"] {
            fs::create_dir_all(root.join(folder))?;
        }
        let mut start = change_root;
        start.push(Path::new("/").join(program).into());
        Ok(Self {
            start,
            folder: root.to_owned(),
            home: "/home".into(),
            path: "/nowhere".into(),
        })
    }

    /// The same, which also finds the programs in `folder`.
    pub fn with_path(&self, folder: &Path) -> Result<Self> {
        let folders = std::env::split_paths(&self.path).chain([folder.to_owned()]);
        Ok(Self {
            start: self.start.clone(),
            folder: self.folder.clone(),
            home: self.home.clone(),
            path: std::env::join_paths(folders)?,
        })
    }

    /// A file that it wrote.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Puts a copy of `file` into its folder.
    pub fn give(&self, file: &Path, name: &str) -> Result<()> {
        fs::copy(file, self.file(name)).with_context(|| file.display().to_string())?;
        Ok(())
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.start[0]);
        command
            .args(&self.start[1..])
            .args(arguments)
            .current_dir(&self.folder)
            .env_clear()
            .env("HOME", &self.home)
            .env("PATH", &self.path);
        command
    }

    /// Runs it, and gives what it wrote to stdout.
    pub fn run(&self, arguments: &[&str]) -> Result<String> {
        println!("  cortexscope {}", arguments.join(" "));
        command::output(&mut self.command(arguments))
    }

    /// Starts the live page, asks for it, and stops it as Ctrl-C does.
    pub fn serves_the_live_page(&self) -> Result<()> {
        let arguments = ["live", "--port", "0", "--no-browser"];
        println!("  cortexscope {}", arguments.join(" "));
        let mut child = self
            .command(&arguments)
            .stderr(Stdio::piped())
            .spawn()
            .context("`cortexscope live` did not start")?;
        let answer = ask_for_the_page(&mut child);
        let stopped = interrupt(&mut child);
        let answer = answer?;
        ensure!(
            answer.starts_with("HTTP/1.1 200") && answer.contains("<title>"),
            "the live page answers {answer}"
        );
        stopped
    }
}

fn ask_for_the_page(child: &mut Child) -> Result<String> {
    let stderr = child.stderr.take().context("stderr is piped")?;
    let mut said = String::new();
    let mut lines = BufReader::new(stderr).lines();
    for line in lines.by_ref() {
        let line = line?;
        let Some(rest) = line.strip_prefix("live: http://") else {
            said += &line;
            continue;
        };
        let address = rest.split('/').next().unwrap_or_default();
        // What it says later must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        let mut stream = TcpStream::connect(address)?;
        let request = format!("GET / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        return Ok(answer);
    }
    bail!("`cortexscope live` ended: {said}")
}

/// Ends the server as Ctrl-C does, and waits until it has ended well.
fn interrupt(child: &mut Child) -> Result<()> {
    let process = child.id().to_string();
    command::run(Command::new("kill").args(["-INT", &process]))?;
    let end = Instant::now() + PATIENCE;
    while Instant::now() < end {
        if let Some(status) = child.try_wait()? {
            ensure!(status.success(), "`cortexscope live` ended with {status}");
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill()?;
    child.wait()?;
    bail!("`cortexscope live` did not stop within {PATIENCE:?}")
}

/// What runs a program with `root` as its root, if this machine allows one of the ways.
fn change_root(root: &Path) -> Option<Vec<OsString>> {
    if !cfg!(target_os = "linux") {
        return None;
    }
    let is_root = command::output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    if is_root {
        return Some(vec![command::find("chroot")?.into(), root.into()]);
    }
    let unshare = command::find("unshare")?;
    let namespace = ["--map-root-user", "true"];
    command::output(Command::new(&unshare).args(namespace)).ok()?;
    let mut with_root = OsString::from("--root=");
    with_root.push(root);
    Some(vec![unshare.into(), "--map-root-user".into(), with_root])
}

/// The libraries that `program` names, as `ldd` finds them.
fn libraries(program: &Path) -> Result<Vec<PathBuf>> {
    let text = command::output(Command::new("ldd").arg(program))?;
    // `libc.so.6 => /lib/libc.so.6 (0x…)`, `/lib64/ld-linux.so.2 (0x…)`, and one that the
    // kernel gives, without a path.
    let words = text.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        words.find(|word| word.starts_with('/'))
    });
    Ok(words.map(PathBuf::from).collect())
}
