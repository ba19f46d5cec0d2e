//! The networks of this project, one table each.

mod lecture_lenet;
mod lenet5;

use crate::architecture::Architecture;

pub use lecture_lenet::NAME as LECTURE_LENET;
pub use lenet5::NAME as LENET5;

/// Names that [`by_name`] knows, in the order they are listed to a user.
pub const NAMES: [&str; 2] = [LECTURE_LENET, LENET5];

/// The network of that name, if there is one.
pub fn by_name(name: &str) -> Option<Architecture> {
    match name {
        LECTURE_LENET => Some(lecture_lenet::architecture()),
        LENET5 => Some(lenet5::architecture()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_the_published_counts() {
        let count = |name| by_name(name).unwrap().parameter_count();
        assert_eq!(count("lecture-lenet"), 22_080);
        assert_eq!(count("lenet5"), 61_706);
    }

    #[test]
    fn every_listed_name_is_known_and_fits_its_head() {
        for name in NAMES {
            let network = by_name(name).unwrap();
            assert_eq!(network.name, name);
            let mut length = network.flattened_shape().len();
            for layer in &network.head {
                if let crate::architecture::Head::Dense {
                    inputs, outputs, ..
                } = *layer
                {
                    assert_eq!(inputs, length);
                    length = outputs;
                }
            }
            assert_eq!(length, 10);
        }
    }
}
