//! Where drives are mounted.

use std::path::PathBuf;

/// The folders at which file systems are mounted that may be a board's drive.
#[cfg(target_os = "linux")]
pub fn mounted() -> Vec<PathBuf> {
    let table = std::fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    of_table(&table)
}

/// The folders at which file systems are mounted that may be a board's drive.
#[cfg(windows)]
pub fn mounted() -> Vec<PathBuf> {
    (b'D'..=b'Z')
        .map(|letter| PathBuf::from(format!("{}:\\", char::from(letter))))
        .collect()
}

/// The folders at which file systems are mounted that may be a board's drive.
#[cfg(not(any(target_os = "linux", windows)))]
pub fn mounted() -> Vec<PathBuf> {
    let volumes = std::fs::read_dir("/Volumes").into_iter().flatten();
    volumes.flatten().map(|volume| volume.path()).collect()
}

/// The folders of FAT file systems in a table of mounts, as `/proc/self/mounts` has it:
/// device, folder, kind and more, with blanks between, and blanks in a name as `\040`.
#[cfg(any(target_os = "linux", test))]
fn of_table(table: &str) -> Vec<PathBuf> {
    let folder = |line: &str| {
        let mut words = line.split(' ').skip(1);
        let (folder, kind) = (words.next()?, words.next()?);
        let is_fat = matches!(kind, "vfat" | "msdos" | "fuseblk");
        is_fat.then(|| PathBuf::from(unescaped(folder)))
    };
    table.lines().filter_map(folder).collect()
}

/// A name with its escapes of three octal digits taken out.
#[cfg(any(target_os = "linux", test))]
fn unescaped(name: &str) -> String {
    let mut parts = name.split('\\');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let code = part
            .get(..3)
            .and_then(|digits| u8::from_str_radix(digits, 8).ok());
        match code.filter(u8::is_ascii) {
            Some(code) => {
                text.push(char::from(code));
                text.push_str(&part[3..]);
            }
            None => {
                text.push('\\');
                text.push_str(part);
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::of_table;
    use std::path::PathBuf;

    #[test]
    fn fat_file_systems_are_found_with_blanks_in_their_names() {
        let table = "\
            /dev/sda1 / ext4 rw,relatime 0 0\n\
            /dev/sdb1 /media/me/RP2350 vfat rw,nosuid 0 0\n\
            /dev/sdc1 /media/me/MY\\040STICK vfat rw 0 0\n\
            proc /proc proc rw 0 0\n\
            nonsense\n";
        let expected = ["/media/me/RP2350", "/media/me/MY STICK"].map(PathBuf::from);
        assert_eq!(of_table(table), expected);
    }
}
