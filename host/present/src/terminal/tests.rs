//! The report on terminals of different kinds.

use super::*;
use crate::report::sample;

fn written(style: Style) -> String {
    let mut out = Vec::new();
    report(&mut out, style, &sample::data()).expect("memory takes it all");
    String::from_utf8(out).expect("UTF-8")
}

#[test]
fn plain_output_is_ascii_and_reads_well() {
    let text = written(Style {
        colour: false,
        unicode: false,
        width: 100,
    });
    assert!(text.is_ascii(), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn unicode_without_colour_has_no_escapes() {
    let text = written(Style {
        colour: false,
        unicode: true,
        width: 100,
    });
    assert!(!text.contains('\u{1b}'));
    insta::assert_snapshot!(text);
}

#[test]
fn colours_end_where_their_line_ends() {
    let text = written(Style {
        colour: true,
        unicode: true,
        width: 100,
    });
    for line in text.lines().filter(|line| line.contains('\u{1b}')) {
        assert_eq!(
            line.rsplit('\u{1b}').next().map(|end| &end[..3]),
            Some("[0m"),
            "{line:?}"
        );
    }
    insta::assert_snapshot!(text.replace('\u{1b}', "ESC"));
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    for width in [60, 80, 120, 200] {
        for unicode in [false, true] {
            let text = written(Style {
                colour: false,
                unicode,
                width,
            });
            for line in text.lines() {
                let long = line.chars().count();
                assert!(long <= width, "{long} of {width}: {line:?}");
            }
        }
    }
}
