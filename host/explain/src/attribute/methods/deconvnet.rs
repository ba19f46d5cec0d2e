//! The deconvnet (Zeiler and Fergus 2014, section 2.1): activations of one map,
//! sent back to the pixels.

use crate::attribute::argument::{Argument, ArgumentKind, Choice};
use crate::attribute::attribution::Attribution;
use crate::attribute::backward::Rules;
use crate::attribute::error::ExplainError;
use crate::attribute::method::{Explainer, MethodInfo, ParameterValue, Parameters, ValueKind};
use crate::attribute::run::Run;
use crate::target::Quantity;
use cortexscope_net::scores::first_greatest;

/// The deconvnet.
pub(super) const INFO: MethodInfo = MethodInfo {
    name: "deconvnet",
    summary: "Activations of one map, sent back by the switches of max-pooling; rectifiers pass only what is positive.",
    paper: "Zeiler and Fergus 2014, section 2.1",
    arguments: &[START],
    build: |arguments| {
        let start = DeconvnetStart::ALL[arguments.choice(&START)?];
        Ok(Deconvnet { start }.into())
    },
};

const START: Argument = Argument {
    name: "start",
    help: "Which part of the target's map is sent back.",
    kind: ArgumentKind::Choice(&[
        Choice {
            name: "strongest",
            help: "The strongest activation alone, as in the paper",
        },
        Choice {
            name: "map",
            help: "The whole map",
        },
    ]),
    default: "strongest",
};

/// The deconvnet and where it begins.
#[derive(Clone, Copy, Debug)]
pub struct Deconvnet {
    /// Which part of the target's map is sent back.
    pub start: DeconvnetStart,
}

/// Which part of the target's map is sent back through the deconvnet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeconvnetStart {
    /// The strongest activation of the map alone, with its value, as in the
    /// paper: "we set all other activations in the layer to zero".
    Strongest,
    /// Every activation of the map, with its value.
    Map,
}

impl DeconvnetStart {
    /// In the order of the choices.
    const ALL: [Self; 2] = [Self::Strongest, Self::Map];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Strongest => "strongest",
            Self::Map => "map",
        }
    }
}

impl Explainer for Deconvnet {
    fn info(&self) -> &'static MethodInfo {
        &INFO
    }

    /// Sends activations back: unpooling by switches, rectification of the signal
    /// itself, filters transposed. It begins with the activations' own values.
    fn run(&self, run: &mut Run<'_>) -> Result<Attribution, ExplainError> {
        let (input, aim) = (run.input, run.aim);
        let layer = run.layer()?;
        let mut seed = vec![0.0; layer.len()];
        let strongest = match aim.what {
            Quantity::Value(index) | Quantity::Softmax(index) => {
                seed[index] = layer[index];
                Some(index)
            }
            Quantity::Sum(channel) => {
                let positions = aim.shape[1] * aim.shape[2];
                let map = channel * positions..(channel + 1) * positions;
                match self.start {
                    DeconvnetStart::Map => {
                        seed[map.clone()].copy_from_slice(&layer[map]);
                        None
                    }
                    DeconvnetStart::Strongest => {
                        let first = map.start;
                        let best = first + first_greatest(&layer[map]).unwrap_or_default();
                        seed[best] = layer[best];
                        Some(best)
                    }
                }
            }
        };
        let backward = run.backward(Rules::Deconvnet)?;
        let pass = backward.run_from(input, aim, &seed)?;
        let attribution = Attribution::whole(run.model, pass.score, pass.gradient);
        Ok(match strongest {
            Some(index) => {
                let at = index % (aim.shape[1] * aim.shape[2]);
                attribution.with([
                    ("activation sent back", f64::from(layer[index])),
                    ("its row", (at / aim.shape[2]) as f64),
                    ("its column", (at % aim.shape[2]) as f64),
                ])
            }
            None => attribution,
        })
    }

    fn variant(&self) -> String {
        self.start.name().to_owned()
    }

    fn statement(&self) -> String {
        let start = match self.start {
            DeconvnetStart::Strongest => "from the strongest activation alone",
            DeconvnetStart::Map => "from the whole map",
        };
        format!("switches of max-pooling, {start}")
    }

    fn parameters(&self) -> Parameters {
        let start = self.start.name().to_owned();
        vec![("start", ParameterValue::Text(start))]
    }

    fn values(&self) -> ValueKind {
        ValueKind::Signals
    }

    fn begins_in_a_map(&self) -> bool {
        true
    }
}
