//! The document of `cortexscope brain autoencode`.

use super::Document;
use cortexscope_brain::autoencode::{
    Difference, Judged, Measure, PUBLISHED, Quality, Row, Significance,
};
use cortexscope_net::described;
use cortexscope_statistics::median;

described! {
    /// Auto-encoders that predict neurons, judged on images that they have not seen. PSNR is
    /// 10 log10(R² / MSE) with the data range R. What is infinite, because a reconstruction
    /// equals its image, is `null`.
    pub struct BrainAutoencode {
        /// Version of the program.
        pub version: String,
        /// The images as they were named.
        pub images: String,
        /// Test images, from the first up to and without the second.
        pub test: [usize; 2],
        /// The responses as they were named; `null` where none are known.
        pub responses: Option<String>,
        /// p of at most this is significant.
        pub level: f64,
        /// Shuffles of the images for what chance gives.
        pub shuffles: usize,
        /// Their seed.
        pub seed: u64,
        /// How intervals and p are computed.
        pub statistics: String,
        /// One row for each architecture.
        pub table: Vec<ArmRow>,
        /// Principal components of the training images with as many values as a code; empty where
        /// the training images are not known.
        pub components: Vec<ComponentRow>,
        /// The table of the paper (arXiv 2111.15309).
        pub published: PublishedTable,
        /// What the reader has to know.
        pub notes: Vec<String>,
        /// Path of the PNG file with reconstructions; `null` without `--output`, or where nothing
        /// is reconstructed.
        pub picture: Option<String>,
    }

    /// One architecture. Measures are means over the seeds; `null` where nothing is reconstructed.
    pub struct ArmRow {
        /// The architecture.
        pub arm: String,
        /// Neurons that it was trained on: `none`, `all`, `significant` or `other`.
        pub neurons: String,
        /// R: from black to white in the values that are compared.
        pub data_range: f64,
        /// Mean squared error.
        pub mse: Option<f64>,
        /// Its 95 % confidence interval over the seeds; `null` for one seed.
        pub mse_interval: Option<[f64; 2]>,
        /// Mean of the images' PSNR in decibels.
        pub psnr: Option<f64>,
        /// Its 95 % confidence interval over the seeds.
        pub psnr_interval: Option<[f64; 2]>,
        /// PSNR of the mean squared error over all images, which is never greater.
        pub psnr_of_mse: Option<f64>,
        /// Mean of the images' SSIM: Gaussian window with σ 1.5, K 0.01 and 0.03.
        pub ssim: Option<f64>,
        /// Its 95 % confidence interval over the seeds.
        pub ssim_interval: Option<[f64; 2]>,
        /// This row minus the row `DAE`, seed by seed; `null` for that row and without one.
        pub minus_dae: Option<RowDifference>,
        /// Neurons that were predicted; `null` where the network has none, or no responses are
        /// known.
        pub predicted: Option<PredictedNeurons>,
        /// One entry for each seed.
        pub seeds: Vec<SeedRow>,
    }

    /// Differences of means over the seeds.
    pub struct RowDifference {
        /// Of the mean squared error.
        pub mse: MeasureDifference,
        /// Of the mean PSNR.
        pub psnr: MeasureDifference,
        /// Of the mean SSIM.
        pub ssim: MeasureDifference,
    }

    /// One difference.
    pub struct MeasureDifference {
        /// Its mean over the seeds.
        pub mean: Option<f64>,
        /// Its 95 % confidence interval; `null` for one seed.
        pub interval: Option<[f64; 2]>,
        /// Two-sided p of a paired t-test; `null` for one seed.
        pub p: Option<f64>,
        /// Seeds that both have.
        pub seeds: usize,
    }

    /// Counts of neurons, means over the seeds.
    pub struct PredictedNeurons {
        /// Neurons that were tested.
        pub tested: usize,
        /// Median r of prediction and mean response, the mean over the seeds.
        pub median_r: f64,
        /// Neurons with p of at most the level, without correction.
        pub uncorrected: f64,
        /// The same after Holm's correction.
        pub holm: f64,
        /// The same after Benjamini and Hochberg's correction.
        pub benjamini_hochberg: f64,
        /// What `uncorrected` is when the images are shuffled.
        pub by_chance: f64,
        /// The count that 95 % of the shuffles do not exceed, the greatest over the seeds.
        pub by_chance_95: f64,
        /// |r| of which p is the level.
        pub critical_r: f64,
        /// Those of `holm` that the images drive; `null` where that is not known.
        pub holm_driven: Option<f64>,
        /// Those of `holm` that the images do not drive: false findings.
        pub holm_others: Option<f64>,
        /// Share of planted neurons whose mask lies within a pixel of them, the mean over the
        /// seeds; `null` where neurons or masks are not known.
        pub located: Option<f64>,
        /// Median over planted neurons and seeds of the pixels from the middle of what a neuron
        /// depends on to the middle of the planted neuron; `null` where one of them is not known.
        pub field_error: Option<f64>,
    }

    /// One network.
    pub struct SeedRow {
        /// Its seed.
        pub seed: u64,
        /// The network as it was named.
        pub model: String,
        /// SHA-256 of the ONNX file that was read, in hexadecimal; never of a board image.
        pub model_sha256: String,
        /// Values that its reconstruction is made from; `null` where it makes none.
        pub code: Option<usize>,
        /// R, as in the row.
        pub data_range: f64,
        /// Mean squared error.
        pub mse: Option<f64>,
        /// Mean of the images' PSNR in decibels.
        pub psnr: Option<f64>,
        /// PSNR of the mean squared error over all images.
        pub psnr_of_mse: Option<f64>,
        /// Mean of the images' SSIM.
        pub ssim: Option<f64>,
        /// Its neurons; empty where it has none, or no responses are known.
        pub neurons: Vec<NeuronTest>,
    }

    /// One neuron.
    pub struct NeuronTest {
        /// Its number in the responses.
        pub index: usize,
        /// Pearson's r of prediction and mean response; 0 where one of them does not vary.
        pub r: f64,
        /// Two-sided p by Student's t.
        pub p: f64,
        /// p adjusted by Holm's procedure.
        pub p_holm: f64,
        /// p adjusted by Benjamini and Hochberg's.
        pub p_benjamini_hochberg: f64,
        /// Whether the images drive it; `null` where that is not known.
        pub is_driven: Option<bool>,
        /// Pixels from the middle of its mask to the middle of the planted neuron; `null` where
        /// one of them is not known or the images do not drive it.
        pub location_error: Option<f64>,
        /// Pixels from the middle of what it depends on, by its squared slopes, to the middle of
        /// the planted neuron; `null` as above.
        pub field_error: Option<f64>,
    }

    /// Principal components instead of an auto-encoder.
    pub struct ComponentRow {
        /// Components: values of a code.
        pub code: usize,
        /// R, as in the table.
        pub data_range: f64,
        /// Mean squared error.
        pub mse: Option<f64>,
        /// Mean of the images' PSNR in decibels.
        pub psnr: Option<f64>,
        /// PSNR of the mean squared error over all images.
        pub psnr_of_mse: Option<f64>,
        /// Mean of the images' SSIM.
        pub ssim: Option<f64>,
    }

    /// The published table in the same form.
    pub struct PublishedTable {
        /// R of its numbers.
        pub data_range: f64,
        /// Why it is not reproduced here.
        pub why_not_here: String,
        /// Its rows.
        pub table: Vec<PublishedRow>,
    }

    /// A published row.
    pub struct PublishedRow {
        /// The architecture.
        pub arm: String,
        /// Neurons that it was trained on.
        pub neurons: String,
        /// Region of the recordings, from 1.
        pub region: usize,
        /// Mean squared error.
        pub mse: f64,
        /// Peak signal-to-noise ratio in decibels.
        pub psnr: f64,
        /// Structural similarity.
        pub ssim: f64,
    }
}

impl Document for BrainAutoencode {
    const NAME: &'static str = "brain-autoencode";
}

/// Which neurons of a recording a network was tested on, and which of them are known to be
/// driven.
#[derive(Clone, Debug, Default)]
pub struct NeuronNames {
    /// Number of the first in the responses.
    pub first: usize,
    /// For each neuron of the recording that the images drive, row and column of its middle;
    /// `None` where the neurons are not known.
    pub driven: Option<Vec<Option<[f64; 2]>>>,
}

impl NeuronNames {
    /// The middle of a network's neuron `at`, if the images drive it; `None` where that is not
    /// known.
    fn centre(&self, at: usize) -> Option<Option<[f64; 2]>> {
        self.driven.as_ref()?.get(self.first + at).copied()
    }
}

impl ArmRow {
    /// A row of the table; `names` has the neurons of each of its networks, and p of at most
    /// `level` is significant.
    pub fn new(row: &Row, data_range: f64, names: &NeuronNames, level: f64) -> Self {
        let [mse, psnr, ssim] = row.measures.map_or([None; 3], |three| three.map(Some));
        let seeds = row.seeds.iter();
        let seeds = seeds.map(|judged| SeedRow::new(judged, data_range, names));
        let seeds: Vec<SeedRow> = seeds.collect();
        let interval = |measure: Option<Measure>| measure.and_then(|measure| measure.interval);
        Self {
            arm: row.kind.arm.clone(),
            neurons: row.kind.neurons.to_owned(),
            data_range,
            mse: mean(mse),
            mse_interval: interval(mse),
            psnr: mean(psnr),
            psnr_interval: interval(psnr),
            psnr_of_mse: mean(row.psnr_of_mse),
            ssim: mean(ssim),
            ssim_interval: interval(ssim),
            minus_dae: row.differences.map(|[mse, psnr, ssim]| RowDifference {
                mse: mse.into(),
                psnr: psnr.into(),
                ssim: ssim.into(),
            }),
            predicted: PredictedNeurons::over(&row.seeds, &seeds, level),
            seeds,
        }
    }
}

impl SeedRow {
    fn new(judged: &Judged, data_range: f64, names: &NeuronNames) -> Self {
        let quality = judged.evaluation.quality;
        let of = |of: fn(&Quality) -> f64| quality.as_ref().map(of).and_then(finite);
        let tested = judged.evaluation.significance.iter();
        let tested = tested.flat_map(|significance| &significance.neurons);
        Self {
            seed: judged.seed,
            model: judged.model.clone(),
            model_sha256: judged.sha256.clone(),
            code: judged.code,
            data_range,
            mse: of(|quality| quality.mse),
            psnr: of(|quality| quality.psnr),
            psnr_of_mse: of(|quality| quality.psnr_of_mse),
            ssim: of(|quality| quality.ssim),
            neurons: tested
                .enumerate()
                .map(|(at, neuron)| NeuronTest {
                    index: names.first + at,
                    r: neuron.r,
                    p: neuron.p,
                    p_holm: neuron.p_holm,
                    p_benjamini_hochberg: neuron.p_fdr,
                    is_driven: names.centre(at).map(|centre| centre.is_some()),
                    location_error: apart(names, at, judged.locations.get(at).copied()),
                    field_error: apart(names, at, judged.fields.get(at).copied().flatten()),
                })
                .collect(),
        }
    }
}

impl PredictedNeurons {
    fn over(seeds: &[Judged], rows: &[SeedRow], level: f64) -> Option<Self> {
        let all = seeds.iter();
        let all = all.filter_map(|judged| judged.evaluation.significance.as_ref());
        let all: Vec<&Significance> = all.collect();
        let first = all.first()?;
        let mean = |of: &dyn Fn(&Significance) -> f64| {
            all.iter().map(|one| of(one)).sum::<f64>() / all.len() as f64
        };
        Some(Self {
            tested: first.neurons.len(),
            median_r: mean(&|one| one.median_r),
            uncorrected: mean(&|one| one.uncorrected as f64),
            holm: mean(&|one| one.holm as f64),
            benjamini_hochberg: mean(&|one| one.fdr as f64),
            by_chance: mean(&|one| one.by_chance[0]),
            by_chance_95: all.iter().map(|one| one.by_chance[1]).fold(0.0, f64::max),
            critical_r: first.critical_r,
            holm_driven: found(rows, level, true),
            holm_others: found(rows, level, false),
            located: located(rows),
            field_error: field_error(rows),
        })
    }
}

/// Neurons with p of at most `level` after Holm's correction, of those that the images drive or
/// of the others: the mean over the seeds. `None` where that is not known.
fn found(rows: &[SeedRow], level: f64, is_driven: bool) -> Option<f64> {
    let neurons = rows.iter().flat_map(|row| &row.neurons);
    let mut count = 0;
    for neuron in neurons {
        count += usize::from(neuron.is_driven? == is_driven && neuron.p_holm <= level);
    }
    Some(count as f64 / rows.len() as f64)
}

/// Pixels from `place` to the middle of the planted neuron `at`.
fn apart(names: &NeuronNames, at: usize, place: Option<[f64; 2]>) -> Option<f64> {
    let [own, place] = [names.centre(at).flatten()?, place?];
    Some((own[0] - place[0]).hypot(own[1] - place[1]))
}

fn field_error(rows: &[SeedRow]) -> Option<f64> {
    let neurons = rows.iter().flat_map(|row| &row.neurons);
    let errors: Vec<f64> = neurons.filter_map(|neuron| neuron.field_error).collect();
    median(&errors)
}

/// Share of the neurons with a known location whose error is at most a pixel.
fn located(rows: &[SeedRow]) -> Option<f64> {
    let neurons = rows.iter().flat_map(|row| &row.neurons);
    let errors: Vec<f64> = neurons.filter_map(|neuron| neuron.location_error).collect();
    let near = errors.iter().filter(|error| **error <= 1.0).count();
    (!errors.is_empty()).then(|| near as f64 / errors.len() as f64)
}

impl From<Difference> for MeasureDifference {
    fn from(difference: Difference) -> Self {
        Self {
            mean: mean(Some(difference.measure)),
            interval: difference.measure.interval,
            p: difference.p,
            seeds: difference.seeds,
        }
    }
}

impl ComponentRow {
    /// The quality of as many components as a code has values.
    pub fn new(code: usize, data_range: f64, quality: Quality) -> Self {
        Self {
            code,
            data_range,
            mse: finite(quality.mse),
            psnr: finite(quality.psnr),
            psnr_of_mse: finite(quality.psnr_of_mse),
            ssim: finite(quality.ssim),
        }
    }
}

impl PublishedTable {
    /// The paper's rows.
    pub fn new() -> Self {
        let rows = PUBLISHED.iter().flat_map(|arm| {
            let regions = arm.regions.iter().zip(1..);
            regions.filter_map(|(region, number)| {
                let region = region.as_ref()?;
                Some(PublishedRow {
                    arm: arm.name.to_owned(),
                    neurons: arm.neurons.to_owned(),
                    region: number,
                    mse: region.mse,
                    psnr: region.psnr,
                    ssim: region.ssim,
                })
            })
        });
        Self {
            data_range: cortexscope_brain::autoencode::PUBLISHED_RANGE,
            why_not_here: "The paper trained on mouse V1 recordings of Antolik et al. (2016), \
                           whose training images are not with this program: its numbers are of \
                           other images and other neurons, so a row here is not a reproduction of \
                           the row there. With these images and responses, give networks trained \
                           on them, --images and --responses."
                .to_owned(),
            table: rows.collect(),
        }
    }
}

impl Default for PublishedTable {
    fn default() -> Self {
        Self::new()
    }
}

impl PublishedRow {
    /// The fields in their order, for people.
    pub fn cells(&self) -> Vec<String> {
        let mut cells = vec![
            self.arm.clone(),
            self.neurons.clone(),
            self.region.to_string(),
        ];
        cells.extend([self.mse, self.psnr, self.ssim].map(|measure| format!("{measure:.3}")));
        cells
    }
}

fn mean(measure: Option<Measure>) -> Option<f64> {
    measure.and_then(|measure| finite(measure.mean))
}

/// JSON has no infinite number.
fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}
