//! Attributions of the newest frame.

use super::models::{Failure, Models};
use crate::command::Attribute;
use crate::packet::{Kind, Packet};
use crate::shared::{AttributionTask, Shared};
use axum::body::Bytes;
use cortexscope_draw::{ColourLimit, heat};
use cortexscope_explain::attribute::{
    Attribution, ExplainError, Explained, Method, Plans, Receipt, Request, explain_with,
};
use cortexscope_explain::float_model::FloatModel;
use cortexscope_explain::target::{Aim, ClassValue, Target};
use cortexscope_present::documents::Document;
use cortexscope_present::scene::attribution::per_pixel;
use serde_json::json;
use std::ops::ControlFlow;
use std::time::Instant;

/// Percent of the values whose colours are told apart, as on the command line.
const LIMIT: ColourLimit = ColourLimit::Percentile(99.5);

/// An attribution, and all that its receipt says.
struct FrameAttribution {
    aim: Aim,
    method: Method,
    attribution: Attribution,
    seconds: f64,
}

pub(super) fn run(shared: &Shared, models: &Models) {
    // Frames follow each other by the same method and target, most of the time.
    let mut plans = Plans::default();
    while let Some(task) = shared.attributions.take() {
        let is_wanted = || {
            let state = shared.state.borrow();
            state.attribute.as_ref() == Some(&task.attribute) && !shared.attributions.is_closed()
        };
        let made = models
            .open(&task.frame.image_path)
            .map_err(Failure::from)
            .and_then(|model| {
                let made = make(&mut plans, &model, &task, &is_wanted)?;
                Ok((model, made))
            });
        let packet = match made {
            Ok((model, made)) => packet(&model, &task, &made),
            // Another method or class was asked for meanwhile.
            Err(Failure::Explain(ExplainError::Interrupted)) => continue,
            Err(failure) => Packet::new(
                Kind::Attribution,
                json!({
                    "generation": task.frame.generation,
                    "frame": task.frame.flow.frames(),
                    "method": task.attribute.method,
                    "error": failure.to_string(),
                }),
            )
            .emit(),
        };
        shared.attribution.send_replace(Some(packet));
    }
}

fn make(
    plans: &mut Plans,
    model: &FloatModel,
    task: &AttributionTask,
    is_wanted: &dyn Fn() -> bool,
) -> Result<FrameAttribution, Failure> {
    let Attribute { method, class } = &task.attribute;
    let [_, height, width] = model.input_shape();
    let method = Method::standard(method, [height, width]).ok_or_else(|| Failure::Unknown {
        what: "method",
        name: method.clone(),
    })?;
    let input = &task.frame.values;
    let aim = match class {
        Some(class) => Target::Class(class.to_string()).aim(model, ClassValue::Logit)?,
        None => Aim::predicted(model, input, ClassValue::Logit)?,
    };
    let begun = Instant::now();
    let request = Request {
        input,
        aim: &aim,
        method: &method,
    };
    let attribution = explain_with(plans, model, request, &mut |_, _| {
        if is_wanted() {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    })?;
    let seconds = begun.elapsed().as_secs_f64();
    Ok(FrameAttribution {
        aim,
        method,
        attribution,
        seconds,
    })
}

fn packet(model: &FloatModel, task: &AttributionTask, made: &FrameAttribution) -> Bytes {
    let FrameAttribution {
        aim,
        method,
        attribution,
        seconds,
    } = made;
    let frame = &task.frame;
    let target = task.attribute.class.map(|class| format!("class:{class}"));
    let receipt = Receipt::of(Explained {
        model,
        input: &frame.source,
        target: target.as_deref(),
        aim,
        method,
        attribution,
        seconds: *seconds,
        picture: "attribution.png",
        array: "attribution.npy",
        maps: &[],
    });
    let (values, is_signed) = per_pixel(attribution, method);
    let (reach, description) = LIMIT.of(&values);
    let [_, height, width] = attribution.shape;
    let over = model.spec.input.picture(&frame.values);
    let picture = heat(&values, width as u32, is_signed, reach, Some(&over));
    let header = json!({
        "generation": frame.generation,
        "frame": frame.flow.frames(),
        "method": method.name(),
        "statement": method.statement(),
        "unit": method.unit("logit"),
        "is_signed": is_signed,
        "reach": reach,
        "reach_words": description,
        "receipt": receipt.to_value().unwrap_or_default(),
    });
    Packet::new(Kind::Attribution, header)
        .f32s("attribution", &attribution.shape, &attribution.values)
        .u8s("picture", &[height, width, 3], picture.as_raw())
        .emit()
}
