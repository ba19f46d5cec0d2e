//! Which corruptions are measured.

use cortexscope_corrupt::{IMAGENET_C, Kind, MNIST_C, SEVERITIES};

/// A kind with the severities that are measured of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Corruption {
    /// The kind.
    pub kind: Kind,
    /// From 1 to 5, each once; a kind without severities has 1 alone.
    pub severities: Vec<u8>,
}

impl Corruption {
    /// A kind with some severities, as far as it has any.
    pub fn new(kind: Kind, severities: &[u8]) -> Self {
        let mut severities = severities.to_vec();
        severities.sort_unstable();
        severities.dedup();
        if !kind.has_severities() {
            severities = vec![1];
        }
        Self { kind, severities }
    }
}

/// A named set of corruptions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suite {
    /// The 15 of ImageNet-C.
    ImageNetC,
    /// The 15 of MNIST-C.
    MnistC,
}

impl Suite {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::ImageNetC => "imagenet-c",
            Self::MnistC => "mnist-c",
        }
    }

    /// Its kinds with these severities, or with all.
    pub fn corruptions(self, severities: Option<&[u8]>) -> Vec<Corruption> {
        let all: Vec<u8> = SEVERITIES.collect();
        let severities = severities.unwrap_or(&all);
        let kinds: Vec<Kind> = match self {
            Self::ImageNetC => IMAGENET_C.to_vec(),
            Self::MnistC => MNIST_C.map(|(kind, _)| kind).to_vec(),
        };
        let corruptions = kinds.into_iter();
        corruptions
            .map(|kind| Corruption::new(kind, severities))
            .collect()
    }

    /// Its kinds with the severities that its data set has: for MNIST-C one each.
    pub fn published(self) -> Vec<Corruption> {
        match self {
            Self::ImageNetC => self.corruptions(None),
            Self::MnistC => MNIST_C
                .iter()
                .map(|&(kind, severity)| Corruption::new(kind, &[severity]))
                .collect(),
        }
    }
}

/// The set for inputs of `[C, H, W]`: MNIST-C for what has the size of a digit, else
/// ImageNet-C.
pub fn suited(shape: [usize; 3]) -> Suite {
    if shape == [1, 28, 28] {
        Suite::MnistC
    } else {
        Suite::ImageNetC
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suites_have_fifteen_kinds_and_published_severities() {
        for suite in [Suite::ImageNetC, Suite::MnistC] {
            assert_eq!(suite.corruptions(None).len(), 15);
        }
        let rows = |list: Vec<Corruption>| list.iter().map(|c| c.severities.len()).sum::<usize>();
        assert_eq!(rows(Suite::ImageNetC.published()), 75);
        // Eleven kinds with five severities and four without.
        assert_eq!(rows(Suite::MnistC.corruptions(None)), 59);
        assert_eq!(rows(Suite::MnistC.published()), 15);
        assert_eq!(Corruption::new(Kind::Fog, &[5, 2, 5]).severities, [2, 5]);
        assert_eq!(Corruption::new(Kind::Stripe, &[5, 2]).severities, [1]);
    }
}
