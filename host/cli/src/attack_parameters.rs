//! The parameters of `cortexscope attack`: presets, and what changes them.

use super::common::{blame, wrong};
use clap::{Args, ValueEnum};
use cortexscope_explain::attack::{DeepFool, METHODS, Method, OnePixel, Reference, Request};
use cortexscope_explain::attack::{Start, Steps};
use cortexscope_explain::float_model::FloatModel;
use cortexscope_explain::target::{ClassValue, Target};

/// What an attack takes.
#[derive(Args, Clone)]
pub(super) struct AttackArgs {
    /// Sizes of the change, in pixels from 0 to 1: 0.3, 8/255, or several with commas
    /// between [default: the preset's; 2 for the L2 methods].
    #[arg(long, value_name = "E,…", value_delimiter = ',', value_parser = fraction)]
    eps: Vec<f64>,
    /// Published values of ε, step and steps.
    #[arg(long, value_enum, default_value_t)]
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
    #[arg(long, value_name = "SHARE", default_value_t = 0.02)]
    overshoot: f64,
    /// Other classes that deepfool looks at, those with the greatest logits.
    #[arg(long, value_name = "CLASSES", default_value_t = 9)]
    rivals: usize,
    /// Candidates in each generation of one-pixel.
    #[arg(long, value_name = "CANDIDATES", default_value_t = 400)]
    population: usize,
    /// Seed of random starts and of one-pixel's evolution.
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

/// Published values.
#[derive(Clone, Copy, Default, ValueEnum)]
enum Preset {
    /// ε 0.3, 40 steps of 0.01 (Madry et al. 2018, MNIST).
    #[default]
    Mnist,
    /// ε 8/255, 7 steps of 2/255 (Madry et al. 2018, CIFAR-10).
    Cifar10,
    /// ε 4/255, steps of 1/255, as many as reach it (Kurakin et al. 2017).
    Imagenet,
}

impl Preset {
    /// ε, size and number of steps.
    fn values(self) -> (f64, f64, usize) {
        match self {
            Self::Mnist => (0.3, 0.01, 40),
            Self::Cifar10 => (8.0 / 255.0, 2.0 / 255.0, 7),
            // The lesser of ε + 4 and 1.25 ε levels.
            Self::Imagenet => (4.0 / 255.0, 1.0 / 255.0, 5),
        }
    }
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

/// ε of the L2 methods where none is given: for digits of 28×28.
const EPS_L2: f64 = 2.0;

impl AttackArgs {
    /// The sizes that were given, or the default for `method`.
    fn sizes(&self, method: &str) -> Vec<f64> {
        if !self.eps.is_empty() {
            self.eps.clone()
        } else if method.ends_with("-l2") {
            vec![EPS_L2]
        } else {
            vec![self.preset.values().0]
        }
    }

    /// One request, or one for each ε where the size of a step depends on it.
    pub fn requests(
        &self,
        method: &str,
        model: &FloatModel,
        keep: bool,
    ) -> anyhow::Result<Vec<Request>> {
        let (_, rate, count) = self.preset.values();
        let start = |usual| match self.start {
            None => usual,
            Some(StartArg::Input) => Start::Input,
            Some(StartArg::Random) => Start::Random,
        };
        let count = self.steps.unwrap_or(count);
        let steps = |rate: f64, start| Steps { rate, count, start };
        let along_sign = |usual| steps(self.step.unwrap_or(rate), start(usual));
        let target = self.target(model)?;
        let reference = match self.away_from {
            ReferenceArg::Label => Reference::Label,
            ReferenceArg::Prediction => Reference::Prediction,
        };
        let request = |method: Method, eps: Vec<f64>| Request {
            method,
            eps,
            target,
            reference,
            seed: self.seed,
            keep,
        };
        let eps = self.sizes(method);
        if let Some(wrong_one) = eps.iter().find(|eps| **eps < 0.0) {
            return Err(wrong(format!("--eps {wrong_one}: ε is a number from 0 up")));
        }
        let requests = match method {
            "fgsm" => vec![request(Method::Fgsm, eps)],
            "fgm-l2" => vec![request(Method::FgmL2, eps)],
            "bim" => vec![request(Method::Bim(along_sign(Start::Input)), eps)],
            "pgd" => vec![request(Method::Pgd(along_sign(Start::Random)), eps)],
            "pgd-l2" => {
                let of = |eps: f64| {
                    // A ball of ε 0 has no room for a step; its size does not matter.
                    let suited = if eps > 0.0 {
                        2.5 * eps / count.max(1) as f64
                    } else {
                        1.0
                    };
                    let rate = self.step.unwrap_or(suited);
                    request(Method::PgdL2(steps(rate, start(Start::Random))), vec![eps])
                };
                eps.into_iter().map(of).collect()
            }
            "deepfool" => {
                self.refuse_eps(method)?;
                let parameters = DeepFool {
                    overshoot: self.overshoot,
                    steps: self.steps.unwrap_or(DeepFool::default().steps),
                    rivals: self.rivals,
                };
                vec![request(Method::DeepFool(parameters), vec![0.0])]
            }
            "one-pixel" => {
                self.refuse_eps(method)?;
                let parameters = OnePixel {
                    population: self.population,
                    generations: self.steps.unwrap_or(OnePixel::default().generations),
                    ..OnePixel::default()
                };
                vec![request(Method::OnePixel(parameters), vec![0.0])]
            }
            other => {
                let names = METHODS.map(|info| info.name).join(", ");
                return Err(wrong(format!("{other}: the methods are {names}")));
            }
        };
        for request in &requests {
            request.check().map_err(blame)?;
        }
        Ok(requests)
    }

    fn refuse_eps(&self, method: &str) -> anyhow::Result<()> {
        if self.eps.is_empty() {
            return Ok(());
        }
        Err(wrong(format!(
            "--eps: {method} finds the size of its change itself; leave --eps out"
        )))
    }

    fn target(&self, model: &FloatModel) -> anyhow::Result<Option<usize>> {
        let Some(text) = &self.target else {
            return Ok(None);
        };
        let target = text.parse::<Target>().map_err(blame)?;
        let aim = target.aim(model, ClassValue::Logit).map_err(blame)?;
        match (target, aim.class_in(model)) {
            (Target::Class(_), Some(class)) => Ok(Some(class)),
            _ => Err(wrong(format!(
                "--target {text}: an attack leads to a class; write class:K"
            ))),
        }
    }
}

/// The names of the methods, for the command line.
pub(super) fn methods() -> clap::builder::PossibleValuesParser {
    let values =
        METHODS.map(|info| clap::builder::PossibleValue::new(info.name).help(info.summary));
    clap::builder::PossibleValuesParser::new(values)
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
