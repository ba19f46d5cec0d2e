//! The chapter on attributions has every method of the program.

use cortexscope_explain::attribute::METHODS;

/// What the chapter says of each method.
const ADVICE: [&str; 2] = ["- **Use it when** ", "- **Do not trust it when** "];

#[test]
fn every_method_has_its_use_and_its_limits() {
    let page = include_str!("../../../../docs/maps-and-attributions.md");
    for method in METHODS {
        let heading = format!("\n### `{method}`\n");
        let (_, after) = page
            .split_once(&heading)
            .unwrap_or_else(|| panic!("no section on {method}"));
        let section = after.split("\n#").next().unwrap_or_default();
        for advice in ADVICE {
            assert!(section.contains(advice), "{method}: no `{advice}`");
        }
    }
    let sections = page.matches("\n### `").count();
    assert_eq!(sections, METHODS.len(), "a section on no method");
}

#[test]
fn the_first_page_counts_the_methods() {
    let page = include_str!("../../../../README.md");
    let count = format!("{} attributions", METHODS.len());
    assert!(page.contains(&count), "README.md does not say {count}");
}
