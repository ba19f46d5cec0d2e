//! What `apt-get install` would do, as its simulation says, and whether it may.

use anyhow::Result;

/// A package in one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// Its name; of another architecture than the system's, with it: `libc6:i386`.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// What `apt-get install` would do.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Simulation {
    /// Packages that it would install, in the versions that it would install.
    pub installs: Vec<Package>,
    /// Those of them that are there in another version.
    pub upgrades: Vec<String>,
    /// Packages that it would remove.
    pub removes: Vec<String>,
}

impl Simulation {
    /// Reads what `apt-get install --simulate` printed in the C locale. Three kinds of
    /// lines count:
    ///
    /// ```text
    /// Inst libaio1 (0.3.113-4 Debian:12.15/oldstable [amd64])
    /// Inst qemu-utils [1:7.2-15] (1:7.2-18 Debian:12.15/oldstable [amd64])
    /// Remv rustc [1.63.0+dfsg1-2]
    /// ```
    pub fn of(text: &str) -> Self {
        let mut simulation = Self::default();
        for line in text.lines() {
            let mut words = line.split_whitespace();
            let (Some(action), Some(name)) = (words.next(), words.next()) else {
                continue;
            };
            match action {
                "Remv" => simulation.removes.push(name.to_owned()),
                "Inst" => {
                    if words
                        .clone()
                        .next()
                        .is_some_and(|word| word.starts_with('['))
                    {
                        simulation.upgrades.push(name.to_owned());
                    }
                    let version = words.find_map(|word| word.strip_prefix('('));
                    simulation.installs.push(Package {
                        name: name.to_owned(),
                        version: version.unwrap_or_default().to_owned(),
                    });
                }
                _ => {}
            }
        }
        simulation
    }

    /// What it would do to packages that are there, if anything.
    fn harm(&self) -> Option<String> {
        let named = |verb: &str, names: &[String]| {
            (!names.is_empty()).then(|| format!("{verb} {}", names.join(", ")))
        };
        let harm = [
            named("remove", &self.removes),
            named("upgrade", &self.upgrades),
        ];
        let harm: Vec<String> = harm.into_iter().flatten().collect();
        (!harm.is_empty()).then(|| harm.join(" and "))
    }
}

/// How packages come onto this machine.
#[derive(Debug, PartialEq, Eq)]
pub enum Way {
    /// By `apt-get install`.
    Install,
    /// Into a folder of the project's own.
    Unpack {
        /// Why they are not installed: the end of a sentence.
        because: String,
    },
}

/// Chooses how packages come onto this machine: they are installed only where that
/// takes no rights that nobody gave, and leaves every other package as it is.
pub fn choose(is_root: bool, simulation: &Result<Simulation>) -> Way {
    let because = if !is_root {
        "only root may do that".to_owned()
    } else {
        match simulation.as_ref().map(Simulation::harm) {
            Ok(None) => return Way::Install,
            Ok(Some(harm)) => format!("that would {harm}"),
            Err(error) => format!("{error:#}"),
        }
    };
    Way::Unpack { because }
}

/// Gives those of `wanted` that are not there in the same version. `installed` has a line
/// for each package that dpkg knows: its status, its name, its version.
pub fn missing(wanted: Vec<Package>, installed: &str) -> Vec<Package> {
    let is_there = |package: &Package| {
        installed.lines().any(|line| {
            line.split_whitespace()
                .eq(["installed", &package.name, &package.version])
        })
    };
    wanted
        .into_iter()
        .filter(|package| !is_there(package))
        .collect()
}

/// Gives the bytes of the files that `apt-get download --print-uris` printed: one in a
/// line, after its address and its name.
pub fn download_bytes(uris: &str) -> u64 {
    let bytes = uris.lines().filter_map(|line| {
        let field = line.split_whitespace().nth(2)?;
        field.parse::<u64>().ok()
    });
    bytes.sum()
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::{Package, Simulation, Way, choose, download_bytes, missing};

    // What apt 2.6.1 of Debian 12 said.
    /// `qemu-system-arm`, where nothing of it is installed.
    const INSTALLS: &str = include_str!("captured/installs.txt");
    /// `qemu-system-arm`, where an older `qemu-utils` is installed.
    const UPGRADES: &str = include_str!("captured/upgrades.txt");
    /// `rustc-web` and its companions, where `rustc` is installed.
    const REMOVES: &str = include_str!("captured/removes.txt");

    fn because(is_root: bool, text: &str) -> String {
        match choose(is_root, &Ok(Simulation::of(text))) {
            Way::Install => "install".to_owned(),
            Way::Unpack { because } => because,
        }
    }

    #[test]
    fn a_simulation_names_what_comes_and_in_which_version() {
        let simulation = Simulation::of(INSTALLS);
        assert_eq!(simulation.installs.len(), 56);
        assert_eq!(simulation.upgrades.len() + simulation.removes.len(), 0);
        let qemu = simulation.installs.last().unwrap();
        assert_eq!(qemu.name, "qemu-system-arm");
        assert_eq!(qemu.version, "1:7.2+dfsg-7+deb12u18+b3");
        assert_eq!(Simulation::of("0 upgraded\n"), Simulation::default());
    }

    #[test]
    fn root_installs_what_changes_nothing_else() {
        assert_eq!(because(true, INSTALLS), "install");
        assert_eq!(because(true, UPGRADES), "that would upgrade qemu-utils");
        assert_eq!(because(true, REMOVES), "that would remove rustc");
    }

    #[test]
    fn nobody_else_installs_anything() {
        for text in [INSTALLS, UPGRADES, REMOVES] {
            assert_eq!(because(false, text), "only root may do that");
        }
    }

    #[test]
    fn what_apt_refuses_is_unpacked() {
        // With qemu-utils of bookworm-backports: exit code 100, no line of a package.
        let text = "Error, pkgProblemResolver::Resolve generated breaks";
        let because = text.to_owned();
        assert_eq!(choose(true, &Err(anyhow!(text))), Way::Unpack { because });
    }

    #[test]
    fn what_is_there_in_the_same_version_is_not_missing() {
        let package = |name: &str, version: &str| Package {
            name: name.to_owned(),
            version: version.to_owned(),
        };
        let installed = "installed libaio1 0.3.113-4\n\
                         installed qemu-utils 1:10.0.2+ds-2+deb13u1~bpo12+1\n\
                         config-files libslirp0 4.7.0-1\n";
        let wanted = vec![
            package("libaio1", "0.3.113-4"),
            package("qemu-utils", "1:7.2+dfsg-7+deb12u18+b3"),
            package("libslirp0", "4.7.0-1"),
            package("libaio", "0.3.113-4"),
        ];
        let missing = missing(wanted, installed);
        let names: Vec<&str> = missing.iter().map(|package| &*package.name).collect();
        assert_eq!(names, ["qemu-utils", "libslirp0", "libaio"]);
    }

    #[test]
    fn the_size_of_a_download_is_told_by_its_addresses() {
        let uris = "'http://deb.debian.org/debian/pool/main/q/qemu/qemu-system-data_7.2%2bdfsg-7_all.deb' \
             qemu-system-data_1%3a7.2+dfsg-7_all.deb 1297476 SHA256:8d7647370573fe98\n\
             'http://deb.debian.org/debian/pool/main/q/qemu/qemu-system-arm_7.2%2bdfsg-7_amd64.deb' \
             qemu-system-arm_1%3a7.2+dfsg-7_amd64.deb 8909200 SHA256:9871949acf60d0c0\n";
        assert_eq!(download_bytes(uris), 10_206_676);
        assert_eq!(download_bytes(""), 0);
    }
}
