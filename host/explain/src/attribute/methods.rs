//! The methods: a file for each, and their list.
//!
//! A new one is a file, and three lines here: its module, what it makes public, and its place
//! among the others.

mod cam;
mod deconvnet;
mod grad_cam;
mod grad_cam_plus_plus;
mod gradient;
mod gradient_x_input;
mod guided_backprop;
mod guided_grad_cam;
mod hires_cam;
mod integrated_gradients;
mod layer_cam;
mod lrp_epsilon;
mod lrp_gamma;
mod lrp_zplus;
mod occlusion;
mod rise;
mod saliency;
mod score_cam;
mod smooth_grad;
mod x_grad_cam;

pub use cam::Cam;
pub use deconvnet::{Deconvnet, DeconvnetStart};
pub use grad_cam::GradCam;
pub use grad_cam_plus_plus::GradCamPlusPlus;
pub use gradient::Gradient;
pub use gradient_x_input::GradientXInput;
pub use guided_backprop::GuidedBackprop;
pub use guided_grad_cam::GuidedGradCam;
pub use hires_cam::HiResCam;
pub use integrated_gradients::{IntegratedGradients, Quadrature};
pub use layer_cam::LayerCam;
pub use lrp_epsilon::lrp_epsilon;
pub use lrp_gamma::lrp_gamma;
pub use lrp_zplus::lrp_zplus;
pub use occlusion::Occlusion;
pub use rise::{MaskStream, Masks, Rise, RiseVariant};
pub use saliency::Saliency;
pub use score_cam::{ScoreCam, ScoreCamVariant, seen};
pub use smooth_grad::{SmoothGrad, SmoothGradOf};
pub use x_grad_cam::XGradCam;

use super::method::MethodInfo;

/// All methods, in the order of the help and of the live page.
pub const REGISTRY: &[MethodInfo] = &[
    gradient::INFO,
    saliency::INFO,
    gradient_x_input::INFO,
    guided_backprop::INFO,
    deconvnet::INFO,
    smooth_grad::INFO,
    integrated_gradients::INFO,
    grad_cam::INFO,
    guided_grad_cam::INFO,
    grad_cam_plus_plus::INFO,
    x_grad_cam::INFO,
    hires_cam::INFO,
    layer_cam::INFO,
    score_cam::INFO,
    cam::INFO,
    lrp_epsilon::INFO,
    lrp_gamma::INFO,
    lrp_zplus::INFO,
    occlusion::INFO,
    rise::INFO,
];
