//! Comparisons with networks whose answers are known.

use std::ops::ControlFlow;

use super::*;
use cortexscope_explain::attribute::{
    Baseline, Composite, GradCam, Gradient, LrpRule, MapLayer, Occlusion, ScoreCam,
    ScoreCamVariant, lrp_epsilon,
};
use cortexscope_explain::float_model::Overrides;
use cortexscope_net::input::MnistSet;

fn lenet() -> (FloatModel, Vec<f32>) {
    let model = FloatModel::open("lecture-lenet", &Overrides::default()).expect("it is shipped");
    let digits = MnistSet::test_digits().expect("they are shipped");
    let input = digits.input(18, &model.spec.input).expect("a digit");
    (model, input)
}

fn occlusion() -> Method {
    Occlusion {
        window: [14, 14],
        stride: [7, 7],
        fill: Baseline::Black,
    }
    .into()
}

fn found(
    model: &FloatModel,
    other: &mut dyn Answers,
    input: &[f32],
    methods: &[Method],
) -> Comparison {
    let mut other = Other {
        answers: other,
        through: None,
    };
    compare(model, &mut other, input, methods, &mut |_, _| {
        ControlFlow::Continue(())
    })
    .expect("a comparison")
}

/// The logits of another network, negated: what it loses the other one gains.
struct Negated<'m>(FloatAnswers<'m>);

impl Answers for Negated<'_> {
    fn logits(&mut self, input: &[f32]) -> Result<Vec<f32>, ExplainError> {
        let logits = self.0.logits(input)?;
        Ok(logits.into_iter().map(|logit| -logit).collect())
    }

    fn maps(&mut self, _: &str, _: &[f32]) -> Result<Option<Vec<f32>>, ExplainError> {
        Ok(None)
    }
}

#[test]
fn a_network_agrees_with_itself_and_not_with_its_negative() {
    let (model, input) = lenet();
    let mut same = FloatAnswers::of(&model).expect("classes");
    let methods = [occlusion()];
    let alike = found(&model, &mut same, &input, &methods);
    assert!(!alike.classes.changed());
    assert_eq!(alike.methods[0].rank_correlation, Some(1.0));
    assert_eq!(alike.methods[0].float, alike.methods[0].other);
    let mut negated = Negated(FloatAnswers::of(&model).expect("classes"));
    let other = found(&model, &mut negated, &input, &methods);
    assert!(other.classes.changed());
    assert_eq!(other.methods[0].rank_correlation, Some(-1.0));
    assert_eq!(other.methods[0].other.score, -other.methods[0].float.score);
}

/// Answers of another network to the same question count masks, too.
#[test]
fn score_cam_asks_for_maps_and_falls_back_on_the_float_models() {
    let (model, input) = lenet();
    let method: Method = ScoreCam {
        maps: MapLayer {
            layer: Some("pool2".to_owned()),
            coarse: true,
        },
        variant: ScoreCamVariant::Increase,
        fill: Baseline::Zero,
    }
    .into();
    let mut same = FloatAnswers::of(&model).expect("classes");
    let alike = found(&model, &mut same, &input, std::slice::from_ref(&method));
    assert_eq!(alike.methods[0].rank_correlation, Some(1.0));
    let mut negated = Negated(FloatAnswers::of(&model).expect("classes"));
    let other = found(&model, &mut negated, &input, &[method]);
    let weights = |found: &Attribution| found.maps[1].values.clone();
    let (ours, theirs) = (
        weights(&other.methods[0].float),
        weights(&other.methods[0].other),
    );
    assert!(ours.iter().zip(&theirs).all(|(a, b)| *a == -*b));
}

#[test]
fn methods_that_need_derivatives_are_refused() {
    let (model, input) = lenet();
    let mut same = FloatAnswers::of(&model).expect("classes");
    let mut other = Other {
        answers: &mut same,
        through: None,
    };
    let refused = compare(
        &model,
        &mut other,
        &input,
        &[Gradient.into()],
        &mut |_, _| ControlFlow::Continue(()),
    );
    let words = refused.expect_err("it needs derivatives").to_string();
    assert!(
        words.contains("gradient") && words.contains("rise"),
        "{words}"
    );
}

/// Derivatives are the int8 network's; its own answers are not asked for them.
#[test]
fn methods_that_need_derivatives_have_straight_through_ones() {
    let (model, input) = lenet();
    let int8 = crate::int8::beside(&model).expect("it is compiled");
    let mut same = FloatAnswers::of(&model).expect("classes");
    let mut other = Other {
        answers: &mut same,
        through: Some(&int8),
    };
    let methods: [Method; 2] = [
        Gradient.into(),
        GradCam(MapLayer {
            layer: None,
            coarse: true,
        })
        .into(),
    ];
    let report: Report<'_> = &mut |_, _| ControlFlow::Continue(());
    let found = compare(&model, &mut other, &input, &methods, report).expect("a comparison");
    for one in &found.methods {
        assert!(one.is_straight_through, "{}", one.method);
        let alike = one.rank_correlation.expect("both vary");
        assert!(alike > 0.8 && alike < 1.0, "{}: {alike}", one.method);
        assert_eq!(one.float.shape, one.other.shape);
    }
    // Relevance has no rule there, and says so.
    let composite = Composite::uniform(LrpRule::Epsilon(1e-6));
    let lrp = lrp_epsilon(composite);
    let refused = compare(&model, &mut other, &input, &[lrp], report);
    let words = refused.expect_err("there is no rule").to_string();
    assert!(words.contains("int8"), "{words}");
}
