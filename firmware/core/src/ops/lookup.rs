//! Any function of one int8, as a table.

/// `output[i] = table[input[i] + 128]`, with 256 entries in `table`.
pub fn apply(table: &[i8], input: &[i8], output: &mut [i8]) {
    for (value, &x) in output.iter_mut().zip(input) {
        *value = entry(table, x);
    }
}

/// `table[x + 128]`.
pub fn entry(table: &[i8], x: i8) -> i8 {
    let index = (i16::from(x) + 128) as usize;
    table.get(index).copied().unwrap_or_default()
}
