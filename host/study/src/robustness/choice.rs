//! Which corruptions are measured, as somebody asks for it.

use super::run::RobustnessError;
use super::suite::{Corruption, Suite, suited};
use cortexscope_corrupt::{Kind, SEVERITIES};

/// A named set of corruptions, or kinds of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CorruptionChoice {
    /// The set; without one that which suits the model's input. Without meaning where there
    /// are kinds.
    pub suite: Option<Suite>,
    /// Kinds instead of a set.
    pub kinds: Vec<Kind>,
    /// Severities; none for all.
    pub severities: Vec<u8>,
    /// Whether the severities are those that the set was published with.
    pub is_published: bool,
}

/// What is measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChosenCorruptions {
    /// The name of the set; `named` for kinds that were chosen one by one.
    pub suite: &'static str,
    /// The corruptions.
    pub corruptions: Vec<Corruption>,
}

impl CorruptionChoice {
    /// The corruptions that it stands for with inputs of `[C, H, W]`.
    ///
    /// # Errors
    /// [`RobustnessError::Severity`].
    pub fn corruptions(&self, shape: [usize; 3]) -> Result<ChosenCorruptions, RobustnessError> {
        let mut severities = self.severities.iter();
        if let Some(&severity) = severities.find(|severity| !SEVERITIES.contains(severity)) {
            return Err(RobustnessError::Severity(severity));
        }
        let all: Vec<u8> = SEVERITIES.collect();
        let severities = if self.severities.is_empty() {
            &all
        } else {
            &self.severities
        };
        if !self.kinds.is_empty() {
            let kinds = self.kinds.iter();
            let corruptions = kinds.map(|&kind| Corruption::new(kind, severities));
            return Ok(ChosenCorruptions {
                suite: "named",
                corruptions: corruptions.collect(),
            });
        }
        let suite = self.suite.unwrap_or_else(|| suited(shape));
        Ok(ChosenCorruptions {
            suite: suite.name(),
            corruptions: if self.is_published {
                suite.published()
            } else {
                suite.corruptions(Some(severities))
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGIT: [usize; 3] = [1, 28, 28];

    #[test]
    fn a_choice_is_a_set_or_kinds_with_some_severities_or_all() {
        let of = |choice: &CorruptionChoice, shape| choice.corruptions(shape).unwrap();
        let all = CorruptionChoice::default();
        assert_eq!(of(&all, DIGIT).suite, "mnist-c");
        assert_eq!(of(&all, [3, 224, 224]).suite, "imagenet-c");
        let published = CorruptionChoice {
            suite: Some(Suite::MnistC),
            is_published: true,
            ..all.clone()
        };
        assert_eq!(of(&published, DIGIT).corruptions, Suite::MnistC.published());
        let named = CorruptionChoice {
            kinds: vec![Kind::Fog],
            severities: vec![5, 2],
            ..all.clone()
        };
        assert_eq!(
            of(&named, DIGIT),
            ChosenCorruptions {
                suite: "named",
                corruptions: vec![Corruption::new(Kind::Fog, &[2, 5])],
            }
        );
        let beyond = CorruptionChoice {
            severities: vec![1, 6],
            ..all
        };
        let refused = beyond.corruptions(DIGIT).unwrap_err().to_string();
        assert_eq!(refused, "--severity 6: there are severities from 1 to 5");
    }
}
