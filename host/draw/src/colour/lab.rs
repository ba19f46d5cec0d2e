//! CIELAB (CIE 1976, D65), in which distances are near to what eyes see.

use image::Rgb;

/// A colour in CIELAB under D65.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Lab {
    /// L*, 0 for black to 100 for white.
    pub lightness: f32,
    a: f32,
    b: f32,
}

/// XYZ to linear sRGB (IEC 61966-2-1).
const FROM_XYZ: [[f32; 3]; 3] = [
    [3.240_454_2, -1.537_138_5, -0.498_531_4],
    [-0.969_266, 1.876_010_8, 0.041_556],
    [0.055_643_4, -0.204_025_9, 1.057_225_2],
];
const WHITE: [f32; 3] = [0.950_47, 1.0, 1.088_83];
const EPSILON: f32 = 216.0 / 24389.0;
const KAPPA: f32 = 24389.0 / 27.0;

impl Lab {
    pub(super) const fn new(lightness: f32, a: f32, b: f32) -> Self {
        Self { lightness, a, b }
    }

    /// The point a fraction of the way to another.
    pub(super) fn towards(self, other: Self, fraction: f32) -> Self {
        let between = |from: f32, to: f32| from + (to - from) * fraction;
        Self {
            lightness: between(self.lightness, other.lightness),
            a: between(self.a, other.a),
            b: between(self.b, other.b),
        }
    }

    pub(super) fn to_srgb(self) -> Rgb<u8> {
        let fy = (self.lightness + 16.0) / 116.0;
        let f = [fy + self.a / 500.0, fy, fy - self.b / 200.0];
        let xyz: [f32; 3] = std::array::from_fn(|axis| {
            let cube = f[axis].powi(3);
            let ratio = if cube > EPSILON {
                cube
            } else {
                (116.0 * f[axis] - 16.0) / KAPPA
            };
            ratio * WHITE[axis]
        });
        Rgb(times(&FROM_XYZ, xyz).map(encode))
    }
}

fn times(matrix: &[[f32; 3]; 3], vector: [f32; 3]) -> [f32; 3] {
    matrix.map(|row| row[0] * vector[0] + row[1] * vector[1] + row[2] * vector[2])
}

/// Linear light to an sRGB code.
fn encode(linear: f32) -> u8 {
    let value = if linear <= 0.003_130_8 {
        12.92 * linear
    } else {
        1.055 * linear.powf(1.0 / 2.4) - 0.055
    };
    (value.clamp(0.0, 1.0) * 255.0).round() as u8
}

#[cfg(test)]
pub(super) use measure::deuteranopia;

#[cfg(test)]
mod measure {
    use super::*;

    /// Linear sRGB to XYZ (IEC 61966-2-1).
    const TO_XYZ: [[f32; 3]; 3] = [
        [0.412_456_4, 0.357_576_1, 0.180_437_5],
        [0.212_672_9, 0.715_152_2, 0.072_175],
        [0.019_333_9, 0.119_192, 0.950_304_1],
    ];

    impl Lab {
        pub(in super::super) fn from_srgb(Rgb(codes): Rgb<u8>) -> Self {
            let xyz = times(&TO_XYZ, codes.map(decode));
            let f: [f32; 3] = std::array::from_fn(|axis| {
                let ratio = xyz[axis] / WHITE[axis];
                if ratio > EPSILON {
                    ratio.cbrt()
                } else {
                    (KAPPA * ratio + 16.0) / 116.0
                }
            });
            Self {
                lightness: 116.0 * f[1] - 16.0,
                a: 500.0 * (f[0] - f[1]),
                b: 200.0 * (f[1] - f[2]),
            }
        }

        /// CIE76 colour difference.
        pub(in super::super) fn distance(self, other: Self) -> f32 {
            let [l, a, b] = [
                self.lightness - other.lightness,
                self.a - other.a,
                self.b - other.b,
            ];
            (l * l + a * a + b * b).sqrt()
        }
    }

    /// An sRGB code to linear light.
    fn decode(code: u8) -> f32 {
        let value = f32::from(code) / 255.0;
        if value <= 0.040_45 {
            value / 12.92
        } else {
            ((value + 0.055) / 1.055).powf(2.4)
        }
    }

    /// How a colour looks without the green cones (Machado, Oliveira and
    /// Fernandes 2009, severity 1).
    pub(in super::super) fn deuteranopia(Rgb(codes): Rgb<u8>) -> Rgb<u8> {
        const MACHADO: [[f32; 3]; 3] = [
            [0.367_322, 0.860_646, -0.227_968],
            [0.280_085, 0.672_501, 0.047_413],
            [-0.011_820, 0.042_940, 0.968_881],
        ];
        Rgb(times(&MACHADO, codes.map(decode)).map(encode))
    }

    #[test]
    fn known_colours_have_their_known_coordinates() {
        let white = Lab::from_srgb(Rgb([255, 255, 255]));
        assert!((white.lightness - 100.0).abs() < 0.01 && white.a.abs() < 0.02);
        // sRGB red: L* 53.24, a* 80.09, b* 67.20.
        let red = Lab::from_srgb(Rgb([255, 0, 0]));
        assert!(
            red.distance(Lab::new(53.24, 80.09, 67.20)) < 0.02,
            "{red:?}"
        );
    }

    #[test]
    fn every_third_code_survives_the_way_there_and_back() {
        for code in (0..=255).step_by(3) {
            let colour = Rgb([code, 255 - code, code / 2]);
            assert_eq!(Lab::from_srgb(colour).to_srgb(), colour);
        }
    }
}
