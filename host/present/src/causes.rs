//! An error and its causes as one line.

use std::error::Error;

/// What an error says, and each of its causes that has not been said by then.
pub fn in_words(error: &(dyn Error + 'static)) -> String {
    let causes = std::iter::successors(error.source(), |cause| (*cause).source());
    causes.fold(error.to_string(), |said, cause| {
        let cause = cause.to_string();
        if said.ends_with(&cause) {
            said
        } else {
            format!("{said}: {cause}")
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context;

    #[test]
    fn nothing_is_said_twice() {
        let inner = std::io::Error::other("no camera");
        let error = anyhow::Error::from(inner)
            .context("the board refused: no camera")
            .context("cannot look");
        let words = in_words(error.as_ref());
        assert_eq!(words, "cannot look: the board refused: no camera");
        let error = Err::<(), _>(std::fmt::Error).context("cannot write");
        let words = in_words(error.unwrap_err().as_ref());
        assert_eq!(words, format!("cannot write: {}", std::fmt::Error));
    }
}
