//! Every example runs and prints what it should.

use std::process::Command;

/// What a program prints.
fn printed(program: &str) -> String {
    let output = Command::new(program).output().expect("the program starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program}: {errors}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The number that stands before `after`.
fn number_before(text: &str, after: &str) -> f64 {
    let (before, _) = text
        .split_once(after)
        .unwrap_or_else(|| panic!("no `{after}`: {text}"));
    let word = before.split_whitespace().next_back().expect("a word");
    word.parse()
        .unwrap_or_else(|_| panic!("`{word}` before `{after}`: {text}"))
}

#[test]
fn infer_prints_the_class_and_every_layer() {
    let text = printed(env!("CARGO_BIN_EXE_example-infer"));
    assert!(text.contains(" is a 3 ("), "{text}");
    assert!(
        text.lines().any(|line| line.starts_with("conv1 ")),
        "{text}"
    );
}

#[test]
fn verify_finds_no_byte_that_differs() {
    let text = printed(env!("CARGO_BIN_EXE_example-verify"));
    assert_eq!(
        text.trim_end(),
        "26844 bytes of 3 images compared, 0 differ"
    );
}

#[test]
fn budget_prints_the_lectures_parameters() {
    let text = printed(env!("CARGO_BIN_EXE_example-budget"));
    let last = "lecture-lenet: 22080 parameters, 4810 bytes of arena in int8";
    assert_eq!(text.lines().last(), Some(last));
}

#[test]
fn explain_shares_out_the_whole_score() {
    let text = printed(env!("CARGO_BIN_EXE_example-explain"));
    assert!(text.contains("the attributions add up to"), "{text}");
    let score = number_before(&text, ", the attributions");
    let shared_out = number_before(&text, "\n");
    let (_, residuals) = text.split_once("the baseline: ").expect("a residual");
    let at_baseline = number_before(residuals, "\n");
    // What the paper asks of the number of steps: within 5 % (Sundararajan et al. 2017,
    // section 5).
    let whole = score - at_baseline;
    assert!((shared_out - whole).abs() < 0.05 * whole.abs(), "{text}");
}

#[test]
fn ascend_climbs() {
    let text = printed(env!("CARGO_BIN_EXE_example-ascend"));
    assert!(
        number_before(&text, " in ") > number_before(&text, " to "),
        "{text}"
    );
}

#[test]
fn replay_gives_what_was_recorded() {
    let text = printed(env!("CARGO_BIN_EXE_example-replay"));
    assert_eq!(
        text.trim_end(),
        "the recording gives the same 10 logits as the board"
    );
}
