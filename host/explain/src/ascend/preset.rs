//! Ascents of the literature, by name.

use super::{Ascent, Blur, Bound, Octaves, Optimiser, Parametrisation, Penalty, StartImage, Stop};

/// A named set of parameters, after a source; every one can be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// Erhan et al. 2009, "Maximizing the activation": noise, pixels, ‖v‖ fixed at
    /// the root mean square of a digit, 0.33 for each value; a line search, because
    /// the gradient of a summed map is as large as the map, and a step as long as the
    /// norm goes past the summit.
    Erhan2009,
    /// The lecture's y − Σ|x|: noise, pixels, plain steps.
    Lecture,
    /// Simonyan et al. 2014, "Class Model Visualisation": from zero, pixels, plain steps, L2.
    Simonyan2014,
    /// Yosinski et al. 2015: L2 decay and a Gaussian blur every
    /// fourth step.
    Yosinski2015,
    /// Mahendran and Vedaldi 2016: total variation, jitter, pixels
    /// within their range.
    Mahendran2016,
    /// Olah et al. 2017: spectra, decorrelated colours, a logistic bound, jitter,
    /// Adam.
    Olah2017,
}

/// All presets.
pub const PRESETS: [Preset; 6] = [
    Preset::Erhan2009,
    Preset::Lecture,
    Preset::Simonyan2014,
    Preset::Yosinski2015,
    Preset::Mahendran2016,
    Preset::Olah2017,
];

impl Preset {
    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Erhan2009 => "erhan-2009",
            Self::Lecture => "lecture",
            Self::Simonyan2014 => "simonyan-2014",
            Self::Yosinski2015 => "yosinski-2015",
            Self::Mahendran2016 => "mahendran-2016",
            Self::Olah2017 => "olah-2017",
        }
    }

    /// Its parameters for a model with an input of `shape`, `[C, H, W]`.
    pub fn ascent(self, shape: [usize; 3]) -> Ascent {
        let values: usize = shape.iter().product();
        let side = shape[1].min(shape[2]);
        let plain = Ascent {
            start_image: StartImage::Zero,
            noise: 0.1,
            seed: 0,
            parametrisation: Parametrisation::Pixels,
            decorrelate: false,
            bound: Bound::None,
            optimiser: Optimiser::Plain { rate: 0.01 },
            penalty: Penalty {
                tv_beta: 2.0,
                ..Penalty::default()
            },
            jitter: 0,
            blur: None,
            octaves: Octaves {
                count: 1,
                ratio: 1.4,
            },
            stop: Stop {
                steps: 512,
                patience: 32,
                rise: 0.001,
            },
        };
        match self {
            Self::Erhan2009 => Ascent {
                bound: Bound::Norm(0.33 * (values as f64).sqrt()),
                optimiser: Optimiser::LineSearch { rate: 0.1 },
                ..plain
            },
            Self::Lecture => Ascent {
                penalty: Penalty {
                    l1: 1.0,
                    ..plain.penalty
                },
                ..plain
            },
            Self::Simonyan2014 => Ascent {
                noise: 0.0,
                penalty: Penalty {
                    l2: 0.1,
                    ..plain.penalty
                },
                optimiser: Optimiser::Plain { rate: 0.05 },
                ..plain
            },
            Self::Yosinski2015 => Ascent {
                penalty: Penalty {
                    l2: 0.01,
                    ..plain.penalty
                },
                blur: Some(Blur {
                    sigma: 0.5,
                    every: 4,
                }),
                optimiser: Optimiser::Normalised { rate: 0.05 },
                ..plain
            },
            Self::Mahendran2016 => Ascent {
                bound: Bound::Clip,
                penalty: Penalty {
                    tv: 0.02,
                    ..plain.penalty
                },
                jitter: side / 28,
                optimiser: Optimiser::Normalised { rate: 0.02 },
                ..plain
            },
            Self::Olah2017 => Ascent {
                start_image: StartImage::Grey,
                noise: 0.01,
                parametrisation: Parametrisation::Fourier { decay: 1.0 },
                decorrelate: shape[0] == 3,
                bound: Bound::Sigmoid,
                optimiser: Optimiser::Adam { rate: 0.05 },
                jitter: side / 28,
                ..plain
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_goes_together() {
        for preset in PRESETS {
            for shape in [[1, 28, 28], [3, 224, 224]] {
                let ascent = preset.ascent(shape);
                assert!(ascent.check().is_ok(), "{}", preset.name());
            }
        }
    }

    #[test]
    fn what_does_not_go_together_is_refused() {
        let refuses = |what: &str, preset: Preset, change: &dyn Fn(&mut Ascent)| {
            let mut ascent = preset.ascent([1, 28, 28]);
            change(&mut ascent);
            assert!(ascent.check().is_err(), "{what}");
        };
        for wrong in [f64::NAN, f64::INFINITY, -1.0] {
            let refuses = |what, change: &dyn Fn(&mut Ascent)| {
                refuses(&format!("{what} {wrong}"), Preset::Yosinski2015, change);
            };
            refuses("rate", &|ascent| {
                ascent.optimiser = Optimiser::Plain { rate: wrong };
            });
            refuses("l1", &|ascent| ascent.penalty.l1 = wrong);
            refuses("l2", &|ascent| ascent.penalty.l2 = wrong);
            refuses("tv", &|ascent| ascent.penalty.tv = wrong);
            refuses("beta", &|ascent| ascent.penalty.tv_beta = wrong);
            refuses("noise", &|ascent| ascent.noise = wrong);
            refuses("norm", &|ascent| ascent.bound = Bound::Norm(wrong));
            refuses("sigma", &|ascent| {
                ascent.blur = Some(Blur {
                    sigma: wrong,
                    every: 1,
                });
            });
            refuses("decay", &|ascent| {
                ascent.blur = None;
                ascent.bound = Bound::None;
                ascent.parametrisation = Parametrisation::Fourier { decay: wrong };
            });
            refuses("ratio", &|ascent| {
                ascent.octaves = Octaves {
                    count: 2,
                    ratio: wrong,
                };
            });
        }
        let lecture = Preset::Lecture;
        refuses("no rate", lecture, &|ascent| {
            ascent.optimiser = Optimiser::Plain { rate: 0.0 };
        });
        refuses("no beta", lecture, &|ascent| ascent.penalty.tv_beta = 0.0);
        refuses("no steps", lecture, &|ascent| ascent.stop.steps = 0);
        refuses("no octaves", lecture, &|ascent| ascent.octaves.count = 0);
        refuses("equal octaves", lecture, &|ascent| {
            ascent.octaves = Octaves {
                count: 2,
                ratio: 1.0,
            };
        });
        for (sigma, every) in [(1.0, 0), (0.0, 1), (1001.0, 1)] {
            refuses("blur", Preset::Yosinski2015, &|ascent| {
                ascent.blur = Some(Blur { sigma, every });
            });
        }
        let olah = Preset::Olah2017;
        refuses("clipped spectrum", olah, &|ascent| {
            ascent.bound = Bound::Clip;
        });
        let blur = Some(Blur {
            sigma: 1.0,
            every: 1,
        });
        refuses("blurred spectrum", olah, &|ascent| {
            ascent.bound = Bound::None;
            ascent.blur = blur;
        });
        refuses("blur before a bound", lecture, &|ascent| {
            ascent.bound = Bound::Sigmoid;
            ascent.blur = blur;
        });
        let erhan = Preset::Erhan2009;
        refuses("compared jitter", erhan, &|ascent| ascent.jitter = 1);
        refuses("compared blur", erhan, &|ascent| ascent.blur = blur);
        // One octave has no ratio, and what may be zero is.
        let mut ascent = lecture.ascent([1, 28, 28]);
        ascent.octaves = Octaves {
            count: 1,
            ratio: f64::NAN,
        };
        ascent.noise = 0.0;
        ascent.penalty.l1 = 0.0;
        assert!(ascent.check().is_ok());
    }
}
