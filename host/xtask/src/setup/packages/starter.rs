//! A script that starts a program from packages that are unpacked and not installed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::command;

/// The folder beside the script that packages are unpacked into.
pub const ROOT: &str = "root";

/// What a program is started with, beside its libraries. `$root` in it is the folder that
/// stands for the machine's root.
#[derive(Clone, Copy, Debug)]
pub struct Starter<'a> {
    /// Lines of shell that set the program's environment.
    pub environment: &'a [&'a str],
    /// Arguments before those that it is given.
    pub arguments: &'a [&'a str],
}

impl Starter<'_> {
    /// Of a program that finds everything by where it is itself.
    pub const AS_IT_IS: Starter<'static> = Starter {
        environment: &[],
        arguments: &[],
    };

    /// Writes a script into `folder`, named after `program`, that starts it with the
    /// libraries beside it. Program and libraries are below [`ROOT`] in the same folder,
    /// which may be moved.
    ///
    /// # Errors
    /// The program is not there, or the script cannot be written.
    pub fn write(&self, folder: &Path, program: &str) -> Result<()> {
        let root = folder.join(ROOT);
        let file = root.join(program);
        let name = file.file_name().context("a program without a name")?;
        fs::metadata(&file).with_context(|| format!("no {program} in the packages"))?;
        let script = folder.join(name);
        fs::write(&script, self.text(&Libraries::of(&root)?, program))
            .with_context(|| script.display().to_string())?;
        command::run(Command::new("chmod").arg("+x").arg(&script))
    }

    fn text(&self, libraries: &Libraries, program: &str) -> String {
        let folders = libraries.folders.iter();
        let folders: Vec<String> = folders
            .map(|folder| format!("$root/{}", folder.display()))
            .collect();
        let libraries_of_program = folders.join(":");
        let mut lines = vec![
            "#!/bin/sh".to_owned(),
            format!("# Starts {program} from packages that are unpacked beside this file."),
            // Where nothing else is on the path there is no `readlink`, either.
            "self=$(readlink -f \"$0\" 2>/dev/null) || self=$0".to_owned(),
            format!("root=\"${{self%/*}}/{ROOT}\""),
            format!("libraries=\"{libraries_of_program}${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}\""),
        ];
        lines.extend(self.environment.iter().map(|&line| line.to_owned()));
        let mut start = vec!["exec".to_owned()];
        match &libraries.loader {
            Some(loader) => start.extend([
                format!("\"$root/{}\"", loader.display()),
                "--library-path \"$libraries\"".to_owned(),
            ]),
            None => lines.push("export LD_LIBRARY_PATH=\"$libraries\"".to_owned()),
        }
        start.push(format!("\"$root/{program}\""));
        start.extend(self.arguments.iter().map(|&argument| argument.to_owned()));
        start.push("\"$@\"".to_owned());
        lines.push(start.join(" "));
        lines.join("\n") + "\n"
    }
}

/// The libraries below a folder. All paths are relative to it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Libraries {
    /// The folders that hold any, those near the root first.
    folders: Vec<PathBuf>,
    /// The dynamic loader, if one is among them: it and its C library go together.
    loader: Option<PathBuf>,
}

impl Libraries {
    fn of(root: &Path) -> Result<Self> {
        let mut libraries = Self::default();
        for start in ["usr/lib", "lib", "usr/lib64", "lib64"] {
            libraries.add(root, Path::new(start))?;
        }
        let depth = |folder: &PathBuf| folder.components().count();
        libraries
            .folders
            .sort_by_key(|folder| (depth(folder), folder.clone()));
        Ok(libraries)
    }

    fn add(&mut self, root: &Path, folder: &Path) -> Result<()> {
        let path = root.join(folder);
        if !path.is_dir() || path.is_symlink() {
            return Ok(());
        }
        let mut holds_any = false;
        for entry in fs::read_dir(&path).with_context(|| path.display().to_string())? {
            let entry = entry?;
            let inner = folder.join(entry.file_name());
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.file_type()?.is_dir() {
                self.add(root, &inner)?;
            } else if name.contains(".so") {
                holds_any |= name.starts_with("lib");
                if name.starts_with("ld-linux") && entry.file_type()?.is_file() {
                    self.loader = Some(inner);
                }
            }
        }
        if holds_any {
            self.folders.push(folder.to_owned());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};
    use std::process::Command;

    use super::{Libraries, Starter};
    use crate::command;

    /// An empty folder of this name, and in it the files.
    fn tree(name: &str, files: &[&str]) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("xtask-{name}-{}", std::process::id()));
        for file in files {
            let file = folder.join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(
                file,
                "#!/bin/sh\necho \"$FONTS\" \"$LD_LIBRARY_PATH\" \"$@\"\n",
            )
            .unwrap();
        }
        folder
    }

    #[test]
    fn a_program_starts_with_the_libraries_and_data_beside_it() {
        let files = [
            "root/usr/bin/qemu",
            "root/usr/lib/x86_64-linux-gnu/libaio.so.1.0.1",
            "root/usr/lib/x86_64-linux-gnu/pulseaudio/libpulsecommon-16.1.so",
            "root/lib/x86_64-linux-gnu/libbpf.so.1",
            "root/usr/lib/python3/README",
        ];
        let folder = tree("starter", &files);
        let program = folder.join("root/usr/bin/qemu");
        command::run(Command::new("chmod").arg("+x").arg(program)).unwrap();
        let starter = Starter {
            environment: &["export FONTS=\"$root/etc/fonts\""],
            arguments: &["-L", "\"$root/usr/share/qemu\""],
        };
        starter.write(&folder, "usr/bin/qemu").unwrap();
        // Where the folder is does not matter.
        let moved = folder.with_extension("moved");
        fs::rename(&folder, &moved).unwrap();

        let mut start = Command::new(moved.join("qemu"));
        start.arg("--version").env("LD_LIBRARY_PATH", "/before");
        let root = moved.join("root");
        let root = root.display();
        assert_eq!(
            command::output(&mut start).unwrap(),
            format!(
                "{root}/etc/fonts {root}/lib/x86_64-linux-gnu:{root}/usr/lib/x86_64-linux-gnu:\
                 {root}/usr/lib/x86_64-linux-gnu/pulseaudio:/before \
                 -L {root}/usr/share/qemu --version\n"
            )
        );
        assert!(starter.write(&moved, "usr/bin/gdb").is_err());
        fs::remove_dir_all(moved).unwrap();
    }

    #[test]
    fn a_c_library_of_its_own_is_started_by_its_own_loader() {
        let libc = "lib/x86_64-linux-gnu/libc.so.6";
        let loader = "lib/x86_64-linux-gnu/ld-linux-x86-64.so.2";
        let folder = tree("loader", &[libc, loader]);
        let libraries = Libraries::of(&folder).unwrap();
        assert_eq!(libraries.loader.as_deref(), Some(Path::new(loader)));
        let text = Starter::AS_IT_IS.text(&libraries, "usr/bin/qemu");
        let last = text.lines().last().unwrap();
        assert_eq!(
            last,
            format!(
                "exec \"$root/{loader}\" --library-path \"$libraries\" \"$root/usr/bin/qemu\" \"$@\""
            )
        );
        fs::remove_dir_all(folder).unwrap();
    }
}
