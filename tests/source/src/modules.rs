//! The modules of a crate, and which of them each one uses.

mod collect;
mod resolve;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

/// The modules of one crate, its root first. Test code is left out.
#[derive(Debug)]
pub struct Modules {
    modules: Vec<Module>,
}

/// One module uses a name of another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// The module that uses, as an index.
    pub from: usize,
    /// The module that has the name, as an index: where it is defined, not where it is
    /// exported again.
    pub to: usize,
    /// The path as it is written, for instance `crate::station::Desk`.
    pub path: String,
    /// The file and line where it is written.
    pub place: String,
}

/// A file that could not be read as Rust.
#[derive(Debug)]
pub struct SourceError {
    file: PathBuf,
    reason: String,
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file.display(), self.reason)
    }
}

impl std::error::Error for SourceError {}

#[derive(Debug)]
struct Module {
    name: String,
    parent: Option<usize>,
    file: PathBuf,
    children: BTreeMap<String, usize>,
    imports: Vec<Import>,
    /// Names of what it defines itself, child modules apart.
    items: BTreeSet<String>,
    /// Paths in its code, imports included.
    paths: Vec<Written>,
}

/// `use path as name`, or `use path::*` where there is no name.
#[derive(Debug)]
struct Import {
    name: Option<String>,
    path: Vec<String>,
}

#[derive(Debug)]
struct Written {
    path: Vec<String>,
    line: usize,
}

impl Modules {
    /// Reads a crate from its root file, with `read` giving a file's text where there is
    /// such a file.
    ///
    /// # Errors
    /// A file is not Rust, or a module has no file.
    pub fn read(root: &Path, read: &dyn Fn(&Path) -> Option<String>) -> Result<Self, SourceError> {
        collect::collect(root, read).map(|modules| Self { modules })
    }

    /// Gives a module's path from the root, without `crate`.
    pub fn path(&self, module: usize) -> Vec<&str> {
        let mut path = Vec::new();
        let mut at = module;
        while let Some(parent) = self.modules[at].parent {
            path.push(self.modules[at].name.as_str());
            at = parent;
        }
        path.reverse();
        path
    }

    /// Gives what each module uses of other modules.
    pub fn uses(&self) -> Vec<Use> {
        let mut uses = Vec::new();
        for (from, module) in self.modules.iter().enumerate() {
            for written in &module.paths {
                let Some(to) = self.resolve(from, &written.path) else {
                    continue;
                };
                if to != from {
                    uses.push(Use {
                        from,
                        to,
                        path: written.path.join("::"),
                        place: format!("{}:{}", module.file.display(), written.line),
                    });
                }
            }
        }
        uses
    }
}

#[cfg(test)]
mod tests {
    use super::Modules;
    use std::path::Path;

    /// What uses what in a crate, as `from > to`, sorted.
    fn uses(files: &[(&str, &str)]) -> Vec<String> {
        let read = |path: &Path| {
            let found = files.iter().find(|(name, _)| Path::new(name) == path);
            found.map(|(_, text)| (*text).to_owned())
        };
        let modules = Modules::read(Path::new("lib.rs"), &read).unwrap();
        let name = |module| modules.path(module).join("::");
        let uses = modules.uses();
        let mut uses: Vec<String> = uses
            .iter()
            .map(|used| format!("{} > {}", name(used.from), name(used.to)))
            .collect();
        uses.sort();
        uses.dedup();
        uses
    }

    #[test]
    fn files_are_found_where_rust_looks_for_them() {
        let found = uses(&[
            ("lib.rs", "mod a; mod b; mod c { pub mod d; }"),
            ("a.rs", "mod inner; use crate::b::B;"),
            ("a/inner.rs", "use crate::c::d::D;"),
            ("b/mod.rs", "pub struct B; #[path = \"odd.rs\"] mod named;"),
            ("b/odd.rs", "use crate::a::inner::X;"),
            ("c/d.rs", "pub struct D;"),
        ]);
        assert_eq!(found, ["a > b", "a::inner > c::d", "b::named > a::inner"]);
    }

    #[test]
    fn names_that_are_exported_again_belong_to_where_they_are_defined() {
        let found = uses(&[
            (
                "lib.rs",
                "mod a; mod b; mod c; pub use b::B; use c::*; pub use a::{self as first};",
            ),
            ("a.rs", "use crate::B; use super::C; pub struct A;"),
            ("b.rs", "pub struct B; type F = crate::first::A;"),
            ("c.rs", "pub struct C;"),
        ]);
        assert_eq!(found, [" > b", "a > b", "a > c", "b > a"]);
    }

    #[test]
    fn paths_in_code_in_macros_and_through_a_star_count() {
        let found = uses(&[
            (
                "lib.rs",
                "mod a; mod b; mod c; mod d; use d::D; fn own() {}",
            ),
            ("a.rs", "fn f() { crate::b::g(); own() }"),
            (
                "b.rs",
                "pub fn g() { println!(\"{}\", super::c::H); let own = 1; own + 1; }",
            ),
            ("c.rs", "use super::*; pub const H: Option<D> = None;"),
            ("d.rs", "pub struct D;"),
        ]);
        assert_eq!(found, [" > d", "a > b", "b > c", "c > ", "c > d"]);
    }

    #[test]
    fn test_code_is_left_out() {
        let found = uses(&[
            ("lib.rs", "mod a; mod b; #[cfg(test)] mod tests;"),
            (
                "a.rs",
                "#[cfg(test)] use crate::b::B; #[cfg(all(test, unix))] fn f() { crate::b::g() }
                 struct S; impl S { #[cfg(test)] fn f() { crate::b::g() } }
                 #[cfg(test)] mod tests { use crate::b::B; }",
            ),
            ("b.rs", "#[cfg(not(test))] use crate::a::S;"),
        ]);
        assert_eq!(found, ["b > a"]);
    }

    #[test]
    fn what_is_no_rust_and_what_is_not_there_is_an_error() {
        let read = |text: &'static str| {
            let read = move |path: &Path| (path == Path::new("lib.rs")).then(|| text.to_owned());
            Modules::read(Path::new("lib.rs"), &read)
        };
        assert!(read("fn").unwrap_err().to_string().starts_with("lib.rs: "));
        let missing = read("mod a;").unwrap_err().to_string();
        assert_eq!(missing, "lib.rs: no file for `mod a`");
    }
}
