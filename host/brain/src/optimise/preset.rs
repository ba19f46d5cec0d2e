//! Searches by name, with the literature's settings.

use super::genetic::Parameters;
use super::sphere::PUBLISHED_RADIUS;
use super::{
    CholeskyCma, CmaEs, DiagonalCma, Fdgd, Genetic, Optimiser, RandomSearch, Sphere, Spsa,
};
use cortexscope_net::RequestError;
use thiserror::Error;

/// A search with settings that somebody published.
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    /// The search's name on the command line.
    pub optimiser: &'static str,
    /// The settings' name; the first of a search is its default.
    pub name: &'static str,
    /// Where they come from, in a few words.
    pub source: &'static str,
    make: fn(dim: usize, queries: usize) -> Box<dyn Optimiser>,
}

/// Codes beyond which a full covariance is not learnt: as many numbers as values squared.
pub(super) const MOST_FULL: usize = 256;
/// Images of a generation in Wang and Ponce (2022): 75 generations of 40.
const ACTMAX_LAMBDA: usize = 40;

/// Every search with every preset.
pub const OPTIMISERS: &[Preset] = &[
    Preset {
        optimiser: "ga",
        name: "xdream",
        source: "XDREAM in silico: 20 codes, mutation 0.5 of size 0.5, selectivity 2",
        make: |dim, _| Box::new(Genetic::new(dim, Parameters::XDREAM)),
    },
    Preset {
        optimiser: "ga",
        name: "xdream-ephys",
        source: "XDREAM with neurons: the same, and the best code is kept",
        make: |dim, _| Box::new(Genetic::new(dim, Parameters::XDREAM_EPHYS)),
    },
    Preset {
        optimiser: "cma-es",
        name: "hansen",
        source: "Hansen 2016, first deviation 1; diagonal for codes of more than 256 values",
        make: |dim, _| cma(dim, 1.0, None),
    },
    Preset {
        optimiser: "cma-es",
        name: "actmax",
        source: "Wang and Ponce 2022: Cholesky CMA-ES, 40 codes, first deviation 3",
        make: |dim, _| Box::new(CholeskyCma::new(dim)),
    },
    Preset {
        optimiser: "cma-es",
        name: "actmax-pycma",
        source: "Wang and Ponce 2022: pycma, 40 codes, first deviation 2",
        make: |dim, _| cma(dim, 2.0, Some(ACTMAX_LAMBDA)),
    },
    Preset {
        optimiser: "diagonal-cma",
        name: "ros",
        source: "Ros and Hansen 2008, first deviation 1",
        make: |dim, _| Box::new(DiagonalCma::new(dim, 1.0, None)),
    },
    Preset {
        optimiser: "diagonal-cma",
        name: "actmax",
        source: "Wang and Ponce 2022: 40 codes, first deviation 2",
        make: |dim, _| Box::new(DiagonalCma::new(dim, 2.0, Some(ACTMAX_LAMBDA))),
    },
    Preset {
        optimiser: "sphere",
        name: "scaled",
        source: "Wang and Ponce 2022, with their length for codes of this many values",
        make: |dim, queries| Box::new(Sphere::new(dim, Sphere::scaled_radius(dim), queries)),
    },
    Preset {
        optimiser: "sphere",
        name: "actmax",
        source: "Wang and Ponce 2022: length 300, rate 1.5, angles 50 to 7.33 degrees",
        make: |dim, queries| Box::new(Sphere::new(dim, PUBLISHED_RADIUS, queries)),
    },
    Preset {
        optimiser: "spsa",
        name: "spall",
        source: "Spall 1998: gains by the first slopes",
        make: |dim, queries| Box::new(Spsa::new(dim, queries)),
    },
    Preset {
        optimiser: "fdgd",
        name: "xdream",
        source: "XDREAM's antithetic differences and rate · slope, the rate by the first slopes",
        make: |dim, _| Box::new(Fdgd::new(dim)),
    },
    Preset {
        optimiser: "random",
        name: "normal",
        source: "no search: codes from N(0, 1)",
        make: |dim, _| Box::new(RandomSearch::new(dim)),
    },
];

fn cma(dim: usize, deviation: f64, lambda: Option<usize>) -> Box<dyn Optimiser> {
    if dim > MOST_FULL {
        Box::new(DiagonalCma::new(dim, deviation, lambda))
    } else {
        Box::new(CmaEs::new(dim, deviation, lambda))
    }
}

/// A search that there is not.
#[derive(Debug, Error)]
pub enum OptimiserError {
    /// No such search.
    #[error("there is no optimiser {name}: the optimisers are {}", known.join(", "))]
    Unknown {
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<&'static str>,
    },
    /// No such preset.
    #[error("{optimiser} has no preset {name}: its presets are {}", known.join(", "))]
    UnknownPreset {
        /// The search.
        optimiser: &'static str,
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<&'static str>,
    },
    /// Codes so long that the search's matrix would not fit.
    #[error(
        "the preset {name} keeps a matrix of {dim} × {dim} numbers: take diagonal-cma, or another preset"
    )]
    TooLong {
        /// The preset.
        name: &'static str,
        /// Values of a code.
        dim: usize,
    },
}

impl RequestError for OptimiserError {
    fn is_request(&self) -> bool {
        true
    }
}

/// The preset `name` of the search `optimiser`, or its default.
///
/// # Errors
/// There is no such search or preset; the error lists what there is.
pub fn preset(optimiser: &str, name: Option<&str>) -> Result<&'static Preset, OptimiserError> {
    let of_it = || {
        OPTIMISERS
            .iter()
            .filter(|preset| preset.optimiser == optimiser)
    };
    let Some(default) = of_it().next() else {
        let mut known: Vec<&'static str> =
            OPTIMISERS.iter().map(|preset| preset.optimiser).collect();
        known.dedup();
        let name = optimiser.to_owned();
        return Err(OptimiserError::Unknown { name, known });
    };
    let Some(name) = name else {
        return Ok(default);
    };
    of_it()
        .find(|preset| preset.name == name)
        .ok_or_else(|| OptimiserError::UnknownPreset {
            optimiser: default.optimiser,
            name: name.to_owned(),
            known: of_it().map(|preset| preset.name).collect(),
        })
}

/// Values of a code for which [`CholeskyCma`] keeps its two matrices: 256 MiB.
const MOST_FACTOR: usize = 4096;

/// The search of `preset` for codes of `dim` values and `queries` in all.
///
/// # Errors
/// [`OptimiserError::TooLong`].
pub fn optimiser(
    preset: &Preset,
    dim: usize,
    queries: usize,
) -> Result<Box<dyn Optimiser>, OptimiserError> {
    let is_factor = preset.optimiser == "cma-es" && preset.name == "actmax";
    if is_factor && dim > MOST_FACTOR {
        let name = preset.name;
        return Err(OptimiserError::TooLong { name, dim });
    }
    Ok((preset.make)(dim, queries))
}
