//! Several neurons driven in both ways: the lecture's figure of stretch and one-hot images.

use super::error::ControlError;
use super::synthesise::Goal;
use super::trial::{Control, ControlKind, ControlTrial, Laboratory, Protocol, StepWatch};

/// A neuron that was driven in both ways.
#[derive(Clone, Debug, PartialEq)]
pub struct Site {
    /// The neuron.
    pub neuron: usize,
    /// Images that raise its response.
    pub stretch: ControlTrial,
    /// Images that raise its response alone.
    pub one_hot: ControlTrial,
}

/// Drives each of `neurons` in both ways. The images of the other neurons are among the controls
/// of each; so `protocol` asks for no others of its own.
///
/// # Errors
/// There is no such neuron, the fit has one neuron, a model fails, or `watch` ended the work.
pub fn sites(
    laboratory: &mut Laboratory<'_>,
    neurons: &[usize],
    protocol: &Protocol,
    watch: StepWatch<'_>,
) -> Result<Vec<Site>, ControlError> {
    let mut drive = |neuron: usize, goal: Goal| {
        let mut protocol = Protocol {
            others: 0,
            ..*protocol
        };
        protocol.settings.goal = goal;
        laboratory.drive(neuron, &protocol, watch)
    };
    let driven = neurons.iter().map(|&neuron| {
        Ok(Site {
            neuron,
            stretch: drive(neuron, Goal::Stretch)?,
            one_hot: drive(neuron, Goal::OneHot)?,
        })
    });
    let mut driven = driven.collect::<Result<Vec<_>, ControlError>>()?;
    let firsts = |of: fn(&Site) -> &ControlTrial| {
        let first = |site: &Site| {
            let image = of(site).images.first()?;
            Some((site.neuron, image.answered.picture.clone()))
        };
        driven.iter().filter_map(first).collect::<Vec<_>>()
    };
    let made = [firsts(|site| &site.stretch), firsts(|site| &site.one_hot)];
    for site in &mut driven {
        for (trial, made) in [&mut site.stretch, &mut site.one_hot]
            .into_iter()
            .zip(&made)
        {
            for (other, picture) in made.iter().filter(|(other, _)| *other != site.neuron) {
                trial.controls.push(Control {
                    kind: ControlKind::OtherNeuron,
                    of: Some(*other as u64),
                    answered: laboratory.answer(site.neuron, trial.goal, picture)?,
                });
            }
        }
    }
    Ok(driven)
}
