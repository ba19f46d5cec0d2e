//! Decides whether a licence expression can be satisfied.

use anyhow::{Context, Result, bail};

/// Whether `expression` (SPDX, or the older form with a slash for OR) can be
/// satisfied with licences that `is_allowed`. A licence with an exception is one
/// name, such as `Apache-2.0 WITH LLVM-exception`.
///
/// # Errors
/// It is not a licence expression.
pub fn is_satisfied(expression: &str, is_allowed: &dyn Fn(&str) -> bool) -> Result<bool> {
    let spaced = expression
        .replace('(', " ( ")
        .replace(')', " ) ")
        .replace('/', " OR ");
    let mut tokens: Vec<&str> = spaced.split_whitespace().rev().collect();
    let satisfied = any(&mut tokens, is_allowed)
        .with_context(|| format!("`{expression}` is not a licence expression"))?;
    if let Some(rest) = tokens.pop() {
        bail!("`{expression}` is not a licence expression: what is `{rest}`?");
    }
    Ok(satisfied)
}

/// `all (OR all)*`; the next token is the last one.
fn any(tokens: &mut Vec<&str>, is_allowed: &dyn Fn(&str) -> bool) -> Result<bool> {
    let mut satisfied = all(tokens, is_allowed)?;
    while tokens.pop_if(|token| *token == "OR").is_some() {
        satisfied |= all(tokens, is_allowed)?;
    }
    Ok(satisfied)
}

/// `one (AND one)*`.
fn all(tokens: &mut Vec<&str>, is_allowed: &dyn Fn(&str) -> bool) -> Result<bool> {
    let mut satisfied = one(tokens, is_allowed)?;
    while tokens.pop_if(|token| *token == "AND").is_some() {
        satisfied &= one(tokens, is_allowed)?;
    }
    Ok(satisfied)
}

/// `( any )`, `licence` or `licence WITH exception`.
fn one(tokens: &mut Vec<&str>, is_allowed: &dyn Fn(&str) -> bool) -> Result<bool> {
    match tokens.pop().context("it ends too early")? {
        "(" => {
            let satisfied = any(tokens, is_allowed)?;
            tokens
                .pop_if(|token| *token == ")")
                .context("a parenthesis stays open")?;
            Ok(satisfied)
        }
        operator @ (")" | "OR" | "AND" | "WITH") => bail!("`{operator}` where a licence should be"),
        licence if tokens.pop_if(|token| *token == "WITH").is_some() => {
            let exception = tokens.pop().context("it ends too early")?;
            Ok(is_allowed(&format!("{licence} WITH {exception}")))
        }
        licence => Ok(is_allowed(licence)),
    }
}

#[cfg(test)]
mod tests {
    use super::is_satisfied;

    fn satisfied(expression: &str) -> bool {
        is_satisfied(expression, &|licence| {
            ["MIT", "BSD-3-Clause", "Apache-2.0 WITH LLVM-exception"].contains(&licence)
        })
        .unwrap()
    }

    #[test]
    fn one_of_several_is_enough_and_all_of_several_are_needed() {
        assert!(satisfied("MIT"));
        assert!(satisfied("GPL-3.0-only OR MIT"));
        assert!(satisfied("Unlicense/MIT"));
        assert!(satisfied("(Apache-2.0 OR MIT) AND BSD-3-Clause"));
        assert!(satisfied("Apache-2.0 WITH LLVM-exception"));
        assert!(!satisfied("GPL-3.0-only"));
        assert!(!satisfied("MIT AND GPL-3.0-only"));
        assert!(!satisfied("(Apache-2.0 OR GPL-2.0-only) AND MIT"));
        assert!(!satisfied("GPL-2.0-only WITH Classpath-exception-2.0"));
    }

    #[test]
    fn and_binds_tighter_than_or() {
        assert!(satisfied("MIT OR GPL-2.0-only AND GPL-3.0-only"));
        assert!(!satisfied("GPL-2.0-only AND MIT OR GPL-3.0-only"));
    }

    #[test]
    fn what_is_no_expression_is_refused() {
        for text in [
            "",
            "MIT OR",
            "(MIT",
            "MIT)",
            "MIT Apache-2.0",
            "AND MIT",
            "MIT WITH",
        ] {
            assert!(is_satisfied(text, &|_| true).is_err(), "{text:?}");
        }
    }
}
