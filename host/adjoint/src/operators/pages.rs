//! Memory in large pages.
//!
//! A large net's weights and maps lie in thousands of small pages. A processor keeps the places of
//! some; to look up the others takes longer than to read them, and new ones are handed out one by
//! one. Linux gives pages of 2 MiB to whoever asks.

use tract_onnx::prelude::*;

/// Bytes from which large pages are asked for: some of them.
const WORTH_ASKING: usize = 8 << 20;

/// A tensor whose numbers are anything until they are written.
///
/// # Safety
/// As [`Tensor::uninitialized`].
pub(super) unsafe fn uninitialized<T: Datum>(shape: &[usize]) -> TractResult<Tensor> {
    // SAFETY: the caller promises what is asked for there.
    let mut tensor = unsafe { Tensor::uninitialized::<T>(shape)? };
    let bytes = tensor.as_bytes_mut();
    if bytes.len() >= WORTH_ASKING {
        ask(bytes);
    }
    Ok(tensor)
}

#[cfg(target_os = "linux")]
fn ask(bytes: &mut [u8]) {
    use std::ffi::{c_int, c_void};

    /// `MADV_HUGEPAGE` of Linux's `madvise(2)`.
    const LARGE: c_int = 14;
    const PAGE: usize = 4096;

    unsafe extern "C" {
        fn madvise(address: *mut c_void, length: usize, advice: c_int) -> c_int;
    }

    let before = bytes.as_ptr().align_offset(PAGE);
    let inner = bytes.get_mut(before..).unwrap_or_default();
    // SAFETY: the memory is borrowed alone, and the advice changes none of its bytes. What the
    // answer is does not matter: without large pages all is as it was.
    let _ = unsafe { madvise(inner.as_mut_ptr().cast(), inner.len() / PAGE * PAGE, LARGE) };
}

#[cfg(not(target_os = "linux"))]
fn ask(_: &mut [u8]) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_tensors_can_be_written() {
        for count in [0, 1, WORTH_ASKING / 4 - 1, WORTH_ASKING / 4 + 5000] {
            // SAFETY: the next line writes every byte.
            let mut tensor = unsafe { uninitialized::<f32>(&[count]).unwrap() };
            tensor.as_bytes_mut().fill(0);
            assert!(tensor.as_bytes().iter().all(|byte| *byte == 0));
            assert_eq!(tensor.len(), count);
        }
    }
}
