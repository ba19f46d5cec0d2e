//! An attack as somebody asks for it: the requests that it takes.

use thiserror::Error;

use super::changes::MethodChanges;
use super::method::{METHODS, Method, find};
use super::survey::{Reference, Request};
use crate::attribute::ExplainError;
use crate::float_model::FloatModel;
use crate::target::{ClassValue, Target, TargetError};
use cortexscope_net::RequestError;

/// A method, sizes of the change, and where it leads.
#[derive(Clone, Debug, PartialEq)]
pub struct AttackChoice {
    /// The method's name, one of [`METHODS`].
    pub method: String,
    /// Sizes of the change, in pixels from 0 to 1; none for the preset's.
    pub eps: Vec<f64>,
    /// What is changed of the method's parameters.
    pub changes: MethodChanges,
    /// The class that the input is to be taken for, as `class:K`; `None` for any other.
    pub target: Option<String>,
    /// The class that an attack without target leads away from.
    pub reference: Reference,
    /// Seed of what is random.
    pub seed: u64,
}

/// Why there is no such attack.
#[derive(Debug, Error)]
pub enum AttackChoiceError {
    /// There is no such method.
    #[error("{0}: the methods are {names}", names = METHODS.map(|info| info.name).join(", "))]
    Method(String),
    /// ε is below 0.
    #[error("--eps {0}: ε is a number from 0 up")]
    NegativeEps(f64),
    /// The method takes no ε.
    #[error("--eps: {0} finds the size of its change itself; leave --eps out")]
    OwnSize(&'static str),
    /// The target cannot be used.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// The target is a map or a neuron.
    #[error("--target {0}: an attack leads to a class; write class:K")]
    NoClass(String),
    /// A parameter is outside its range.
    #[error(transparent)]
    Parameter(#[from] ExplainError),
}

impl RequestError for AttackChoiceError {
    fn is_request(&self) -> bool {
        match self {
            Self::Target(error) => error.is_request(),
            Self::Parameter(error) => error.is_request(),
            _ => true,
        }
    }
}

impl AttackChoice {
    /// One request with every ε, or one for each ε where the method's parameters depend on it.
    /// They keep no pictures.
    ///
    /// # Errors
    /// [`AttackChoiceError`].
    pub fn requests(&self, model: &FloatModel) -> Result<Vec<Request>, AttackChoiceError> {
        let target = self.class(model)?;
        let request = |method: Method, eps: Vec<f64>| Request {
            method,
            eps,
            target,
            reference: self.reference,
            seed: self.seed,
            keep: false,
        };
        if let Some(&eps) = self.eps.iter().find(|eps| **eps < 0.0) {
            return Err(AttackChoiceError::NegativeEps(eps));
        }
        let unknown = || AttackChoiceError::Method(self.method.clone());
        let info = find(&self.method).ok_or_else(unknown)?;
        let made = |eps: f64| Method::with_changes(info.name, &self.changes, eps);
        let made = |eps: f64| made(eps).ok_or_else(unknown);
        let eps = match (info.takes_eps, self.eps.is_empty()) {
            (false, false) => return Err(AttackChoiceError::OwnSize(info.name)),
            (false, true) => vec![0.0],
            (true, true) => vec![self.changes.preset.eps(info.norm)],
            (true, false) => self.eps.clone(),
        };
        let requests = if info.depends_on_eps {
            let each = eps.into_iter();
            let each = each.map(|eps| Ok(request(made(eps)?, vec![eps])));
            each.collect::<Result<Vec<_>, AttackChoiceError>>()?
        } else {
            vec![request(made(eps[0])?, eps)]
        };
        for request in &requests {
            request.check()?;
        }
        Ok(requests)
    }

    /// The class that the target names.
    fn class(&self, model: &FloatModel) -> Result<Option<usize>, AttackChoiceError> {
        let Some(text) = &self.target else {
            return Ok(None);
        };
        let target = text.parse::<Target>()?;
        let aim = target.aim(model, ClassValue::Logit)?;
        match (target, aim.class_in(model)) {
            (Target::Class(_), Some(class)) => Ok(Some(class)),
            _ => Err(AttackChoiceError::NoClass(text.clone())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attack::{DeepFool, OnePixel, Preset, Start, Steps};
    use crate::float_model::Overrides;

    fn choice(method: &str) -> AttackChoice {
        AttackChoice {
            method: method.to_owned(),
            eps: Vec::new(),
            changes: MethodChanges::default(),
            target: None,
            reference: Reference::Label,
            seed: 0,
        }
    }

    fn model() -> FloatModel {
        FloatModel::open("lenet5", &Overrides::default()).expect("it is shipped")
    }

    #[test]
    fn every_method_has_the_published_values() {
        let steps = |rate, count, start| Steps { rate, count, start };
        let model = model();
        let found = |method: &str, preset| {
            let mut choice = choice(method);
            choice.changes.preset = preset;
            let mut requests = choice.requests(&model).expect("a request");
            assert_eq!(requests.len(), 1);
            let request = requests.remove(0);
            (request.method, request.eps)
        };
        let cases = [
            ("fgsm", Method::Fgsm, 0.3),
            ("fgm-l2", Method::FgmL2, 2.0),
            ("bim", Method::Bim(steps(0.01, 40, Start::Input)), 0.3),
            ("pgd", Method::Pgd(steps(0.01, 40, Start::Random)), 0.3),
            (
                "pgd-l2",
                Method::PgdL2(steps(0.125, 40, Start::Random)),
                2.0,
            ),
            ("deepfool", Method::DeepFool(DeepFool::default()), 0.0),
            ("one-pixel", Method::OnePixel(OnePixel::default()), 0.0),
        ];
        assert_eq!(cases.len(), METHODS.len());
        for (name, method, eps) in cases {
            assert_eq!(found(name, Preset::Mnist), (method, vec![eps]), "{name}");
            assert_eq!(Method::standard(name, eps), Some(method), "{name}");
            let takes_eps = !["deepfool", "one-pixel"].contains(&name);
            assert_eq!(method.standard_eps(), takes_eps.then_some(eps), "{name}");
        }
        for preset in Preset::ALL {
            assert_eq!(Preset::named(preset.name()), Some(preset));
        }
        // Of the paper and of its authors' program.
        let deepfool = DeepFool {
            overshoot: 0.02,
            steps: 50,
            rivals: 9,
        };
        assert_eq!(DeepFool::default(), deepfool);
        let one_pixel = OnePixel {
            population: 400,
            generations: 100,
            weight: 0.5,
        };
        assert_eq!(OnePixel::default(), one_pixel);
        let small = Method::Bim(steps(2.0 / 255.0, 7, Start::Input));
        assert_eq!(found("bim", Preset::Cifar10), (small, vec![8.0 / 255.0]));
        let large = Method::Pgd(steps(1.0 / 255.0, 5, Start::Random));
        assert_eq!(found("pgd", Preset::Imagenet), (large, vec![4.0 / 255.0]));
        let sphere = Method::PgdL2(steps(2.5 * 2.0 / 7.0, 7, Start::Random));
        assert_eq!(found("pgd-l2", Preset::Cifar10), (sphere, vec![2.0]));
    }

    #[test]
    fn each_size_has_a_request_where_steps_follow_it() {
        let model = model();
        let mut sizes = choice("pgd-l2");
        sizes.eps = vec![0.0, 1.6];
        sizes.changes.steps = Some(4);
        let requests = sizes.requests(&model).expect("two requests");
        let rates = requests.iter().map(|request| match request.method {
            Method::PgdL2(steps) => (request.eps.clone(), steps.rate),
            _ => panic!("another method"),
        });
        // A ball without room for a step has one all the same.
        assert_eq!(
            rates.collect::<Vec<_>>(),
            [(vec![0.0], 1.0), (vec![1.6], 1.0)]
        );
        sizes.eps = vec![0.8];
        let requests = sizes.requests(&model).expect("a request");
        let half = matches!(requests[0].method, Method::PgdL2(steps) if steps.rate == 0.5);
        assert!(half, "{:?}", requests[0].method);
        sizes.method = "pgd".to_owned();
        assert_eq!(sizes.requests(&model).expect("one request").len(), 1);
    }

    #[test]
    fn methods_take_what_is_changed() {
        let model = model();
        let changes = MethodChanges {
            steps: Some(3),
            overshoot: Some(0.5),
            rivals: Some(2),
            population: Some(7),
            ..MethodChanges::default()
        };
        let of = |method: &str| {
            let choice = AttackChoice {
                changes,
                ..choice(method)
            };
            choice.requests(&model).expect("a request").remove(0).method
        };
        let deepfool = DeepFool {
            overshoot: 0.5,
            steps: 3,
            rivals: 2,
        };
        assert_eq!(of("deepfool"), Method::DeepFool(deepfool));
        let one_pixel = OnePixel {
            population: 7,
            generations: 3,
            weight: 0.5,
        };
        assert_eq!(of("one-pixel"), Method::OnePixel(one_pixel));
    }

    #[test]
    fn what_is_no_attack_is_refused() {
        let model = model();
        let refused = |choice: AttackChoice| {
            let error = choice.requests(&model).expect_err("it is refused");
            assert!(error.is_request());
            error.to_string()
        };
        let with = |method: &str, change: fn(&mut AttackChoice)| {
            let mut choice = choice(method);
            change(&mut choice);
            refused(choice)
        };
        assert!(with("guessing", |_| ()).ends_with("deepfool, one-pixel"));
        let negative = with("fgsm", |choice| choice.eps = vec![0.1, -0.1]);
        assert_eq!(negative, "--eps -0.1: ε is a number from 0 up");
        let own = with("deepfool", |choice| choice.eps = vec![0.1]);
        assert!(own.starts_with("--eps: deepfool finds"), "{own}");
        let map = with("fgsm", |choice| choice.target = Some("conv1:0".to_owned()));
        assert!(map.ends_with("write class:K"), "{map}");
        let steps = with("bim", |choice| choice.changes.steps = Some(0));
        assert!(steps.contains("1 or more"), "{steps}");
    }
}
