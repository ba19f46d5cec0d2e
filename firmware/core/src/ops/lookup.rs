//! Any function of one int8, as a table.

/// `output[i] = table[input[i] + 128]`, with 256 entries in `table`.
pub fn apply(table: &[i8], input: &[i8], output: &mut [i8]) {
    for (value, &x) in output.iter_mut().zip(input) {
        let index = (i16::from(x) + 128) as usize;
        *value = table.get(index).copied().unwrap_or_default();
    }
}
