//! The parameters of `cortexscope attack`: of its methods, and of the board that judges.

use super::beside::open_compiled;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use cortexscope_explain::attack::{
    AttackChoice, DeepFool, METHODS, MethodChanges, OnePixel, Preset, Reference, Start,
};
use cortexscope_explain::float_model::FloatModel;
use cortexscope_present::adversarial::{AttackBoard, QueryChoice};
use cortexscope_record::RigChoice;
use cortexscope_rig::session::Cancel;
use cortexscope_study::attack::queries::QueryMethod;

/// What an attack takes.
#[derive(Args, Clone)]
pub(super) struct AttackArgs {
    /// Sizes of the change, in pixels from 0 to 1: 0.3, 8/255, or several with commas
    /// between [default: the preset's; 2 for the L2 methods].
    #[arg(long, value_name = "E,…", value_delimiter = ',', value_parser = fraction)]
    eps: Vec<f64>,
    /// Published values of ε, step and steps.
    #[arg(long, value_parser = presets(), default_value = Preset::default().name())]
    preset: Preset,
    /// The size of a step, as ε is measured [default: the preset's; 2.5 ε / steps for
    /// pgd-l2].
    #[arg(long, value_name = "E", value_parser = fraction)]
    step: Option<f64>,
    /// Number of steps of bim, pgd and pgd-l2. For deepfool, the greatest number of steps
    /// [default: 50]; for one-pixel, of generations [default: 100].
    #[arg(long)]
    steps: Option<usize>,
    /// Where the steps start [default: input for bim, random for pgd and pgd-l2].
    #[arg(long, value_enum)]
    start: Option<StartArg>,
    /// The class that the input is to be taken for: class:K [default: any other].
    #[arg(long, value_name = "TARGET")]
    target: Option<String>,
    /// The class that an attack without target leads away from.
    #[arg(long, value_enum, default_value_t)]
    away_from: ReferenceArg,
    /// By which share deepfool lengthens its change at the end.
    #[arg(long, value_name = "SHARE", default_value_t = DeepFool::default().overshoot)]
    overshoot: f64,
    /// Other classes that deepfool looks at, those with the greatest logits.
    #[arg(long, value_name = "CLASSES", default_value_t = DeepFool::default().rivals)]
    rivals: usize,
    /// Candidates in each generation of one-pixel.
    #[arg(long, value_name = "CANDIDATES", default_value_t = OnePixel::default().population)]
    population: usize,
    /// Seed of random starts and of one-pixel's evolution.
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

#[derive(Clone, Copy, ValueEnum)]
enum StartArg {
    Input,
    Random,
}

#[derive(Clone, Copy, Default, ValueEnum)]
enum ReferenceArg {
    /// The input's label; its prediction where it has none.
    #[default]
    Label,
    /// What the model predicts: the attack knows no label.
    Prediction,
}

impl AttackArgs {
    /// The attack that was asked for, by `method`.
    pub fn choice(&self, method: &str) -> AttackChoice {
        AttackChoice {
            method: method.to_owned(),
            eps: self.eps.clone(),
            changes: MethodChanges {
                preset: self.preset,
                step: self.step,
                steps: self.steps,
                start: self.start.map(|start| match start {
                    StartArg::Input => Start::Input,
                    StartArg::Random => Start::Random,
                }),
                overshoot: Some(self.overshoot),
                rivals: Some(self.rivals),
                population: Some(self.population),
            },
            target: self.target.clone(),
            reference: match self.away_from {
                ReferenceArg::Label => Reference::Label,
                ReferenceArg::Prediction => Reference::Prediction,
            },
            seed: self.seed,
        }
    }
}

/// The board, and the attack by queries to it.
#[derive(Args, Clone)]
pub(super) struct TransferArgs {
    /// Judge the examples on this board's int8 network too, and make others on that: by
    /// straight-through gradients, and by queries to the board. The float model judges them.
    #[arg(long, requires = "data", help_heading = "Board")]
    pub board: Option<String>,
    /// The attack by queries.
    #[arg(long, value_enum, default_value_t, help_heading = "Board")]
    query_method: QueryMethodArg,
    /// Queries to the board for an input at most.
    #[arg(long, value_name = "N", default_value_t = 300, help_heading = "Board")]
    queries: u64,
}

/// The attacks by queries.
#[derive(Clone, Copy, Default, ValueEnum)]
enum QueryMethodArg {
    /// Squares of ±ε, kept where they help (Andriushchenko et al. 2020).
    #[default]
    Square,
    /// A gradient estimated from normally distributed changes (Ilyas et al. 2018).
    Nes,
    /// The same from changes of ±1 (Uesato et al. 2018).
    Spsa,
}

impl TransferArgs {
    /// The board that was named, with the compiled model beside `model`; says what was assumed
    /// of that. `cancel` ends what is asked of it.
    pub fn board(
        &self,
        model: &FloatModel,
        cancel: &Cancel,
    ) -> anyhow::Result<Option<AttackBoard>> {
        let Some(board) = &self.board else {
            return Ok(None);
        };
        Ok(Some(AttackBoard {
            choice: RigChoice::of(board, &model.name),
            files: open_compiled(model)?,
            cancel: cancel.clone(),
        }))
    }

    /// The attack by queries.
    pub fn queries(&self) -> QueryChoice {
        QueryChoice {
            method: match self.query_method {
                QueryMethodArg::Square => QueryMethod::Square,
                QueryMethodArg::Nes => QueryMethod::Nes,
                QueryMethodArg::Spsa => QueryMethod::Spsa,
            },
            most: self.queries,
        }
    }
}

/// The names of the methods, for the command line.
pub(super) fn methods() -> PossibleValuesParser {
    let values = METHODS.map(|info| PossibleValue::new(info.name).help(info.summary));
    PossibleValuesParser::new(values)
}

/// The presets, for the command line.
fn presets() -> impl TypedValueParser<Value = Preset> {
    let values = Preset::ALL;
    let values = values.map(|preset| PossibleValue::new(preset.name()).help(preset.summary()));
    PossibleValuesParser::new(values).map(|name| Preset::named(&name).unwrap_or_default())
}

/// `0.3` or `8/255`.
fn fraction(text: &str) -> Result<f64, String> {
    let number = |part: &str| {
        let value = part.trim().parse::<f64>().ok();
        value
            .filter(|value| value.is_finite())
            .ok_or(format!("{part:?} is not a number"))
    };
    match text.split_once('/') {
        None => number(text),
        Some((above, below)) => {
            let below = number(below)?;
            if below == 0.0 {
                return Err(format!("{text:?} divides by 0"));
            }
            Ok(number(above)? / below)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::fraction;

    #[test]
    fn sizes_are_numbers_or_levels_of_255() {
        assert_eq!(fraction("0.3"), Ok(0.3));
        assert_eq!(fraction("8/255"), Ok(8.0 / 255.0));
        for text in ["", "x", "1/0", "1/x", "inf", "nan"] {
            assert!(fraction(text).is_err(), "{text:?}");
        }
    }
}
