//! Colour maps: what value has what colour.
//!
//! The maps for activations are straight in CIELAB lightness, so that equal
//! steps of a value look equally large (Kovesi 2015, "Good colour maps").

mod lab;

use std::sync::LazyLock;

use image::Rgb;
use lab::Lab;

/// A map from a value, scaled to 0…1, to a colour that is the same in every
/// theme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ColourMap {
    /// Near-black to pale yellow-green through blue and teal, for values from
    /// zero up. Lightness L* rises in equal steps from 4 to 94.
    Activation,
    /// Orange, near-black, blue, for values around zero. Zero is darkest, as in
    /// [`ColourMap::Activation`]; L* rises in equal steps on both sides.
    Signed,
    /// Black to white, for inputs.
    Grey,
    /// Probabilities under occlusion, in one of two palettes.
    Occlusion(Palette),
}

/// The colours of an occlusion map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Palette {
    /// The lecture's: blue where the probability falls (important), red where
    /// it stays (negligible).
    Lecture,
    /// Cividis (Nuñez, Anderton and Renslow 2018): dark blue where the
    /// probability falls, yellow where it stays; in order also without colour,
    /// and for readers who do not tell red from green.
    ColourBlindSafe,
}

impl Palette {
    /// What the two ends mean, in this palette's colours: where it falls, and
    /// where it stays.
    pub fn words(self) -> [&'static str; 2] {
        match self {
            Palette::Lecture => ["blue: important", "red: negligible"],
            Palette::ColourBlindSafe => ["blue: important", "yellow: negligible"],
        }
    }
}

/// Knots of [`ColourMap::Activation`] in CIELAB, in equal steps of the value.
const ACTIVATION: [Lab; 6] = [
    Lab::new(4.0, 0.0, -3.0),
    Lab::new(22.0, 4.0, -27.0),
    Lab::new(40.0, -8.0, -28.0),
    Lab::new(58.0, -28.0, -12.0),
    Lab::new(76.0, -32.0, 12.0),
    Lab::new(94.0, -14.0, 31.0),
];
/// Knots of the positive side of [`ColourMap::Signed`], from zero.
const POSITIVE: [Lab; 4] = [
    Lab::new(4.0, 0.0, -3.0),
    Lab::new(30.0, 3.0, -34.0),
    Lab::new(56.0, -11.0, -36.0),
    Lab::new(82.0, -14.0, -24.0),
];
/// Knots of the negative side of [`ColourMap::Signed`], from zero.
const NEGATIVE: [Lab; 4] = [
    Lab::new(4.0, 0.0, -3.0),
    Lab::new(30.0, 26.0, 28.0),
    Lab::new(56.0, 32.0, 50.0),
    Lab::new(82.0, 13.0, 45.0),
];

const STEPS: usize = 256;
type Table = [Rgb<u8>; STEPS];

static ACTIVATION_TABLE: LazyLock<Table> = LazyLock::new(|| {
    std::array::from_fn(|step| through(&ACTIVATION, step as f32 / (STEPS - 1) as f32).to_srgb())
});
static SIGNED_TABLE: LazyLock<Table> = LazyLock::new(|| {
    std::array::from_fn(|step| {
        let around = step as f32 / (STEPS - 1) as f32 * 2.0 - 1.0;
        let side = if around < 0.0 { &NEGATIVE } else { &POSITIVE };
        through(side, around.abs()).to_srgb()
    })
});

impl ColourMap {
    /// The colour of a value between 0 and 1; what lies outside is clamped,
    /// and what is not a number has the colour of 0.
    /// The middle of [`ColourMap::Signed`], 0.5, is zero.
    pub fn at(self, value: f32) -> Rgb<u8> {
        let value = if value.is_nan() {
            0.0
        } else {
            value.clamp(0.0, 1.0)
        };
        let step = (value * (STEPS - 1) as f32).round() as usize;
        match self {
            ColourMap::Activation => ACTIVATION_TABLE[step],
            ColourMap::Signed => SIGNED_TABLE[step],
            ColourMap::Grey => Rgb([step as u8; 3]),
            ColourMap::Occlusion(Palette::Lecture) => {
                // Without the outer tenths, which are too dark to be named.
                rgb(colorous::RED_BLUE.eval_continuous(0.9 - 0.8 * f64::from(value)))
            }
            ColourMap::Occlusion(Palette::ColourBlindSafe) => {
                rgb(colorous::CIVIDIS.eval_continuous(f64::from(value)))
            }
        }
    }
}

fn rgb(colour: colorous::Color) -> Rgb<u8> {
    Rgb([colour.r, colour.g, colour.b])
}

/// The point at `value`, 0 to 1, on the straight lines through the knots.
fn through<const N: usize>(knots: &[Lab; N], value: f32) -> Lab {
    let position = value * (N - 1) as f32;
    let index = (position as usize).min(N - 2);
    knots[index].towards(knots[index + 1], position - index as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lightness(map: ColourMap) -> Vec<f32> {
        (0..STEPS)
            .map(|step| Lab::from_srgb(map.at(step as f32 / 255.0)).lightness)
            .collect()
    }

    /// Rounding to 8 bits moves a channel by at most half a code; a grey moves
    /// in L* by at most half of this per code (its largest step, near black).
    const CODE_IN_LIGHTNESS: f32 = 0.47;

    #[test]
    fn lightness_of_the_activation_map_rises_evenly() {
        for (step, measured) in lightness(ColourMap::Activation).into_iter().enumerate() {
            let even = 4.0 + 90.0 * step as f32 / 255.0;
            assert!(
                (measured - even).abs() <= CODE_IN_LIGHTNESS,
                "step {step}: L* {measured}, {even} would be even"
            );
        }
    }

    #[test]
    fn lightness_of_the_signed_map_rises_evenly_from_zero() {
        for (step, measured) in lightness(ColourMap::Signed).into_iter().enumerate() {
            let even = 4.0 + 78.0 * (step as f32 / 127.5 - 1.0).abs();
            assert!(
                (measured - even).abs() <= CODE_IN_LIGHTNESS,
                "step {step}: L* {measured}, {even} would be even"
            );
        }
    }

    #[test]
    fn the_safe_palette_orders_by_lightness_alone() {
        let lightness = lightness(ColourMap::Occlusion(Palette::ColourBlindSafe));
        for (step, pair) in lightness.windows(8).enumerate() {
            assert!(pair[7] > pair[0], "not lighter after step {step}");
        }
        assert!(lightness[255] - lightness[0] > 70.0);
    }

    #[test]
    fn the_safe_palette_keeps_its_distances_for_deuteranopes() {
        let map = ColourMap::Occlusion(Palette::ColourBlindSafe);
        // Nine colours that a reader can name must stay as far apart as seen
        // with three cones, to three quarters.
        let seen: Vec<(Lab, Lab)> = (0..=8)
            .map(|eighth| map.at(eighth as f32 / 8.0))
            .map(|colour| {
                let without_green = lab::deuteranopia(colour);
                (Lab::from_srgb(colour), Lab::from_srgb(without_green))
            })
            .collect();
        for pair in seen.windows(2) {
            let usual = pair[0].0.distance(pair[1].0);
            let deuteranope = pair[0].1.distance(pair[1].1);
            assert!(deuteranope >= 0.75 * usual, "{deuteranope} of {usual}");
        }
    }

    #[test]
    fn both_signs_stay_apart_for_deuteranopes() {
        for tenth in 1..=5 {
            let away = tenth as f32 / 10.0;
            let [negative, positive] = [0.5 - away, 0.5 + away]
                .map(|value| Lab::from_srgb(lab::deuteranopia(ColourMap::Signed.at(value))));
            // 2.3 is the just noticeable difference of CIE76 (Mahy 1994).
            let distance = negative.distance(positive);
            assert!(distance > 2.3 * 4.0, "{away}: {distance}");
        }
    }

    #[test]
    fn the_lecture_has_blue_for_important_and_red_for_negligible() {
        let map = ColourMap::Occlusion(Palette::Lecture);
        let (Rgb(low), Rgb(high)) = (map.at(0.1), map.at(0.9));
        assert!(low[2] > low[0] + 60, "{low:?}");
        assert!(high[0] > high[2] + 60, "{high:?}");
    }

    #[test]
    fn values_outside_are_clamped() {
        for map in [ColourMap::Activation, ColourMap::Signed, ColourMap::Grey] {
            assert_eq!(map.at(-3.0), map.at(0.0));
            assert_eq!(map.at(7.0), map.at(1.0));
            assert_eq!(map.at(f32::NAN), map.at(0.0));
        }
    }
}
