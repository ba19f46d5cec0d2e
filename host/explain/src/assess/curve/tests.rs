//! Blurs and orders worked out by hand.

use super::*;

#[test]
fn a_blur_is_zero_padded() {
    let blur = Blur {
        sigma: 1.0,
        taps: 3,
    };
    let blurred = blur.of(&[1.0; 4], [1, 4]).expect("a blur");
    let e = (-0.5_f64).exp();
    let rows = 1.0 / (1.0 + 2.0 * e);
    let wanted = [rows * (1.0 + e) * rows, rows];
    assert!((f64::from(blurred[0]) - wanted[0]).abs() < 1e-6);
    assert!((f64::from(blurred[1]) - wanted[1]).abs() < 1e-6);
    let even = Blur {
        sigma: 1.0,
        taps: 4,
    };
    assert!(even.of(&[1.0], [1, 1]).is_err());
    assert_eq!(Blur::suited([28, 28]).taps, 5);
    assert_eq!(Blur::suited([224, 224]).sigma, 5.0);
    // The shorter side decides, from 64 on.
    let suited = |size| (Blur::suited(size).sigma, Blur::suited(size).taps);
    assert_eq!([suited([28, 224]), suited([224, 63])], [(2.0, 5); 2]);
    assert_eq!([suited([64, 224]), suited([224, 64])], [(5.0, 11); 2]);
    for sigma in [0.0, -1.0, f64::INFINITY, f64::NAN] {
        assert!(Blur { sigma, taps: 3 }.of(&[1.0], [1, 1]).is_err());
    }
    // Five taps of deviation 2 around one pixel: exp(−k²/8).
    let blur = Blur {
        sigma: 2.0,
        taps: 5,
    };
    let blurred = blur.of(&[0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0], [1, 7]);
    let weight = |k: i32| (-f64::from(k * k) / 8.0).exp();
    let whole = 1.0 + 2.0 * weight(1) + 2.0 * weight(2);
    for (at, have) in (-3_i32..=3).zip(blurred.expect("a blur")) {
        let wanted = if at.abs() > 2 {
            0.0
        } else {
            weight(at) / whole / whole
        };
        assert!((f64::from(have) - wanted).abs() < 1e-6, "{at} {have}");
    }
}

#[test]
fn both_zeros_are_one_value() {
    assert_eq!(order(&[0.0, -0.0, 0.0, -0.0, 1.0]), [4, 0, 1, 2, 3]);
    assert_eq!(order(&[-0.0, 0.0, -0.0]), [0, 1, 2]);
}
