//! The engine's refusal of an image, in the protocol's words.

use cortexscope_core::image::{ImageError, LayerProblem, Part, PlanProblem};
use cortexscope_wire::message::{ImageFault, ImagePart, LayerCheck, PlanCheck};

/// The same refusal with the same numbers.
#[inline(never)]
pub(crate) fn image_fault(error: &ImageError) -> ImageFault {
    match *error {
        ImageError::TooShort {
            need_bytes,
            have_bytes,
        } => ImageFault::TooShort {
            need_bytes: number(need_bytes),
            have_bytes: number(have_bytes),
        },
        ImageError::Misaligned => ImageFault::Misaligned,
        ImageError::Magic => ImageFault::Magic,
        ImageError::Version { found, supported } => ImageFault::Version { found, supported },
        ImageError::Length {
            header_bytes,
            have_bytes,
        } => ImageFault::Length {
            header_bytes,
            have_bytes: number(have_bytes),
        },
        ImageError::Hash => ImageFault::Hash,
        ImageError::Span {
            part,
            offset,
            count,
        } => ImageFault::Span {
            part: image_part(part),
            offset,
            count,
        },
        ImageError::Counts { tensors, layers } => ImageFault::Counts {
            tensors: number(tensors),
            layers: number(layers),
        },
        ImageError::Tensor { tensor } => ImageFault::Tensor {
            tensor: number(tensor),
        },
        ImageError::Layer { layer, problem } => ImageFault::Layer {
            layer: number(layer),
            check: layer_check(problem),
        },
        ImageError::Plan { mode, problem } => ImageFault::Plan {
            mode,
            check: plan_check(problem),
        },
    }
}

fn number(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

fn image_part(part: Part) -> ImagePart {
    match part {
        Part::Name => ImagePart::Name,
        Part::Labels => ImagePart::Labels,
        Part::Tensors => ImagePart::Tensors,
        Part::Layers => ImagePart::Layers,
        Part::Operands => ImagePart::Operands,
        Part::Plans => ImagePart::Plans,
        Part::Steps => ImagePart::Steps,
        Part::Placements => ImagePart::Placements,
        Part::Weights => ImagePart::Weights,
        Part::Bias => ImagePart::Bias,
        Part::Multipliers => ImagePart::Multipliers,
        Part::Table => ImagePart::Table,
        Part::Packed => ImagePart::Packed,
    }
}

fn layer_check(problem: LayerProblem) -> LayerCheck {
    match problem {
        LayerProblem::UnknownOperator(operator) => LayerCheck::UnknownOperator(operator),
        LayerProblem::Inputs => LayerCheck::Inputs,
        LayerProblem::Logits => LayerCheck::Logits,
        LayerProblem::Window => LayerCheck::Window,
        LayerProblem::Shape => LayerCheck::Shape,
        LayerProblem::Parameters => LayerCheck::Parameters,
        LayerProblem::Overflow => LayerCheck::Overflow,
        LayerProblem::Quantisation => LayerCheck::Quantisation,
        LayerProblem::Kernel => LayerCheck::Kernel,
    }
}

fn plan_check(problem: PlanProblem) -> PlanCheck {
    match problem {
        PlanProblem::Mode => PlanCheck::Mode,
        PlanProblem::Steps { step } => PlanCheck::Steps { step: number(step) },
        PlanProblem::Fusion { step } => PlanCheck::Fusion { step: number(step) },
        PlanProblem::Placement { tensor } => PlanCheck::Placement {
            tensor: number(tensor),
        },
        PlanProblem::Overlap { step, tensor } => PlanCheck::Overlap {
            step: number(step),
            tensor: number(tensor),
        },
    }
}
