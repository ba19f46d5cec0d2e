//! The page as text: what it says, what it needs, and what it never says.

use super::*;

/// The page without style and embedded pictures, an element to a line.
fn outline(html: &str) -> String {
    let mut rest = html.to_owned();
    for (open, close) in [("<style>", "</style>"), ("data:image/png;base64,", "\"")] {
        let mut kept = String::new();
        while let Some(begin) = rest.find(open) {
            let end = begin + open.len() + rest[begin + open.len()..].find(close).expect(close);
            kept.push_str(&rest[..begin + open.len()]);
            kept.push('…');
            rest = rest[end..].to_owned();
        }
        rest = kept + &rest;
    }
    rest.replace("><", ">\n<")
}

#[test]
fn the_page_reads_as_it_should() {
    let html = html(&sample::data()).expect("a page");
    insta::assert_snapshot!(outline(&html));
}

#[test]
fn the_page_needs_nothing_but_itself() {
    let html = html(&sample::data()).expect("a page");
    let without_namespace = html.replace("http://www.w3.org/2000/svg", "");
    for reference in [
        "http:", "https:", "src=\"", "url(/", "@import", "<script", "<link",
    ] {
        assert!(!without_namespace.contains(reference), "{reference}");
    }
}

#[test]
fn every_link_has_its_target_and_every_picture_its_words() {
    let html = html(&sample::data()).expect("a page");
    let targets: Vec<&str> = html
        .split("href=\"#")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap_or(""))
        .collect();
    assert!(targets.len() > 6);
    for target in targets {
        assert_eq!(
            html.matches(&format!("id=\"{target}\"")).count(),
            1,
            "{target}"
        );
    }
    let pictures = html.matches("<svg ").count();
    assert!(pictures > 8);
    assert_eq!(html.matches("role=\"img\" aria-label=\"").count(), pictures);
    assert!(!html.contains("aria-label=\"\""));
    let headers = html.matches("<th").count() - html.matches("<thead").count();
    assert_eq!(html.matches(" scope=\"").count(), headers);
}

#[test]
fn an_emulated_board_has_no_time() {
    let html = html(&sample::data()).expect("a page");
    // The name of a kernel ends like a unit.
    let text = outline(&html).replace("pooled sums", "");
    for unit in ["ms<", " ms", "µs", "seconds", "fps"] {
        assert!(!text.contains(unit), "{unit}");
    }
    assert!(text.contains("instructions"));
}

#[test]
fn names_from_a_model_cannot_leave_their_element() {
    let mut data = sample::data();
    data.run.model = "<script>alert(1)</script>".to_owned();
    data.trials[0].name = "\"><img src=x>".to_owned();
    data.trials[0].layers[1].layer = "</svg><script>".to_owned();
    let html = html(&data).expect("a page");
    assert!(!html.contains("<script") && !html.contains("<img"));
}

#[test]
fn values_that_do_not_fit_their_shape_are_refused() {
    let mut data = sample::data();
    data.trials[0].layers[1].values.pop();
    assert!(matches!(html(&data), Err(PictureError::ValueCount { .. })));
}

#[test]
fn a_board_that_cannot_count_has_no_empty_columns() {
    let mut data = sample::data();
    data.run.counter = Counter::Nothing;
    data.run.emulated = false;
    let text = outline(&html(&data).expect("a page"));
    assert!(text.contains("This board counts neither instructions nor cycles."));
    assert!(!text.contains("not counted"));
    assert!(!text.contains("most per MAC"));
}
