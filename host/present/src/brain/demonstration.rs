//! Every experiment with neurons, one after the other, as one report.

mod error;
mod plan;
mod planted;
mod recorded;

pub use error::DemonstrationError;
pub use plan::{DemonstrationPlan, ExperimentRequest, PlannedExperiment};

use super::autoencoders::{NamedNetwork, judge_autoencoders};
use super::control::control_neuron;
use super::encoding::fit_neurons;
use super::evolution::evolve_image;
use super::planting::plant_neurons;
use super::similarity::compare_layers;
use super::sites::drive_sites;
use super::{Progress, SavedExperiment, Watch};
use crate::brain_report::panels::{self, Ran};
use crate::brain_report::{BrainReport, Panel, html};
use crate::documents::Document;
use crate::documents::brain_autoencode::BrainAutoencode;
use crate::documents::brain_compare::BrainCompare;
use crate::documents::brain_control::BrainControl;
use crate::documents::brain_demo::{BrainDemo, DemoPanel};
use crate::documents::brain_fit::BrainFit;
use crate::documents::brain_sites::BrainSites;
use crate::documents::evolve::Evolve;
use crate::results::{ResultFolder, SaveError};
use cortexscope_brain::autoencode::Arm;
use cortexscope_explain::float_model::{FloatModel, FloatModelError, Overrides};
use cortexscope_net::output::{self, make_folder};
use cortexscope_rig::session::Cancel;
use std::path::PathBuf;
use std::time::Instant;

/// A demonstration that is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemonstrationRequest {
    /// A folder with `v4/`, `brain/` and `models/`: recorded neurons; planted ones without it.
    pub data: Option<PathBuf>,
    /// Seed of everything random.
    pub seed: u64,
    /// The folder for the report, and for what each experiment writes.
    pub folder: PathBuf,
}

/// Runs every experiment of the plan, and writes `brain.html` and `brain-demo.json` into the
/// folder, beside what the experiments write. `cancel` ends what is asked of a board, and `watch`
/// is told each experiment's command line and how far it is.
///
/// # Errors
/// [`DemonstrationError`].
pub fn demonstrate_neurons(
    request: &DemonstrationRequest,
    cancel: &Cancel,
    watch: Watch<'_>,
) -> Result<BrainDemo, DemonstrationError> {
    let begun = Instant::now();
    let plan = DemonstrationPlan::of(request)?;
    make_folder(&request.folder).map_err(SaveError::from)?;
    for (name, text) in &plan.files {
        output::write(&request.folder.join(name), text.as_bytes()).map_err(SaveError::from)?;
    }
    let mut results = Experiments::default();
    for planned in &plan.experiments {
        results.run(planned, cancel, watch)?;
    }
    let panels = results.panels()?;
    let report = request.folder.join("brain.html");
    let beside = ["report.html", "index.html"].into_iter();
    let beside = beside.filter(|name| request.folder.join(name).is_file());
    let page = html(&BrainReport {
        title: "Networks and brains".to_owned(),
        introduction: plan.introduction,
        beside: beside
            .map(|name| [name.to_owned(), name.to_owned()])
            .collect(),
        panels: panels.clone(),
    });
    let folder = ResultFolder::begin(&request.folder)?;
    folder.bytes("brain.html", page.as_bytes())?;
    let panels = panels.into_iter().map(|panel| DemoPanel {
        id: panel.id,
        title: panel.title,
        commands: panel.commands,
    });
    let document = BrainDemo {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        report: report.display().to_string(),
        neurons: plan.neurons.to_owned(),
        data: request.data.as_ref().map(|data| data.display().to_string()),
        seed: request.seed,
        panels: panels.collect(),
        seconds: begun.elapsed().as_secs_f64(),
    };
    folder.receipt("brain-demo.json", &document)?;
    folder.commit()?;
    Ok(document)
}

impl DemonstrationPlan {
    /// What a demonstration runs: on recorded neurons where there is a folder of data, otherwise
    /// on planted ones.
    ///
    /// # Errors
    /// There is no such folder, or a file of it is missing.
    pub fn of(request: &DemonstrationRequest) -> Result<Self, DemonstrationError> {
        match &request.data {
            Some(path) if !path.is_dir() => {
                Err(DemonstrationError::NoFolder { path: path.clone() })
            }
            Some(data) => recorded::recorded(data, &request.folder, request.seed),
            None => Ok(planted::planted(&request.folder, request.seed)?),
        }
    }
}

/// What the experiments found so far.
#[derive(Default)]
struct Experiments {
    /// The command line that planted the neurons.
    planted: Option<String>,
    fits: Vec<Ran<BrainFit>>,
    sites: Option<Ran<BrainSites>>,
    control: Option<Ran<BrainControl>>,
    evolution: Option<Ran<Evolve>>,
    similarity: Vec<Ran<BrainCompare>>,
    autoencoders: Option<Ran<BrainAutoencode>>,
}

impl Experiments {
    fn run(
        &mut self,
        planned: &PlannedExperiment,
        cancel: &Cancel,
        watch: Watch<'_>,
    ) -> Result<(), DemonstrationError> {
        let arms = Arm::shipped();
        // Without shipped arms there is nothing to judge.
        if matches!(planned.request, ExperimentRequest::Autoencoders(_)) && arms.is_empty() {
            return Ok(());
        }
        let command = planned.command();
        note(&command, watch);
        match &planned.request {
            ExperimentRequest::Plant(request) => {
                plant_neurons(request)?;
                self.planted = Some(command);
            }
            ExperimentRequest::Fit(request) => {
                let model = open(&request.model, watch)?;
                self.fits
                    .push(ran(command, fit_neurons(model, request, watch)?));
            }
            ExperimentRequest::Sites(request) => {
                self.sites = Some(ran(command, drive_sites(request, cancel, watch)?));
            }
            ExperimentRequest::Control(request) => {
                self.control = Some(ran(command, control_neuron(request, cancel, watch)?));
            }
            ExperimentRequest::Evolution(request) => {
                self.evolution = Some(ran(command, evolve_image(request, cancel, watch)?));
            }
            ExperimentRequest::Similarity { model, request } => {
                let model = open(model, watch)?;
                let compared = compare_layers(model, request, watch)?;
                self.similarity.push(ran(command, compared));
            }
            ExperimentRequest::Autoencoders(request) => {
                let networks = arms.iter().map(|arm| {
                    let name = arm.to_string();
                    let model = open(&name, watch)?;
                    Ok(NamedNetwork { name, model })
                });
                let networks = networks.collect::<Result<_, FloatModelError>>()?;
                let judged = judge_autoencoders(networks, request, watch)?;
                self.autoencoders = Some(ran(command, judged));
            }
        }
        Ok(())
    }

    fn panels(self) -> Result<Vec<Panel>, SaveError> {
        let mut encoding = panels::encoding(&self.fits)?;
        if let Some(command) = self.planted {
            encoding.commands.insert(0, command);
        }
        let mut all = vec![encoding];
        let control = self.control.as_ref();
        all.extend(self.sites.map(|sites| panels::control(&sites, control)));
        all.extend(self.evolution.map(|evolved| panels::evolution(&evolved)));
        all.extend(
            self.autoencoders
                .map(|judged| panels::autoencoders(&judged)),
        );
        all.push(panels::similarity(&self.similarity));
        Ok(all)
    }
}

fn ran<D: Document>(command: String, experiment: SavedExperiment<D>) -> Ran<D> {
    Ran {
        command,
        document: experiment.document,
        drawings: experiment.drawings,
    }
}

fn open(name: &str, watch: Watch<'_>) -> Result<FloatModel, FloatModelError> {
    let model = FloatModel::open(name, &Overrides::default())?;
    model.notes.iter().for_each(|assumed| note(assumed, watch));
    Ok(model)
}

fn note(text: &str, watch: Watch<'_>) {
    // Work that is to end does so at its first step.
    let _ = watch(Progress::Note(text));
}
