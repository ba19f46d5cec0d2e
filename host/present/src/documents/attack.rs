//! The documents of `cortexscope attack`, which are also its receipts.

use super::Document;
use cortexscope_explain::attack::{
    Example, Goal, Method, Norm, Outcome, Reference, Request, Row, Start, Survey,
};
use cortexscope_explain::float_model::FloatModel;
use cortexscope_net::described;

described! {
    /// A set of inputs, attacked. Sizes are in pixels from 0 to 1, before the model's own
    /// normalisation. Pictures are clipped to valid pixels and judged in 8 bits.
    pub struct Attack {
        /// Version of the program.
        pub version: String,
        /// What was attacked, and how.
        #[serde(flatten)]
        pub setup: Setup,
        /// The set of inputs.
        pub data: String,
        /// Path of the picture with accuracy against ε; `null` for a method that takes no ε.
        /// Where parts were joined, from the folder of this document.
        pub picture: Option<String>,
        /// One row for each ε.
        pub results: Vec<AttackRow>,
        /// For each input the smallest size of change that succeeded, as `norm` measures it:
        /// the smallest ε of those tried, or for a method that takes no ε the size of its
        /// change before rounding. 0 for an input that was wrong before, `null`
        /// where none was found.
        pub smallest: Vec<Option<f64>>,
        /// The inputs, in the order of the set.
        pub inputs: Vec<AttackedInput>,
        /// Whether examples that were made on one network fool the other; `null` without
        /// `--board`.
        pub transfer: Option<Transfer>,
        /// What the reader has to know, and what to try.
        pub notes: Vec<String>,
        /// Seconds that it took; `null` where parts
        /// were joined, so that the document does not depend on their number.
        pub seconds: Option<f64>,
    }

    /// What was attacked, and how.
    pub struct Setup {
        /// The network's name.
        pub model: String,
        /// SHA-256 of the ONNX file that was attacked, in hexadecimal: the float one, or the int8
        /// one where `gradients` is `straight-through`.
        pub model_sha256: String,
        /// Which network was attacked: `float`, or `straight-through` for the int8 network,
        /// whose values are the board's and whose derivatives go straight through rounding.
        pub gradients: String,
        /// How pixels become numbers.
        pub preprocessing: String,
        /// The method.
        pub method: String,
        /// Where it was published.
        pub paper: String,
        /// How the size of a change is measured: `l-infinity` or `l2`.
        pub norm: String,
        /// The class to lead to; `null` for an attack that leads away.
        pub target: Option<usize>,
        /// The class to lead away from: `label` or `prediction`; an input without label has
        /// its prediction. `null` with a target.
        pub away_from: Option<String>,
        /// The loss: its name, and what stands in where it has no slope.
        pub loss: String,
        /// Seed of what is random.
        pub seed: u64,
        /// Size of a step; `null` for a method that has none. Of `pgd-l2` without `--step` that of
        /// the first ε; it is in proportion to ε.
        pub step: Option<f64>,
        /// Steps, or generations, at most; `null` for a single step.
        pub steps: Option<usize>,
        /// Where steps start: `input` or `random`; `null` for a method without.
        pub start: Option<String>,
        /// DeepFool's overshoot; `null` for the others.
        pub overshoot: Option<f64>,
        /// Other classes that DeepFool looks at; `null` for the others.
        pub rivals: Option<usize>,
        /// Candidates in a generation of one-pixel; `null` for the others.
        pub population: Option<usize>,
        /// F of one-pixel's evolution; `null` for the others.
        pub weight: Option<f64>,
    }

    /// All inputs at one ε.
    pub struct AttackRow {
        /// ε in pixels from 0 to 1; `null` for a method that takes none.
        pub eps: Option<f64>,
        /// Inputs that were classified right before and still are after the attack.
        pub right: usize,
        /// Inputs.
        pub images: usize,
        /// Inputs that were classified right before.
        pub right_before: usize,
        /// Of those that were right before, the inputs whose attack succeeded: the model takes
        /// them for another class, or for the target.
        pub reached: usize,
        /// `reached` as a share of `right_before`; `null` where that is 0.
        pub success_rate: Option<f64>,
        /// Inputs whose every derivative was 0, so that the attack could do nothing.
        pub zero_gradients: usize,
        /// Inputs for which the margin of logits stood in, because the cross-entropy had no
        /// slope even in f64.
        pub by_margin: usize,
    }

    /// What became of one input.
    pub struct AttackedInput {
        /// Its name.
        pub input: String,
        /// The class that counts as right: its label, or its prediction where it has none.
        pub class: usize,
        /// The class before the attack.
        pub before: usize,
        /// The class after the attack, one for each ε.
        pub after: Vec<usize>,
    }

    /// Examples that were made on the float model and on the int8 network, judged by both.
    pub struct Transfer {
        /// The board; `host` where this program computed the board's int8 values.
        pub board: String,
        /// The same as `image_sha256`, or as `int8_onnx_sha256` where `board` is `host`.
        pub model_sha256: String,
        /// SHA-256 of the board image from byte 48 on, in hexadecimal; `null` where `board` is
        /// `host`.
        pub image_sha256: Option<String>,
        /// SHA-256 of the int8 ONNX file, which is also what the board image was made from, in
        /// hexadecimal.
        pub int8_onnx_sha256: String,
        /// The attack by queries: `square`, `nes` or `spsa`; `none` without a board.
        pub method: String,
        /// Where it was published; empty without a board.
        pub paper: String,
        /// Queries to the board for an input at most.
        pub most_queries: u64,
        /// Queries to the int8 network in all.
        pub queries: u64,
        /// For each ε two rows of the examples that were made on the float model; two of those
        /// made by queries, with a board; and two of those made by straight-through gradients
        /// of the int8 network, where the method has gradients and the compiled model lies
        /// beside the float model.
        pub rows: Vec<TransferRow>,
    }

    /// Examples that were made on one network and judged by one.
    pub struct TransferRow {
        /// ε of the examples that were made with gradients; `null` for a method that takes
        /// none.
        pub eps: Option<f64>,
        /// ε of the examples by queries, as the greatest change of a pixel.
        pub query_eps: f64,
        /// On which network they were made: `float`; `int8`, by queries; or `int8 by
        /// straight-through`.
        pub made_on: String,
        /// By which they were judged: `float` or `int8`.
        pub judged_by: String,
        /// Inputs that both networks had right before.
        pub right_on_both: usize,
        /// Those of them whose example fools the network that it was made on.
        pub examples: usize,
        /// Those examples that fool the judge, too.
        pub fooled: usize,
    }

    /// Adversarial examples of single inputs.
    pub struct Adversarial {
        /// Version of the program.
        pub version: String,
        /// What was attacked, and how.
        #[serde(flatten)]
        pub setup: Setup,
        /// One for each input and ε.
        pub examples: Vec<AdversarialExample>,
    }

    /// One input before and after an attack.
    pub struct AdversarialExample {
        /// The input as it was asked for.
        pub input: String,
        /// ε in pixels from 0 to 1; `null` for a method that takes none.
        pub eps: Option<f64>,
        /// The input's label; `null` where it has none.
        pub expected: Option<usize>,
        /// x.
        pub original: AdversarialSide,
        /// x′, in 8 bits.
        pub adversarial: AdversarialSide,
        /// Whether the attack succeeded: x′ is taken for another class, or for the target.
        pub reached: bool,
        /// The size of the change before it was rounded to 8 bits, as `norm` measures it.
        pub size: f64,
        /// The greatest change of a pixel after rounding, which adds 0.5/255 at most.
        pub greatest_change: f64,
        /// The L2 length of the change after rounding.
        pub length: f64,
        /// Derivatives that were computed.
        pub gradients: usize,
        /// Those of them that were 0 for every pixel.
        pub zero_gradients: usize,
        /// Those of them for which the margin of logits stood in.
        pub by_margin: usize,
        /// Runs of the model.
        pub queries: u64,
        /// Path of the PNG file with the three panels.
        pub picture: String,
        /// What the reader has to know, and what to try.
        pub notes: Vec<String>,
        /// Seconds that it took.
        pub seconds: f64,
    }

    /// A picture and what it is taken for.
    pub struct AdversarialSide {
        /// The class with the greatest logit.
        pub class: usize,
        /// The name of that class.
        pub label: String,
        /// That class's probability.
        pub probability: f64,
        /// Path of the `.npy` file, [C, H, W], float32, in the model's units.
        pub array: String,
        /// Path of the PNG file.
        pub picture: String,
    }
}

impl Document for Attack {
    const NAME: &'static str = "attack";
}

impl Document for Adversarial {
    const NAME: &'static str = "adversarial";
}

impl Setup {
    /// What `request` does to `model`.
    pub fn of(model: &FloatModel, request: &Request) -> Self {
        let method = &request.method;
        let info = method.info();
        let (steps, deepfool, one_pixel) = match method {
            Method::Fgsm | Method::FgmL2 => (None, None, None),
            Method::Bim(steps) | Method::Pgd(steps) | Method::PgdL2(steps) => {
                (Some(steps), None, None)
            }
            Method::DeepFool(parameters) => (None, Some(parameters), None),
            Method::OnePixel(parameters) => (None, None, Some(parameters)),
        };
        let reference = match request.reference {
            Reference::Label => "label",
            Reference::Prediction => "prediction",
        };
        let loss = match method {
            Method::DeepFool(_) => "differences of logits",
            Method::OnePixel(_) => "log-odds of the class's probability",
            _ => "cross-entropy on logits; the margin of logits where it has no slope in f64",
        };
        Self {
            model: model.name.clone(),
            model_sha256: model.sha256_hex(),
            gradients: model.gradients().to_owned(),
            preprocessing: model.spec.input.to_string(),
            method: info.name.to_owned(),
            paper: info.paper.to_owned(),
            norm: info.norm.name().to_owned(),
            target: request.target,
            away_from: request.target.is_none().then(|| reference.to_owned()),
            loss: loss.to_owned(),
            seed: request.seed,
            step: steps.map(|steps| steps.rate),
            steps: steps
                .map(|steps| steps.count)
                .or(deepfool.map(|parameters| parameters.steps))
                .or(one_pixel.map(|parameters| parameters.generations)),
            start: steps.map(|steps| {
                let start = match steps.start {
                    Start::Input => "input",
                    Start::Random => "random",
                };
                start.to_owned()
            }),
            overshoot: deepfool.map(|parameters| parameters.overshoot),
            rivals: deepfool.map(|parameters| parameters.rivals),
            population: one_pixel.map(|parameters| parameters.population),
            weight: one_pixel.map(|parameters| parameters.weight),
        }
    }
}

impl From<&Row> for AttackRow {
    fn from(row: &Row) -> Self {
        let rate = row.reached as f64 / row.right_before as f64;
        Self {
            eps: row.eps,
            right: row.right,
            images: row.images,
            right_before: row.right_before,
            reached: row.reached,
            success_rate: (row.right_before > 0).then_some(rate),
            zero_gradients: row.zero_gradients,
            by_margin: row.by_margin,
        }
    }
}

impl From<&Outcome> for AttackedInput {
    fn from(outcome: &Outcome) -> Self {
        Self {
            input: outcome.name.clone(),
            class: outcome.truth,
            before: outcome.before,
            after: outcome
                .attempts
                .iter()
                .map(|attempt| attempt.class)
                .collect(),
        }
    }
}

/// What the reader of one example has to know; `outside` values of the input were no pixels.
pub fn example_notes(example: &Example, goal: Goal, outside: usize) -> Vec<String> {
    let mut notes = Vec::new();
    if outside > 0 {
        notes.push(format!(
            "{outside} values of the input were outside the range of pixels and were clipped; check the \
             model's range, mean and std"
        ));
    }
    if example.slopes.are_flat() {
        notes.push(
            "every derivative was 0: the attack could do nothing, which is not robustness; try one-pixel, \
             or --target"
                .to_owned(),
        );
    }
    if example.slopes.by_margin > 0 {
        notes.push(
            "the cross-entropy had no slope even in f64; the margin of logits was raised instead"
                .to_owned(),
        );
    }
    if goal.is_reached(example.before.class) {
        notes.push(
            "the model already gave this answer before the attack, so the attack had nothing to do"
                .to_owned(),
        );
    } else if !example.is_reached {
        let lost = example.size > 0.0
            && Norm::Greatest.distance(&example.original, &example.changed()) == 0.0;
        notes.push(if lost {
            "rounding to 8 bits undid the whole change".to_owned()
        } else {
            "the attack failed: the model does not take x′ for what was asked; try a larger ε, more \
             steps, or another method"
                .to_owned()
        });
    }
    notes
}

/// What the reader of a survey has to know.
pub fn survey_notes(survey: &Survey) -> Vec<String> {
    let mut notes = Vec::new();
    let most = |of: &dyn Fn(&Row) -> usize| survey.rows.iter().map(of).max().unwrap_or(0);
    let images = survey.outcomes.len();
    let flat = most(&|row| row.zero_gradients);
    if flat > 0 {
        notes.push(format!(
            "{flat} of {images} inputs had no slope: every derivative was 0, and the attack left \
             them as they were. This is not robustness; try one-pixel, or --target."
        ));
    }
    let margin = most(&|row| row.by_margin);
    if margin > 0 {
        notes.push(format!(
            "for {margin} of {images} inputs the cross-entropy had no slope even in f64, and the \
             margin of logits was raised instead"
        ));
    }
    let unlabelled = survey.rows.iter().all(|row| row.right_before == 0) && images > 0;
    if unlabelled {
        notes.push(
            "no input was classified right before: check that the labels are the model's"
                .to_owned(),
        );
    }
    notes
}
