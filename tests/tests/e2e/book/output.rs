//! What a page shows of a command's output, compared with the output.

/// Stands for any text in a line, and alone in a line for any lines.
const ELISION: &str = "…";

/// Whether `output` is what `shown` shows of it: every line, but for elisions.
pub fn is_shown(shown: &[String], output: &[&str]) -> bool {
    let Some((first, rest)) = shown.split_first() else {
        return output.is_empty();
    };
    if first == ELISION {
        return (0..=output.len()).any(|skipped| is_shown(rest, &output[skipped..]));
    }
    match output.split_first() {
        Some((line, others)) => is_line(first, line.trim_end()) && is_shown(rest, others),
        None => false,
    }
}

/// Whether `line` is what `shown` shows of it.
pub fn is_line(shown: &str, line: &str) -> bool {
    let mut parts = shown.split(ELISION);
    let first = parts.next().unwrap_or_default();
    let Some(mut line) = line.strip_prefix(first) else {
        return false;
    };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else {
        return line.is_empty();
    };
    for part in parts {
        match line.split_once(part) {
            Some((_, rest)) => line = rest,
            None => return false,
        }
    }
    line.ends_with(last)
}

#[test]
fn an_elision_stands_for_text_or_for_lines() {
    let is = |shown: &str, output: &str| {
        let shown: Vec<String> = shown.lines().map(str::to_owned).collect();
        is_shown(&shown, &output.lines().collect::<Vec<_>>())
    };
    assert!(is("a\nb", "a\nb  "));
    assert!(!is("a", "a\nb"));
    assert!(!is("a\nb", "a"));
    assert!(is("a\n…\nd", "a\nb\nc\nd"));
    assert!(is("a\n…\nd", "a\nd"));
    assert!(!is("a\n…\nd", "a\nb\nc"));
    assert!(is("… is a 3 (… %)", "mnist:18 is a 3 (99.9 %)"));
    assert!(!is("… is a 3 (… %)", "mnist:18 is a 8 (99.9 %)"));
    assert!(!is("abc…cba", "abcba"), "the parts do not overlap");
}
