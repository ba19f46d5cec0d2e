//! Many networks in one table: a row for each architecture, its seeds together.

use super::arm::{Arm, Family, NeuronSet};
use super::evaluate::Evaluation;
use super::group::{Difference, Group, Measure};
use super::quality::Quality;

/// A network and what it was found to be.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// As the user named it.
    pub model: String,
    /// SHA-256 of its file, in hexadecimal.
    pub sha256: String,
    /// What it is a seed of.
    pub kind: Kind,
    /// Its seed.
    pub seed: u64,
    /// Values that its reconstruction is made from.
    pub code: Option<usize>,
    /// Row and column of the middle of each neuron's mask; empty where it has none.
    pub locations: Vec<[f64; 2]>,
    /// Row and column of the middle of what each neuron depends on; empty where that was not
    /// asked for.
    pub fields: Vec<Option<[f64; 2]>>,
    /// What was found.
    pub evaluation: Evaluation,
}

/// What seeds have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kind {
    /// The architecture.
    pub arm: String,
    /// Neurons that it was trained on: none, all, significant or other.
    pub neurons: &'static str,
}

/// One architecture.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// What the networks are.
    pub kind: Kind,
    /// Its networks, by their seeds.
    pub seeds: Vec<Judged>,
    /// MSE, mean PSNR and mean SSIM over the seeds; `None` where nothing is reconstructed.
    pub measures: Option<[Measure; 3]>,
    /// PSNR of the mean error, over the seeds.
    pub psnr_of_mse: Option<Measure>,
    /// The same three measures minus those of the auto-encoder alone, seed by seed.
    pub differences: Option<[Difference; 3]>,
}

/// What a network is called: `my-net-3.onnx` is seed 3 of `my-net`, and the recipe's arms are known.
pub fn kind_and_seed(model: &str) -> (Kind, u64) {
    if let Some(arm) = Arm::named(model) {
        return (Kind::of(arm), u64::from(arm.seed));
    }
    let stem = std::path::Path::new(model).file_stem();
    let stem = stem.map_or_else(
        || model.to_owned(),
        |stem| stem.to_string_lossy().into_owned(),
    );
    let all = |arm: &str| Kind {
        arm: arm.to_owned(),
        neurons: "all",
    };
    let split = stem.rsplit_once('-');
    match split.and_then(|(arm, seed)| Some((arm, seed.parse::<u64>().ok()?))) {
        Some((arm, seed)) => (all(arm), seed),
        None => (all(&stem), 0),
    }
}

impl Kind {
    /// What the seeds of a shipped arm are.
    pub fn of(arm: Arm) -> Self {
        let neurons = match arm.neurons {
            NeuronSet::None => "none",
            NeuronSet::All => "all",
            NeuronSet::Significant => "significant",
            NeuronSet::Other => "other",
        };
        let arm = match arm.family {
            Family::Dae => "DAE".to_owned(),
            Family::DaeNr(layer) => format!("DAE-NR{layer}"),
            Family::CnnFr => "CNN-FR".to_owned(),
        };
        Self { arm, neurons }
    }
}

/// Puts seeds together, in the order of their first; the row whose arm is `DAE` is what the
/// others are compared with.
pub fn table(judged: Vec<Judged>) -> Vec<Row> {
    let mut kinds: Vec<(Kind, Vec<Judged>)> = Vec::new();
    for one in judged {
        match kinds.iter_mut().find(|(kind, _)| *kind == one.kind) {
            Some((_, seeds)) => seeds.push(one),
            None => kinds.push((one.kind.clone(), vec![one])),
        }
    }
    let groups: Vec<Group> = kinds.iter().map(|(_, seeds)| group(seeds)).collect();
    let plain = kinds.iter().position(|(kind, _)| kind.arm == "DAE");
    let rows = kinds.into_iter().zip(&groups).enumerate();
    let rows = rows.map(|(at, ((kind, seeds), group))| Row {
        kind,
        seeds,
        measures: three(|of| group.measure(of)),
        psnr_of_mse: group.measure(|quality| quality.psnr_of_mse),
        differences: plain
            .filter(|&plain| plain != at)
            .and_then(|plain| three(|of| group.minus(&groups[plain], of))),
    });
    rows.collect()
}

fn three<T>(of: impl Fn(fn(&Quality) -> f64) -> Option<T>) -> Option<[T; 3]> {
    let mse = of(|quality| quality.mse)?;
    let psnr = of(|quality| quality.psnr)?;
    Some([mse, psnr, of(|quality| quality.ssim)?])
}

fn group(seeds: &[Judged]) -> Group {
    let qualities = seeds
        .iter()
        .filter_map(|one| Some((one.seed, one.evaluation.quality?)));
    Group {
        seeds: qualities.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(model: &str, mse: f64) -> Judged {
        let (kind, seed) = kind_and_seed(model);
        let quality = Quality {
            mse,
            psnr: 20.0,
            psnr_of_mse: 19.0,
            ssim: 0.5,
        };
        Judged {
            model: model.to_owned(),
            sha256: String::new(),
            kind,
            seed,
            code: None,
            locations: Vec::new(),
            fields: Vec::new(),
            evaluation: Evaluation {
                quality: Some(quality),
                ..Evaluation::default()
            },
        }
    }

    #[test]
    fn names_have_an_architecture_and_a_seed() {
        let named = |name: &str| {
            let (kind, seed) = kind_and_seed(name);
            (kind.arm, kind.neurons, seed)
        };
        let owned = |arm: &str, neurons, seed| (arm.to_owned(), neurons, seed);
        assert_eq!(named("dae-3"), owned("DAE", "none", 3));
        assert_eq!(named("dae-nr2-other-1"), owned("DAE-NR2", "other", 1));
        assert_eq!(named("nets/mine-12.onnx"), owned("mine", "all", 12));
        assert_eq!(named("nets/dae-9.onnx"), owned("dae", "all", 9));
        assert_eq!(named("nets/dae-nr1-4.onnx"), owned("DAE-NR1", "all", 4));
        assert_eq!(named("net.onnx"), owned("net", "all", 0));
    }

    /// Seeds are paired: each seed of the second is worse by 1 than the same of the first, but
    /// the seeds themselves differ by more.
    #[test]
    fn rows_are_compared_seed_by_seed() {
        let all = [
            judged("dae-nr1-1", 41.0),
            judged("dae-0", 10.0),
            judged("dae-1", 40.0),
            judged("dae-nr1-0", 11.5),
        ];
        let rows = table(all.to_vec());
        assert_eq!(rows.len(), 2);
        assert_eq!(
            (rows[0].seeds.len(), rows[0].kind.arm.as_str()),
            (2, "DAE-NR1")
        );
        let [mse, ..] = rows[0].differences.unwrap();
        assert_eq!((mse.seeds, mse.measure.mean), (2, 1.25));
        assert_eq!(rows[1].differences, None);
        assert_eq!(rows[1].measures.unwrap()[0].mean, 25.0);
    }
}
