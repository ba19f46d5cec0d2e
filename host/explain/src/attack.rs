//! Adversarial examples: changes of a picture, small as a norm measures them, after which
//! a network takes it for something else (Szegedy et al. 2014; Goodfellow et al. 2015).
//!
//! Everything happens in pixels from 0 to 1, before the model's own normalisation: ε is
//! one of their units, and pictures are clipped to them. What is judged is the picture in
//! 8 bits that can be saved. The loss is the cross-entropy on logits.
//!
//! Layers, from the bottom up: `pixels`, `objective` and `ball` are the domain, the loss
//! and the permitted changes; a `victim` is the model on plans that are made once; a file
//! for each method, and `changes` is what may be chosen of them; `example` attacks one input and
//! `survey` a set of them; `choice` is an attack as somebody asks for it.

mod ascent;
mod ball;
mod changes;
mod choice;
mod deepfool;
mod example;
mod fgm_l2;
mod fgsm;
mod found;
mod method;
mod objective;
mod one_pixel;
mod pixels;
mod projected;
mod single_step;
mod survey;
#[cfg(test)]
mod tests;
mod victim;

pub use ascent::{Start, Steps};
pub use ball::{Ball, Norm};
pub use changes::{MethodChanges, Preset};
pub use choice::{AttackChoice, AttackChoiceError};
pub use deepfool::DeepFool;
pub use example::{Example, attack};
pub use found::{ChangedPicture, MethodInfo, Slopes};
pub use method::{METHODS, Method, find};
pub use objective::{Goal, Loss, Objective, log_odds, margin};
pub use one_pixel::OnePixel;
pub use pixels::{Pixels, levels, of_levels};
pub use survey::{Attempt, Begun, Outcome, Reference, Request, Row, Sample, Survey, survey};
pub use victim::{Judge, Judged, Pass, Stop, Victim, WayUp};
