//! Adversarial examples of single inputs, and what an attack over a set came to: their
//! pictures, arrays and receipts.

mod survey;

pub use survey::{
    AttackBoard, AttackSetError, AttackSetRequest, QueryChoice, SavedSurvey, attack_set,
    joined_attack,
};

use crate::documents::attack as documents;
use crate::dump::file_name;
use crate::question::QuestionError;
use crate::results::{ResultFolder, SaveError, network_suffix};
use crate::scene::attack as scene;
use crate::scene::page_density;
use cortexscope_draw::triptych;
use cortexscope_explain::attack::{Example, Judged, Request, Victim};
use cortexscope_explain::float_model::FloatModel;
use cortexscope_net::input::FloatInput;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Examples that belong into one receipt.
#[derive(Clone, Copy, Debug)]
pub struct ExamplesRequest<'a> {
    /// What is attacked, in the model's units.
    pub inputs: &'a [FloatInput],
    /// The attacks, all by one method; each is made with every ε that it has.
    pub requests: &'a [Request],
    /// The folder that all files go into.
    pub folder: &'a Path,
}

impl ExamplesRequest<'_> {
    /// Examples that are made.
    pub fn examples(&self) -> usize {
        self.inputs.len() * self.sizes()
    }

    fn sizes(&self) -> usize {
        self.requests.iter().map(|request| request.eps.len()).sum()
    }
}

/// What was made.
#[derive(Clone, Debug)]
pub struct Examples {
    /// The receipt, as it was written.
    pub document: documents::Adversarial,
    /// The file of the receipt.
    pub receipt: PathBuf,
}

/// Makes an example of each input, by each request and ε, and writes its three panels, x and
/// x′ into the folder, with a receipt of all. `watch` is told how many are made; `stop` ends
/// the work.
///
/// # Errors
/// [`QuestionError`].
///
/// # Panics
/// There is no request.
pub fn examples(
    model: &FloatModel,
    request: &ExamplesRequest<'_>,
    stop: &(dyn Fn() -> bool + Sync),
    watch: &mut dyn FnMut(usize),
) -> Result<Examples, QuestionError> {
    let results = ResultFolder::begin(request.folder)?;
    let mut victim = Victim::new(model, stop)?;
    let mut made = Vec::new();
    for (index, input) in request.inputs.iter().enumerate() {
        let mut column = 0;
        for attacked in request.requests {
            let start = attacked.begin(&mut victim, &input.values, input.label)?;
            for &eps in &attacked.eps {
                let begun = Instant::now();
                let seed = attacked.seed_of(index, column);
                let example = attacked.example(&mut victim, &start, eps, seed)?;
                let one = One {
                    input,
                    request: attacked,
                    example: &example,
                    eps: attacked.method.takes_eps().then_some(eps),
                    is_one_of_several: request.sizes() > 1,
                };
                let mut document = one.save(&victim, &results)?;
                document.notes = documents::example_notes(&example, start.goal, start.outside);
                document.seconds = begun.elapsed().as_secs_f64();
                made.push(document);
                column += 1;
                watch(made.len());
            }
        }
    }
    let name = match made.as_slice() {
        [one] => {
            let path = Path::new(&one.picture).with_extension("json");
            let name = path.file_name().unwrap_or_default();
            name.to_string_lossy().into_owned()
        }
        _ => format!(
            "attack.{}{}.json",
            request.requests[0].method.info().name,
            network_suffix(model)
        ),
    };
    let document = documents::Adversarial {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        setup: documents::Setup::of(model, &request.requests[0]),
        examples: made,
    };
    let receipt = results.receipt(&name, &document)?;
    results.commit()?;
    Ok(Examples { document, receipt })
}

/// One example.
struct One<'a> {
    input: &'a FloatInput,
    request: &'a Request,
    example: &'a Example,
    /// ε of a method that takes one.
    eps: Option<f64>,
    /// Whether ε stands in the names of its files.
    is_one_of_several: bool,
}

impl One<'_> {
    /// Saves the panels, x and x′.
    fn save(
        &self,
        victim: &Victim<'_>,
        results: &ResultFolder,
    ) -> Result<documents::AdversarialExample, SaveError> {
        let (model, example) = (victim.model(), self.example);
        let info = self.request.method.info();
        let in_name = self.eps.filter(|_| self.is_one_of_several);
        let base = format!(
            "{}.{}{}{}",
            file_name(&self.input.name),
            info.name,
            network_suffix(model),
            in_name.map_or(String::new(), |eps| format!(".eps-{eps}"))
        );
        let panels = scene::three_panels(model, info, example, &self.input.name, self.eps);
        let drawing = triptych(&panels, scene::layout(model))?;
        let picture = results.drawing(&format!("{base}.png"), &drawing, page_density(&drawing))?;
        let side = |what: &str, values: &[f32], judged: &Judged| -> Result<_, SaveError> {
            let name = format!("{base}.{what}.npy");
            let array = results.array(&name, &model.input_shape(), values)?;
            let shown = model.spec.input.picture(values);
            let picture = results.picture(&format!("{base}.{what}.png"), shown)?;
            Ok(documents::AdversarialSide {
                class: judged.class,
                label: model.label(judged.class),
                probability: judged.probability,
                array: array.display().to_string(),
                picture: picture.display().to_string(),
            })
        };
        let original = side("x", &self.input.values, &example.before)?;
        let changed = victim.pixels.values(&example.after.levels);
        let adversarial = side("adversarial", &changed, &example.after)?;
        Ok(documents::AdversarialExample {
            input: self.input.argument.clone(),
            eps: self.eps,
            expected: self.input.label,
            original,
            adversarial,
            reached: example.is_reached,
            size: example.size,
            greatest_change: example.greatest,
            length: example.length,
            gradients: example.slopes.computed,
            zero_gradients: example.slopes.flat,
            by_margin: example.slopes.by_margin,
            queries: example.queries,
            picture: picture.display().to_string(),
            notes: Vec::new(),
            seconds: 0.0,
        })
    }
}
