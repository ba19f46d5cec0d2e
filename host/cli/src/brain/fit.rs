//! `cortexscope brain fit`.

use super::data::{SessionArgs, model_and_layer};
use super::{Made, tell};
use crate::common::{blame, ctrl_c, wrong};
use crate::full::InputArgs;
use crate::progress;
use clap::{Args, ValueEnum};
use cortexscope_brain::data::{Images, Span};
use cortexscope_brain::encode::{
    About, Checkpoint, DataTerm, EncodeError, Factorised, Features, Fit, Geometry, Lambda, Method,
    Pooling, Request, Ridge, Stage, Watch, fit, save,
};
use cortexscope_brain::stimuli::as_shown;
use cortexscope_explain::float_model::{FloatModel, LayerId};
use cortexscope_net::hex;
use cortexscope_net::output::make_folder;
use cortexscope_present::documents::brain_fit::{BrainFit, LayerScore, fit_document};
use cortexscope_present::results::ResultFolder;
use cortexscope_present::scene::readout::masks;
use cortexscope_present::terminal::{Column, Style, write_table};
use sha2::{Digest, Sha256};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

/// Fits readouts of a layer's features to recorded neurons, and judges them on images that
/// they have not seen.
#[derive(Args)]
pub(super) struct FitCommand {
    /// The network and the layer whose features are read.
    #[arg(long, value_name = "MODEL:LAYER")]
    features: String,
    #[command(flatten)]
    session: SessionArgs,
    /// Images to fit to, as 0..600.
    #[arg(long, value_name = "RANGE")]
    train: String,
    /// Images to judge on, none of which was fitted to.
    #[arg(long, value_name = "RANGE")]
    test: String,
    /// A weight for each feature, or a mask over the positions times weights of the channels.
    #[arg(long, value_enum, default_value_t)]
    readout: ReadoutArg,
    /// Seed of folds, first weights, batches and halves of repeats.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Another layer of the same network, for the table of layers; may be given several times.
    #[arg(long, value_name = "LAYER")]
    also: Vec<String>,
    /// Average features in square windows until at most N cells a side are left.
    #[arg(long, value_name = "N", default_value_t = 13, help_heading = "Fit")]
    cells: usize,
    /// Weights of the penalties of a factorised readout: mask, channels, Laplacian of the
    /// mask [default: for each neuron the best of three, by images held back from --train].
    #[arg(
        long,
        value_name = "S,D,L",
        value_delimiter = ',',
        help_heading = "Fit"
    )]
    lambda: Option<Vec<f64>>,
    /// The error of a factorised readout: the mean of squares, or their sum's root.
    #[arg(long, value_enum, default_value_t, help_heading = "Fit")]
    error: ErrorArg,
    /// A folder that keeps the features: a later fit of the same layer to the same images, or
    /// one that was interrupted, reads them there.
    #[arg(long, value_name = "DIR", help_heading = "Fit")]
    keep_features: Option<PathBuf>,
    /// A folder that keeps a factorised fit before each pass: the same command goes on from there
    /// after it was stopped, and ends with the same bytes. A ridge regression is solved at once
    /// and is not kept.
    #[arg(long, value_name = "DIR", help_heading = "Fit")]
    checkpoint: Option<PathBuf>,
    #[command(flatten)]
    input: InputArgs,
    /// The folder for readouts, predictions, masks and the receipt.
    #[arg(short, long, value_name = "DIR", default_value = "cortexscope-output")]
    output: PathBuf,
    /// Print one JSON document, the receipt, on stdout.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Default, ValueEnum)]
enum ReadoutArg {
    Ridge,
    #[default]
    Factorised,
}

#[derive(Clone, Copy, Default, ValueEnum)]
enum ErrorArg {
    #[default]
    MeanSquares,
    Norm,
}

impl FitCommand {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        tell(&self.make()?.document, self.json, say)?;
        Ok(ExitCode::SUCCESS)
    }

    /// Fits, and writes what was found into the folder.
    pub fn make(&self) -> anyhow::Result<Made<BrainFit>> {
        let begun = Instant::now();
        let (name, layer_name) = model_and_layer(&self.features)?;
        let request = Request {
            train: self.train.parse::<Span>().map_err(blame)?,
            test: self.test.parse::<Span>().map_err(blame)?,
            method: self.method()?,
            seed: self.seed,
        };
        if request.train.overlaps(request.test) {
            let (train, test) = (request.train, request.test);
            return Err(blame(EncodeError::Overlap { train, test }));
        }
        let mut model = self.input.open(name)?;
        model.spec.input = as_shown(&model.spec.input);
        let layer = model.find(layer_name).map_err(blame)?;
        let also = self.also.iter().map(|name| model.find(name));
        let also = also.collect::<Result<Vec<_>, _>>().map_err(blame)?;
        let (images, responses) = self.session.open()?;
        let results = ResultFolder::begin(&self.output).map_err(blame)?;
        if let Some(folder) = &self.keep_features {
            make_folder(folder).map_err(blame)?;
        }
        if let Some(folder) = &self.checkpoint {
            make_folder(folder).map_err(blame)?;
        }
        let digest = digest(&images);

        let cancel = ctrl_c()?;
        let run = |layer: LayerId| -> anyhow::Result<Fit> {
            let pooling = Pooling::to_cells(model.layer(layer).shape, self.cells);
            let bar = progress::bar(images.stimuli.len(), "steps");
            let mut step = progress::watch(&bar, &cancel);
            let mut watch = |stage: Stage, done: usize, all: usize| {
                bar.set_message(match stage {
                    Stage::Features => format!("features of {}", model.layer(layer).name),
                    Stage::Readout => "readout".to_owned(),
                });
                step(done, all)
            };
            let features = self.features(&model, layer, pooling, &images, &digest, &mut watch)?;
            let checkpoint = self.checkpoint.as_ref().map(|folder| {
                let name = hex(&Sha256::digest(&model.layer(layer).name)[..8]);
                Checkpoint::at(&folder.join(format!("{name}.fit")))
            });
            let checkpoint = checkpoint.as_ref();
            let fitted = fit(features, &responses, &request, checkpoint, &mut watch);
            bar.finish_and_clear();
            fitted.map_err(blame)
        };
        let fitted = run(layer)?;
        let mut layers = vec![self.score(&model, layer, &fitted)];
        for &other in &also {
            layers.push(self.score(&model, other, &run(other)?));
        }

        let pooling = Pooling::to_cells(model.layer(layer).shape, self.cells);
        save(
            results.staging(),
            &fitted,
            &model.spec,
            &About {
                model: name.to_owned(),
                model_sha256: model.sha256_hex(),
                layer: layer_name.to_owned(),
                window: pooling.window,
                shape: fitted.readout.shape,
                readout: self.readout_name().to_owned(),
                images: images.name.clone(),
                means: fitted.scales.iter().map(|scale| scale[0]).collect(),
                deviations: fitted.scales.iter().map(|scale| scale[1]).collect(),
                bias: fitted.readout.bias.clone(),
            },
        )
        .map_err(blame)?;
        let geometry = Geometry::of(&model, layer).map(|field| field.pooled(pooling));
        let drawing = masks(&model, layer_name, &fitted, geometry)?;
        let picture = results.drawing("masks.png", &drawing, 1).map_err(blame)?;

        let mut document = fit_document(&fitted, &model, &request);
        document.version = env!("CARGO_PKG_VERSION").to_owned();
        document.layer = layer_name.to_owned();
        document.window = pooling.window;
        document.images = images.name.clone();
        document.images_sha256 = digest;
        document.responses = self.session.responses.clone();
        document.layers = layers;
        document.picture = picture.display().to_string();
        document.folder = self.output.display().to_string();
        if let Some(field) = geometry {
            document.receptive_field = Some(field.into());
        }
        document.notes.extend(repeated(&images, &request));
        document.seconds = begun.elapsed().as_secs_f64();
        results.receipt("fit.json", &document).map_err(blame)?;
        results.commit().map_err(blame)?;
        Ok(Made {
            document,
            drawings: vec![drawing],
        })
    }

    /// Features of a layer: those that were kept, or computed and then kept where that was
    /// asked for.
    fn features(
        &self,
        model: &FloatModel,
        layer: LayerId,
        pooling: Pooling,
        images: &Images,
        digest: &str,
        watch: Watch<'_>,
    ) -> anyhow::Result<Features> {
        let path = self.keep_features.as_ref().map(|folder| {
            let name = format!(
                "{}\n{}\n{}\n{}\n{digest}",
                model.sha256_hex(),
                model.spec.input,
                model.layer(layer).name,
                pooling.window
            );
            folder.join(format!("{}.npy", hex(&Sha256::digest(name)[..16])))
        });
        let shape = pooling.shape(model.layer(layer).shape);
        let kept = path
            .as_ref()
            .and_then(|path| Features::kept(path, shape, images.stimuli.len()));
        if let Some(kept) = kept {
            return Ok(kept);
        }
        let mut all =
            Features::compute(model, &[layer], self.cells, images, watch).map_err(blame)?;
        let features = all.swap_remove(0);
        if let Some(path) = path {
            features.keep(&path).map_err(blame)?;
        }
        Ok(features)
    }

    fn method(&self) -> anyhow::Result<Method> {
        let mut factorised = Factorised::new(self.seed);
        factorised.data_term = match self.error {
            ErrorArg::MeanSquares => DataTerm::MeanSquares,
            ErrorArg::Norm => DataTerm::Norm,
        };
        if let Some(weights) = &self.lambda {
            let &[space, depth, laplace] = weights.as_slice() else {
                return Err(wrong("--lambda: give three numbers, as 0.3,0.3,0.1"));
            };
            if weights
                .iter()
                .any(|weight| !(weight.is_finite() && *weight >= 0.0))
            {
                return Err(wrong("--lambda: weights are numbers from 0 up"));
            }
            factorised.lambdas = vec![Lambda {
                space,
                depth,
                laplace,
            }];
        }
        Ok(match self.readout {
            ReadoutArg::Ridge => Method::Ridge(Ridge::new(self.seed)),
            ReadoutArg::Factorised => Method::Factorised(factorised),
        })
    }

    fn readout_name(&self) -> &'static str {
        match self.readout {
            ReadoutArg::Ridge => "ridge",
            ReadoutArg::Factorised => "factorised",
        }
    }

    fn score(&self, model: &FloatModel, layer: LayerId, fit: &Fit) -> LayerScore {
        LayerScore {
            layer: model.layer(layer).name.clone(),
            features: fit.readout.shape,
            median_r: fit.median_r(),
            median_explained_variance: fit
                .median_of(|score| Some(score.explained_variance))
                .unwrap_or(0.0),
        }
    }
}

/// SHA-256 over the pixels of all images.
fn digest(images: &Images) -> String {
    let mut all = Sha256::new();
    images
        .digests()
        .iter()
        .for_each(|digest| all.update(digest));
    hex(&all.finalize())
}

/// A note where an image of the training set is in the test set as well.
fn repeated(images: &Images, request: &Request) -> Option<String> {
    let digests = images.digests();
    let seen: std::collections::HashSet<_> = digests[request.train.range()].iter().collect();
    let test = &digests[request.test.range()];
    let twice = test.iter().filter(|digest| seen.contains(digest)).count();
    (twice > 0)
        .then(|| format!("{twice} test images are among the training images too, so r is too good"))
}

fn say(document: &BrainFit) -> anyhow::Result<()> {
    let mut out = crate::printer::stdout();
    let style = Style::of_stdout();
    let columns = [
        Column::text("layer"),
        Column::number("features"),
        Column::number("median r"),
        Column::number("explained"),
    ];
    let rows = document
        .layers
        .iter()
        .map(|layer| {
            let [channels, height, width] = layer.features;
            vec![
                layer.layer.clone(),
                format!("{channels}×{height}×{width}"),
                format!("{:.3}", layer.median_r),
                format!("{:.3}", layer.median_explained_variance),
            ]
        })
        .collect();
    write_table(&mut out, style, &columns, rows)?;
    writeln!(
        out,
        "{} neurons, {} readout, {} training and {} test images",
        document.neurons.len(),
        document.readout,
        document.train_images,
        document.test_images
    )?;
    match &document.ceiling {
        Some(ceiling) => writeln!(out, "ceiling {:.3}: {}", ceiling.value, ceiling.formula)?,
        None => writeln!(out, "no ceiling: the responses have no repeats")?,
    }
    for note in &document.notes {
        writeln!(out, "note: {note}")?;
    }
    writeln!(out, "{}", document.picture)?;
    Ok(())
}
