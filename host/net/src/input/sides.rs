//! Rows and columns as a user writes them.

use std::str::FromStr;

/// Rows and columns: `224x320`, or `224` for both; `None` where one is not a number.
///
/// ```
/// use cortexscope_net::input::sides;
///
/// assert_eq!(sides::<usize>("224x320"), Some([224, 320]));
/// assert_eq!(sides::<u16>("7"), Some([7, 7]));
/// assert_eq!(sides::<u16>("7x"), None);
/// ```
pub fn sides<T: FromStr>(text: &str) -> Option<[T; 2]> {
    let (rows, columns) = text.split_once('x').unwrap_or((text, text));
    Some([rows.parse().ok()?, columns.parse().ok()?])
}
