//! Modules of one parent that use each other.
//!
//! A parent may use its children and a child its parent. Between two modules that are
//! neither, a use counts between the two siblings that hold them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::modules::{Modules, Use};

/// Modules of one parent, each of which uses the others, if not directly.
#[derive(Debug)]
pub struct Circle {
    /// The path of the parent, for instance `crate::study`.
    pub parent: String,
    /// The names of the modules, sorted.
    pub names: Vec<String>,
    /// For each use between two of them: who uses whom, and where it is written first.
    pub uses: Vec<String>,
}

impl fmt::Display for Circle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {} use each other",
            self.parent,
            self.names.join(", ")
        )?;
        for used in &self.uses {
            write!(f, "\n    {used}")?;
        }
        Ok(())
    }
}

/// Finds every circle of a crate.
pub fn circles(modules: &Modules) -> Vec<Circle> {
    /// Who uses whom of one parent's children, and by which use.
    type Level<'u, 'm> = BTreeMap<&'m str, BTreeMap<&'m str, &'u Use>>;

    let uses = modules.uses();
    let mut levels: BTreeMap<Vec<&str>, Level<'_, '_>> = BTreeMap::new();
    for used in &uses {
        let (from, to) = (modules.path(used.from), modules.path(used.to));
        let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
        // A module and one that holds it.
        if common == from.len() || common == to.len() {
            continue;
        }
        let level = levels.entry(from[..common].to_vec()).or_default();
        let targets = level.entry(from[common]).or_default();
        targets.entry(to[common]).or_insert(used);
    }
    let mut circles = Vec::new();
    for (parent, level) in levels {
        let reach: BTreeMap<&str, BTreeSet<&str>> = level
            .keys()
            .map(|&name| (name, reached(&level, name)))
            .collect();
        let mut seen = BTreeSet::new();
        for (&name, reached) in &reach {
            if !reached.contains(name) || seen.contains(name) {
                continue;
            }
            let is_in_circle = |other: &&str| {
                reached.contains(other) && reach.get(other).is_some_and(|back| back.contains(name))
            };
            let names: Vec<&str> = reach.keys().copied().filter(is_in_circle).collect();
            seen.extend(names.iter().copied());
            let mut uses = Vec::new();
            for from in &names {
                for (to, used) in &level[from] {
                    if names.contains(to) {
                        uses.push(format!("{from} → {to}: {} at {}", used.path, used.place));
                    }
                }
            }
            circles.push(Circle {
                parent: [&["crate"], &parent[..]].concat().join("::"),
                names: names.into_iter().map(str::to_owned).collect(),
                uses,
            });
        }
    }
    circles
}

/// Everything that a module uses, directly or not; itself only if it is in a circle.
fn reached<'m, T>(
    level: &BTreeMap<&'m str, BTreeMap<&'m str, T>>,
    from: &str,
) -> BTreeSet<&'m str> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<&str> = vec![from];
    while let Some(name) = open.pop() {
        for &next in level.get(name).into_iter().flat_map(BTreeMap::keys) {
            if reached.insert(next) {
                open.push(next);
            }
        }
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::circles;
    use crate::modules::Modules;
    use std::path::Path;

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let read = |path: &Path| {
            let found = files.iter().find(|(name, _)| Path::new(name) == path);
            found.map(|(_, text)| (*text).to_owned())
        };
        let modules = Modules::read(Path::new("lib.rs"), &read).unwrap();
        let circles = circles(&modules);
        circles.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_tree_with_arrows_one_way_has_no_circle() {
        let found = found(&[
            ("lib.rs", "mod a; mod b; pub use a::A; pub struct Root(A);"),
            (
                "a.rs",
                "mod deep; use crate::b::B; pub struct A; use deep::D;",
            ),
            ("a/deep.rs", "use super::A; use crate::Root; pub struct D;"),
            ("b.rs", "pub struct B; fn f() -> crate::Root { todo!() }"),
        ]);
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn a_circle_is_found_through_what_the_parent_exports_again() {
        let found = found(&[
            ("lib.rs", "mod page; mod memory; pub use page::Page;"),
            (
                "page.rs",
                "use crate::memory; pub struct Page;\nfn f() { memory::draw() }",
            ),
            ("memory.rs", "\nuse crate::Page; pub fn draw() {}"),
        ]);
        assert_eq!(
            found,
            ["crate: memory, page use each other\n    \
              memory → page: crate::Page at memory.rs:2\n    \
              page → memory: crate::memory at page.rs:1"]
        );
    }

    #[test]
    fn a_circle_of_more_than_two_is_one() {
        let found = found(&[
            ("lib.rs", "mod station; mod worker; mod study; mod camera;"),
            ("station.rs", "use crate::worker::W;"),
            (
                "worker.rs",
                "use crate::study::one::S; use crate::camera::C;",
            ),
            ("study.rs", "mod one; mod two;"),
            ("study/one.rs", "use super::two::T; pub struct S;"),
            ("study/two.rs", "pub struct T(crate::station::Desk);"),
            ("camera.rs", "pub struct C;"),
        ]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("crate: station, study, worker use each other\n"));
    }

    #[test]
    fn a_circle_below_the_root_is_found_at_its_own_level() {
        let found = found(&[
            ("lib.rs", "mod picture;"),
            ("picture.rs", "mod header; mod vector; mod other;"),
            (
                "picture/header.rs",
                "fn f() { vec![super::vector::width()]; }",
            ),
            ("picture/vector.rs", "use super::header::Header;"),
            ("picture/other.rs", "use super::{header, vector};"),
        ]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("crate::picture: header, vector use each other\n"));
    }
}
