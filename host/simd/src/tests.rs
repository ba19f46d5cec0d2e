//! Every kernel against a slow, obvious twin, over random shapes, strides, paddings and
//! extreme values, for every instruction set that this processor has.
//!
//! The kernels are the same text for all of them, so that what is special about bytes four
//! at a time is tested everywhere, by a plain model of that one instruction.

mod bytes_model;
mod models;
mod twins;

use crate::instructions::Instructions;
use crate::instructions::portable::Portable;
use bytes_model::BytesModel;

/// Runs the same test for all instruction sets.
trait ForEach {
    fn run<I: Instructions>(&self, instructions: I);
}

fn for_each(test: &impl ForEach) {
    test.run(Portable);
    test.run(BytesModel);
    #[cfg(target_arch = "x86_64")]
    {
        if let Some(avx2) = crate::instructions::avx2::Avx2::detect() {
            test.run(avx2);
        }
        if let Some(vnni) = crate::instructions::vnni::Vnni::detect() {
            test.run(vnni);
        }
    }
}
