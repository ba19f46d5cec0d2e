//! Finds the module that a path leads to.

use super::Modules;

/// How often a name may be exported again on the way to its definition.
const LONGEST_CHAIN: usize = 16;

impl Modules {
    /// Gives the module that a path, written in the module `from`, leads to: where the
    /// name is defined. `None`: it leads out of the crate, or is a local name.
    pub(super) fn resolve(&self, from: usize, path: &[String]) -> Option<usize> {
        self.follow(from, path, LONGEST_CHAIN, false)
    }

    fn follow(&self, from: usize, path: &[String], left: usize, is_import: bool) -> Option<usize> {
        let left = left.checked_sub(1)?;
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" => Some(self.walk(0, rest, left)),
            "self" => Some(self.walk(from, rest, left)),
            "super" => {
                let (mut at, mut rest) = (self.modules[from].parent?, rest);
                while let Some((_, after)) = rest.split_first().filter(|(name, _)| *name == "super")
                {
                    (at, rest) = (self.modules[at].parent?, after);
                }
                Some(self.walk(at, rest, left))
            }
            name => self.step(from, name, rest, left, is_import),
        }
    }

    /// Goes down from a module as far as the path names modules or what they export.
    fn walk(&self, at: usize, path: &[String], left: usize) -> usize {
        let Some((first, rest)) = path.split_first() else {
            return at;
        };
        self.step(at, first, rest, left, true).unwrap_or(at)
    }

    /// Where `name::rest` leads to from a module: a child of it, or a name that it
    /// imports. `is_module`: where `name` stands alone, it may still be a module.
    fn step(
        &self,
        at: usize,
        name: &str,
        rest: &[String],
        left: usize,
        is_module: bool,
    ) -> Option<usize> {
        let module = &self.modules[at];
        if let Some(&child) = module.children.get(name) {
            // A name alone, in code, may be a variable that is called like a module.
            if is_module || !rest.is_empty() {
                return Some(self.walk(child, rest, left));
            }
        }
        let import = module
            .imports
            .iter()
            .find(|import| import.name.as_deref() == Some(name));
        if let Some(import) = import {
            let path: Vec<String> = import.path.iter().chain(rest).cloned().collect();
            // An import of another crate begins with that crate's name.
            return if path[0] == name {
                None
            } else {
                self.follow(at, &path, left, true)
            };
        }
        if module.items.contains(name) {
            return None;
        }
        let left = left.checked_sub(1)?;
        let stars = module.imports.iter().filter(|import| import.name.is_none());
        stars
            .filter_map(|star| self.follow(at, &star.path, left, true))
            .filter(|&target| target != at)
            .find_map(|target| {
                let exports = &self.modules[target];
                if exports.items.contains(name) {
                    return Some(target);
                }
                if exports.children.contains_key(name) && rest.is_empty() && !is_module {
                    return None;
                }
                self.step(target, name, rest, left, true)
            })
    }
}
