//! All parts of a study, put together.

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use super::asked::Asked;
use super::file::{Part, ShardError, read, read_unchecked};

/// The end of the names of parts.
const SUFFIX: &str = ".part.json";

/// Parts that are of one study and have each of its inputs once.
#[derive(Clone, Debug)]
pub struct Parts {
    /// What they are parts of.
    pub asked: Asked,
    /// The command line that made the first.
    pub command: Vec<String>,
    /// Their files, in the order of their inputs.
    files: Vec<PathBuf>,
}

/// What is looked at of a part to see whether it fits.
struct Head {
    path: PathBuf,
    from: usize,
    to: usize,
}

impl Parts {
    /// The parts in the files at `paths`, or below the folders there, in any order.
    ///
    /// # Errors
    /// [`ShardError`]: they do not belong together, one is missing, twice there, or not
    /// finished.
    pub fn open(paths: &[PathBuf]) -> Result<Self, ShardError> {
        let mut first: Option<(PathBuf, Part<IgnoredAny>)> = None;
        let mut heads = Vec::new();
        for path in files(paths)? {
            let part = head(&path)?;
            if let Some((first, other)) = &first
                && let Some(what) = other.asked.difference(&part.asked)
            {
                return Err(ShardError::Foreign {
                    first: first.clone(),
                    second: path,
                    what,
                });
            }
            if !part.is_finished {
                let command = part.command;
                return Err(ShardError::Unfinished { path, command });
            }
            heads.push(Head {
                path: path.clone(),
                from: part.from,
                to: part.to,
            });
            first.get_or_insert((path, part));
        }
        let (_, Part { asked, command, .. }) = first.ok_or(ShardError::Nothing)?;
        heads.sort_by_key(|head| (head.from, head.to));
        check_cover(&heads, asked.inputs)?;
        Ok(Self {
            asked,
            command,
            files: heads.into_iter().map(|head| head.path).collect(),
        })
    }

    /// What was found and in which file, part by part in the order of the inputs; each is read
    /// when it is its turn.
    pub fn found<T>(&self) -> impl Iterator<Item = Result<(&Path, T), ShardError>>
    where
        T: Serialize + DeserializeOwned,
    {
        self.files.iter().map(|path| {
            let damaged = || ShardError::Damaged { path: path.clone() };
            let part = read::<T>(path)?.ok_or_else(damaged)?;
            Ok((path.as_path(), part.found))
        })
    }

    /// What was found in all of them, of what is `asked` now: each that `fits` is added to those
    /// before it by `join`.
    ///
    /// # Errors
    /// [`ShardError`]: what is there is not what the parts were made of, or a part is damaged.
    pub fn joined<T>(
        &self,
        asked: &Asked,
        fits: impl Fn(&T) -> bool,
        mut join: impl FnMut(&mut T, T),
    ) -> Result<T, ShardError>
    where
        T: Serialize + DeserializeOwned,
    {
        self.check(asked)?;
        let mut all: Option<T> = None;
        for part in self.found::<T>() {
            let (path, part) = part?;
            if !fits(&part) {
                let path = path.to_owned();
                return Err(ShardError::Damaged { path });
            }
            match &mut all {
                None => all = Some(part),
                Some(all) => join(all, part),
            }
        }
        all.ok_or(ShardError::Nothing)
    }

    /// Checks that what is there now, `asked`, is what the parts were made of.
    ///
    /// # Errors
    /// [`ShardError::Changed`].
    pub fn check(&self, asked: &Asked) -> Result<(), ShardError> {
        let differing = self.asked.difference(asked);
        differing.map_or(Ok(()), |what| Err(ShardError::Changed { what }))
    }
}

/// A part, of which nobody needs what it found yet.
fn head(path: &Path) -> Result<Part<IgnoredAny>, ShardError> {
    read_unchecked(path)?.ok_or_else(|| ShardError::Read {
        path: path.to_owned(),
        source: std::io::ErrorKind::NotFound.into(),
    })
}

fn check_cover(heads: &[Head], inputs: usize) -> Result<(), ShardError> {
    let missing = |from, to| ShardError::Missing { from, to, inputs };
    let mut next = 0;
    let mut last: Option<&Head> = None;
    // A shard without inputs has nothing to give, and takes nobody's place.
    for head in heads.iter().filter(|head| head.from < head.to) {
        if head.from > next {
            return Err(missing(next, head.from));
        }
        if let Some(last) = last
            && head.from < next
        {
            return Err(ShardError::Overlap {
                first: last.path.clone(),
                second: head.path.clone(),
                input: head.from,
            });
        }
        next = head.to;
        last = Some(head);
    }
    if next < inputs {
        return Err(missing(next, inputs));
    }
    Ok(())
}

/// The files that `paths` name, each once, those of a folder by their names.
fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, ShardError> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let failed = |source| ShardError::Read {
            path: path.clone(),
            source,
        };
        let mut inside = Vec::new();
        for entry in std::fs::read_dir(path).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            if entry.file_name().to_string_lossy().ends_with(SUFFIX) {
                inside.push(entry.path());
            }
        }
        inside.sort();
        files.extend(inside);
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::super::file::PartFile;
    use super::*;

    /// A part of the inputs from `from` to `to` that found their numbers.
    fn part(folder: &Path, asked: Asked, [from, to]: [usize; 2], is_finished: bool) -> PathBuf {
        let file = PartFile::new(folder, asked, vec!["top".to_owned()], from..to);
        let found: Vec<usize> = (from..to).collect();
        file.save(&found, is_finished).unwrap();
        file.path
    }

    #[test]
    fn parts_in_any_order_are_the_whole() {
        let folder = tempfile::tempdir().unwrap();
        let make = |range| part(folder.path(), Asked::sample("k 3"), range, true);
        let paths = [[6, 10], [0, 6], [6, 6]].map(make);
        for paths in [paths.to_vec(), vec![folder.path().to_owned()]] {
            let parts = Parts::open(&paths).unwrap();
            let found = parts.found::<Vec<usize>>().collect::<Result<Vec<_>, _>>();
            let found: Vec<_> = found.unwrap().into_iter().map(|(_, found)| found).collect();
            assert_eq!(found.concat(), (0..10).collect::<Vec<_>>());
            parts.check(&Asked::sample("k 3")).unwrap();
            let changed = parts.check(&Asked::sample("k 4")).unwrap_err();
            assert!(matches!(
                changed,
                ShardError::Changed { what: "parameters" }
            ));
        }
    }

    #[test]
    fn what_is_not_the_whole_is_refused_in_words() {
        let folder = tempfile::tempdir().unwrap();
        let make = |range| part(folder.path(), Asked::sample("k 3"), range, true);
        let [first, middle, last, wide] = [[0, 3], [3, 8], [8, 10], [2, 10]].map(make);
        let other = part(folder.path(), Asked::sample("k 4"), [3, 10], true);
        let half = part(folder.path(), Asked::sample("k 3"), [3, 10], false);
        let said = |paths: &[&PathBuf]| {
            let paths: Vec<_> = paths.iter().map(|&path| path.clone()).collect();
            Parts::open(&paths).unwrap_err().to_string()
        };
        let missing = said(&[&first, &last]);
        assert!(
            missing.starts_with("no part has the inputs 3 to 7 of 10"),
            "{missing}"
        );
        let missing = said(&[&first, &middle]);
        assert!(
            missing.starts_with("no part has the inputs 8 to 9 of 10"),
            "{missing}"
        );
        let twice = said(&[&wide, &first]);
        assert!(twice.contains("both have input 2:"), "{twice}");
        let twice = said(&[&first, &first, &middle, &last]);
        assert!(twice.contains("both have input 0:"), "{twice}");
        let foreign = said(&[&first, &other]);
        assert!(
            foreign.ends_with("they differ in the parameters"),
            "{foreign}"
        );
        let unfinished = said(&[&first, &half]);
        assert!(unfinished.contains("is not finished"), "{unfinished}");
        assert!(said(&[]).starts_with("there is no part"));
        assert!(said(&[&folder.path().join("none")]).starts_with("cannot read"));
    }

    /// What would not be read again is not written, and what was there stays.
    #[test]
    fn a_part_has_a_bound_on_writing_and_on_reading() {
        let folder = tempfile::tempdir().unwrap();
        let file = PartFile::new(folder.path(), Asked::sample("k 3"), Vec::new(), 0..10);
        file.save(&vec![7; 10], false).unwrap();
        let error = file.save(&vec![7; 1 << 16], true).unwrap_err().to_string();
        assert!(error.contains("run the study in more shards"), "{error}");
        assert_eq!(file.load::<Vec<usize>>().unwrap().unwrap().found, [7; 10]);
        let large = folder.path().join("large.part.json");
        let empty = std::fs::File::create(&large).unwrap();
        empty.set_len(1 << 40).unwrap();
        let error = Parts::open(&[large]).unwrap_err();
        assert!(matches!(error, ShardError::Read { .. }), "{error}");
    }

    #[test]
    fn a_part_comes_back_and_a_damaged_one_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let command = vec!["top".to_owned()];
        let file = PartFile::new(folder.path(), Asked::sample("k 3"), command.clone(), 0..10);
        assert!(file.load::<Vec<usize>>().unwrap().is_none());
        file.save(&vec![7_usize, 5], false).unwrap();
        let part = file.load::<Vec<usize>>().unwrap().unwrap();
        assert_eq!((part.found, part.is_finished), (vec![7, 5], false));
        let others = [
            PartFile::new(folder.path(), Asked::sample("k 4"), command.clone(), 0..10),
            PartFile::new(folder.path(), Asked::sample("k 3"), command, 0..9),
        ];
        assert!(others.iter().all(|other| other.path != file.path));
        let text = std::fs::read_to_string(&file.path).unwrap();
        let refused = |text: String| {
            std::fs::write(&file.path, text).unwrap();
            file.load::<Vec<usize>>().unwrap_err()
        };
        let damaged = [text.replace("[7,5]", "[7,6]"), text[..40].to_owned()];
        for text in damaged {
            assert!(matches!(refused(text), ShardError::Damaged { .. }));
        }
        let newer = refused(text.replace("\"format\":1", "\"format\":2"));
        assert!(matches!(newer, ShardError::Format { format: 2, .. }));
        file.delete().unwrap();
        file.delete().unwrap();
        assert!(file.load::<Vec<usize>>().unwrap().is_none());
    }
}
