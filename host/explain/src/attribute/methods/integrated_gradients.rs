//! Integrated gradients (Sundararajan et al. 2017).

use crate::attribute::argument::{Argument, ArgumentKind, Choice};
use crate::attribute::attribution::Attribution;
use crate::attribute::backward::Rules;
use crate::attribute::baseline::Baseline;
use crate::attribute::error::ExplainError;
use crate::attribute::method::{Explainer, MethodInfo, ParameterValue, Parameters, ValueKind};
use crate::attribute::run::Run;

/// Integrated gradients.
pub(super) const INFO: MethodInfo = MethodInfo {
    name: "integrated-gradients",
    summary: "Derivative, integrated along a straight path from a baseline to the input.",
    paper: "Sundararajan et al. 2017",
    arguments: &[BASELINE, STEPS, QUADRATURE],
    build: |arguments| {
        Ok(IntegratedGradients {
            baseline: arguments.baseline(&BASELINE)?,
            steps: arguments.count(&STEPS)?,
            quadrature: Quadrature::ALL[arguments.choice(&QUADRATURE)?],
        }
        .into())
    },
};

const BASELINE: Argument = Argument {
    name: "baseline",
    help: "Where the path begins: black, white, zero, mean, a grey level from 0 to 255, or an input.",
    kind: ArgumentKind::Baseline,
    default: "black",
};

const STEPS: Argument = Argument {
    name: "steps",
    help: "How many points on the path.",
    kind: ArgumentKind::Count { least: 1 },
    default: "100",
};

const QUADRATURE: Argument = Argument {
    name: "quadrature",
    help: "How the integral is approximated.",
    kind: ArgumentKind::Choice(&[
        Choice {
            name: "right",
            help: "At k/m for k = 1 … m, as in the paper",
        },
        Choice {
            name: "midpoint",
            help: "At (k − ½)/m",
        },
        Choice {
            name: "trapezoid",
            help: "Through k/m for k = 0 … m",
        },
    ]),
    default: "midpoint",
};

/// Integrated gradients and their parameters.
#[derive(Clone, Debug)]
pub struct IntegratedGradients {
    /// Where the path begins.
    pub baseline: Baseline,
    /// Points on the path.
    pub steps: usize,
    /// How the integral is approximated.
    pub quadrature: Quadrature,
}

/// How the path integral is approximated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quadrature {
    /// The mean at k/m for k = 1 … m: the sum that the paper gives.
    Right,
    /// The mean at (k − ½)/m.
    Midpoint,
    /// The trapezoid rule through k/m for k = 0 … m.
    Trapezoid,
}

impl Quadrature {
    /// In the order of the choices.
    const ALL: [Self; 3] = [Self::Right, Self::Midpoint, Self::Trapezoid];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Right => "right",
            Self::Midpoint => "midpoint",
            Self::Trapezoid => "trapezoid",
        }
    }

    /// Points on the path from 0 to 1 and their weights, which sum to one.
    pub fn nodes(self, steps: usize) -> Vec<(f64, f64)> {
        let m = steps as f64;
        match self {
            Self::Right => (1..=steps).map(|k| (k as f64 / m, 1.0 / m)).collect(),
            Self::Midpoint => (1..=steps)
                .map(|k| ((k as f64 - 0.5) / m, 1.0 / m))
                .collect(),
            Self::Trapezoid => (0..=steps)
                .map(|k| {
                    let end = k == 0 || k == steps;
                    (k as f64 / m, if end { 0.5 / m } else { 1.0 / m })
                })
                .collect(),
        }
    }
}

impl Explainer for IntegratedGradients {
    fn info(&self) -> &'static MethodInfo {
        &INFO
    }

    /// (x − x′) ∫ ∂F(x′ + α(x − x′))/∂x dα over α from 0 to 1, and how far the sum is
    /// from F(x) − F(x′): the paper's completeness.
    fn run(&self, run: &mut Run<'_>) -> Result<Attribution, ExplainError> {
        let (input, aim) = (run.input, run.aim);
        if self.steps == 0 {
            return Err(ExplainError::Parameter("steps is a number from 1 up"));
        }
        let baseline = self.baseline.values(&run.model.spec.input, input)?;
        let nodes = self.quadrature.nodes(self.steps);
        let mut integral = vec![0.0_f64; input.len()];
        for (done, &(at, weight)) in nodes.iter().enumerate() {
            let point: Vec<f32> = input
                .iter()
                .zip(&baseline)
                .map(|(&x, &from)| {
                    let (x, from) = (f64::from(x), f64::from(from));
                    (from + at * (x - from)) as f32
                })
                .collect();
            let pass = run.backward(Rules::Gradient)?.run(&point, aim)?;
            for (sum, &g) in integral.iter_mut().zip(&pass.gradient) {
                *sum += weight * f64::from(g);
            }
            run.step(done + 1, nodes.len())?;
        }
        let values: Vec<f32> = integral
            .iter()
            .zip(input.iter().zip(&baseline))
            .map(|(mean, (&x, &from))| (mean * (f64::from(x) - f64::from(from))) as f32)
            .collect();
        let backward = run.backward(Rules::Gradient)?;
        let score = backward.run(input, aim)?.score;
        let base = backward.run(&baseline, aim)?.score;
        let sum: f64 = values.iter().copied().map(f64::from).sum();
        let gap = sum - (score - base);
        Ok(Attribution::whole(run.model, score, values).with([
            ("value at the baseline", base),
            ("sum of the attributions", sum),
            ("completeness: sum less difference of values", gap),
        ]))
    }

    fn variant(&self) -> String {
        self.quadrature.name().to_owned()
    }

    fn statement(&self) -> String {
        format!(
            "{} steps from {}, {} rule",
            self.steps,
            self.baseline.description(),
            self.quadrature.name()
        )
    }

    fn caption(&self) -> String {
        let baseline = self.baseline.description();
        format!("from {baseline}, {} steps", self.steps)
    }

    fn parameters(&self) -> Parameters {
        let quadrature = self.quadrature.name().to_owned();
        vec![
            (
                "baseline",
                ParameterValue::Text(self.baseline.description()),
            ),
            ("steps", ParameterValue::Count(self.steps)),
            ("quadrature", ParameterValue::Text(quadrature)),
        ]
    }

    fn values(&self) -> ValueKind {
        ValueKind::Shares
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quadratures_are_exact_where_they_should_be() {
        let integral = |rule: Quadrature, steps, f: &dyn Fn(f64) -> f64| -> f64 {
            let nodes = rule.nodes(steps);
            nodes.iter().map(|&(at, weight)| weight * f(at)).sum()
        };
        for rule in Quadrature::ALL {
            assert!((integral(rule, 7, &|_| 1.0) - 1.0).abs() < 1e-12);
        }
        // ∫ x = 1/2: the right rule is too great by 1/(2m), the others exact.
        let linear = |rule| integral(rule, 8, &|x| x);
        assert!((linear(Quadrature::Right) - 0.5 - 1.0 / 16.0).abs() < 1e-12);
        assert!((linear(Quadrature::Midpoint) - 0.5).abs() < 1e-12);
        assert!((linear(Quadrature::Trapezoid) - 0.5).abs() < 1e-12);
        // ∫ x² = 1/3: midpoint falls short by 1/(12 m²), the trapezoid exceeds by twice that.
        let square = |rule| integral(rule, 8, &|x| x * x) - 1.0 / 3.0;
        assert!((square(Quadrature::Midpoint) + 1.0 / 768.0).abs() < 1e-12);
        assert!((square(Quadrature::Trapezoid) - 1.0 / 384.0).abs() < 1e-12);
    }
}
