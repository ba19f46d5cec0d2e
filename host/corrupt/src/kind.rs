//! The kinds of corruption by their names, and the sets that papers report.

use std::fmt;
use std::str::FromStr;

use crate::kinds;
use crate::picture::Picture;
use crate::settings::{CorruptError, SEVERITIES, Settings};

/// A kind of corruption.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(
    missing_docs,
    reason = "the papers' names; `summary` says what each does"
)]
pub enum Kind {
    GaussianNoise,
    ShotNoise,
    ImpulseNoise,
    SpeckleNoise,
    GaussianBlur,
    GlassBlur,
    DefocusBlur,
    MotionBlur,
    ZoomBlur,
    Snow,
    Frost,
    Fog,
    Spatter,
    Brightness,
    Contrast,
    Elastic,
    Pixelate,
    Jpeg,
    Saturate,
    Shear,
    Rotate,
    Scale,
    Translate,
    Stripe,
    DottedLine,
    Zigzag,
    CannyEdges,
}

/// The 15 kinds of ImageNet-C that its mCE is made of (Hendrycks and Dietterich 2019, figure
/// 1).
pub const IMAGENET_C: [Kind; 15] = [
    Kind::GaussianNoise,
    Kind::ShotNoise,
    Kind::ImpulseNoise,
    Kind::DefocusBlur,
    Kind::GlassBlur,
    Kind::MotionBlur,
    Kind::ZoomBlur,
    Kind::Snow,
    Kind::Frost,
    Kind::Fog,
    Kind::Brightness,
    Kind::Contrast,
    Kind::Elastic,
    Kind::Pixelate,
    Kind::Jpeg,
];

/// The 15 kinds of MNIST-C and the severity that each has there (Mu and Gilmer 2019); one
/// without severities has 1.
pub const MNIST_C: [(Kind, u8); 15] = [
    (Kind::ShotNoise, 5),
    (Kind::ImpulseNoise, 4),
    (Kind::GlassBlur, 1),
    (Kind::MotionBlur, 1),
    (Kind::Shear, 2),
    (Kind::Scale, 3),
    (Kind::Rotate, 2),
    (Kind::Brightness, 5),
    (Kind::Translate, 3),
    (Kind::Stripe, 1),
    (Kind::Fog, 5),
    (Kind::Spatter, 4),
    (Kind::DottedLine, 1),
    (Kind::Zigzag, 1),
    (Kind::CannyEdges, 1),
];

impl Kind {
    /// Every kind, noises first, then blurs, weather, digital and geometric ones.
    pub const ALL: [Self; 27] = [
        Self::GaussianNoise,
        Self::ShotNoise,
        Self::ImpulseNoise,
        Self::SpeckleNoise,
        Self::GaussianBlur,
        Self::GlassBlur,
        Self::DefocusBlur,
        Self::MotionBlur,
        Self::ZoomBlur,
        Self::Snow,
        Self::Frost,
        Self::Fog,
        Self::Spatter,
        Self::Brightness,
        Self::Contrast,
        Self::Elastic,
        Self::Pixelate,
        Self::Jpeg,
        Self::Saturate,
        Self::Shear,
        Self::Rotate,
        Self::Scale,
        Self::Translate,
        Self::Stripe,
        Self::DottedLine,
        Self::Zigzag,
        Self::CannyEdges,
    ];

    /// Its name, with hyphens.
    pub fn name(self) -> &'static str {
        match self {
            Self::GaussianNoise => "gaussian-noise",
            Self::ShotNoise => "shot-noise",
            Self::ImpulseNoise => "impulse-noise",
            Self::SpeckleNoise => "speckle-noise",
            Self::GaussianBlur => "gaussian-blur",
            Self::GlassBlur => "glass-blur",
            Self::DefocusBlur => "defocus-blur",
            Self::MotionBlur => "motion-blur",
            Self::ZoomBlur => "zoom-blur",
            Self::Snow => "snow",
            Self::Frost => "frost",
            Self::Fog => "fog",
            Self::Spatter => "spatter",
            Self::Brightness => "brightness",
            Self::Contrast => "contrast",
            Self::Elastic => "elastic",
            Self::Pixelate => "pixelate",
            Self::Jpeg => "jpeg",
            Self::Saturate => "saturate",
            Self::Shear => "shear",
            Self::Rotate => "rotate",
            Self::Scale => "scale",
            Self::Translate => "translate",
            Self::Stripe => "stripe",
            Self::DottedLine => "dotted-line",
            Self::Zigzag => "zigzag",
            Self::CannyEdges => "canny-edges",
        }
    }

    /// Whether a severity changes anything.
    pub fn has_severities(self) -> bool {
        !matches!(
            self,
            Self::Stripe | Self::DottedLine | Self::Zigzag | Self::CannyEdges
        )
    }

    /// Whether it needs colours.
    pub fn needs_colours(self) -> bool {
        self == Self::Saturate
    }

    /// Corrupts a picture.
    ///
    /// # Errors
    /// A severity that is not from 1 to 5, a setting that the kind does not have, or a picture
    /// that is grey or too small for it.
    pub fn apply(self, picture: &Picture, settings: &Settings) -> Result<Picture, CorruptError> {
        self.check(settings)?;
        let corrupted = match self {
            Self::GaussianNoise => kinds::gaussian_noise::apply(picture, settings),
            Self::ShotNoise => kinds::shot_noise::apply(picture, settings),
            Self::ImpulseNoise => kinds::impulse_noise::apply(picture, settings),
            Self::SpeckleNoise => kinds::speckle_noise::apply(picture, settings),
            Self::GaussianBlur => kinds::gaussian_blur::apply(picture, settings),
            Self::GlassBlur => kinds::glass_blur::apply(picture, settings)?,
            Self::DefocusBlur => kinds::defocus_blur::apply(picture, settings),
            Self::MotionBlur => kinds::motion_blur::apply(picture, settings),
            Self::ZoomBlur => kinds::zoom_blur::apply(picture, settings),
            Self::Snow => kinds::snow::apply(picture, settings),
            Self::Frost => kinds::frost::apply(picture, settings),
            Self::Fog => kinds::fog::apply(picture, settings),
            Self::Spatter => kinds::spatter::apply(picture, settings),
            Self::Brightness => kinds::brightness::apply(picture, settings),
            Self::Contrast => kinds::contrast::apply(picture, settings),
            Self::Elastic => kinds::elastic::apply(picture, settings),
            Self::Pixelate => kinds::pixelate::apply(picture, settings),
            Self::Jpeg => kinds::jpeg::apply(picture, settings),
            Self::Saturate => kinds::saturate::apply(picture, settings)?,
            Self::Shear => kinds::shear::apply(picture, settings),
            Self::Rotate => kinds::rotate::apply(picture, settings),
            Self::Scale => kinds::scale::apply(picture, settings),
            Self::Translate => kinds::translate::apply(picture, settings),
            Self::Stripe => kinds::stripe::apply(picture),
            Self::DottedLine => kinds::dotted_line::apply(picture, settings),
            Self::Zigzag => kinds::zigzag::apply(picture, settings),
            Self::CannyEdges => kinds::canny_edges::apply(picture),
        };
        Ok(corrupted)
    }

    fn check(self, settings: &Settings) -> Result<(), CorruptError> {
        let kind = self.name();
        if !SEVERITIES.contains(&settings.severity) {
            return Err(CorruptError::Severity(settings.severity));
        }
        let has_angle = matches!(self, Self::MotionBlur | Self::Snow);
        // A scale has no side to go to: all geometric kinds are called alike.
        let has_sign = matches!(
            self,
            Self::Shear | Self::Rotate | Self::Scale | Self::Translate
        );
        if settings.angle.is_some() && !has_angle {
            let setting = "angle";
            return Err(CorruptError::Setting { kind, setting });
        }
        if let Some(angle) = settings.angle.filter(|angle| !angle.is_finite()) {
            return Err(CorruptError::Angle(angle));
        }
        if settings.sign.is_some() && !has_sign {
            let setting = "sign";
            return Err(CorruptError::Setting { kind, setting });
        }
        Ok(())
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// By its name, with hyphens or underscores; the papers' longer names are known too.
impl FromStr for Kind {
    type Err = CorruptError;

    fn from_str(text: &str) -> Result<Self, CorruptError> {
        let name = text.replace('_', "-").to_lowercase();
        let name = match name.as_str() {
            "elastic-transform" => "elastic",
            "jpeg-compression" => "jpeg",
            name => name,
        };
        let found = Self::ALL.into_iter().find(|kind| kind.name() == name);
        found.ok_or_else(|| CorruptError::Unknown {
            name: text.to_owned(),
            known: Self::ALL.map(Self::name).to_vec(),
        })
    }
}

#[cfg(test)]
mod tests;
