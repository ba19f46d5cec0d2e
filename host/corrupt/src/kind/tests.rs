//! Every kind against numbers that other programs computed, and against its own seed.

mod constants;

use super::*;
use crate::settings::Variant;

const SIDE: usize = 28;

fn picture(name: &str) -> Picture {
    let place = |at: usize| (at / SIDE % SIDE, at % SIDE);
    let grey = |at: usize| {
        let (y, x) = place(at);
        ((y * 37 + x * 91 + (y * x) % 53 * 3) % 256) as f64
    };
    let blob = |at: usize| {
        let (y, x) = place(at);
        let far = (y as f64 - 12.0).powi(2) / 30.0 + (x as f64 - 15.0).powi(2) / 12.0;
        (255.0 * (-far).exp()).round()
    };
    let colour = |at: usize| {
        let (y, x) = place(at);
        let level = match at / (SIDE * SIDE) {
            0 => y * 7 + x * 3,
            1 => y * 5 + x * 11 + 40,
            _ => 200 - y * 3 + x * 2,
        };
        (level % 256) as f64
    };
    let one = SIDE * SIDE;
    let (channels, levels) = match name {
        "grey" => (1, (0..one).map(grey).collect()),
        "blob" => (1, (0..one).map(blob).collect()),
        _ => (3, (0..3 * one).map(colour).collect()),
    };
    Picture::new(channels, [SIDE; 2], levels).unwrap()
}

/// A line of the file of other programs' numbers.
struct Case {
    name: String,
    kind: Kind,
    picture: Picture,
    settings: Settings,
    sum: f64,
    weighted: f64,
    levels: Vec<f64>,
}

fn cases() -> Vec<Case> {
    let lines = include_str!("golden.txt").lines();
    let lines = lines.filter(|line| !line.starts_with('#'));
    let case = |line: &str| {
        let parts: Vec<&str> = line.split(' ').collect();
        let number = |at: usize| parts[at].parse::<f64>().ok();
        Case {
            name: parts[..7].join(" "),
            kind: parts[0].parse().unwrap(),
            picture: picture(parts[2]),
            settings: Settings {
                severity: parts[1].parse().unwrap(),
                angle: number(3),
                sign: number(4).zip(number(5)).map(|(x, y)| [x, y]),
                variant: match parts[6] {
                    "mnist-c" => Variant::MnistC,
                    "tangent" => Variant::Tangent,
                    _ => Variant::Definition,
                },
                ..Settings::default()
            },
            sum: number(7).unwrap(),
            weighted: number(8).unwrap(),
            levels: (9..25).map(|at| number(at).unwrap()).collect(),
        }
    };
    lines.map(case).collect()
}

/// How far a level may be from the other program's, which rounds some weights to f32; the file
/// has five digits.
const TOLERANCE: f64 = 2e-4;

#[test]
fn what_is_not_random_is_what_other_programs_compute() {
    let mut wrong = Vec::new();
    let cases = cases();
    assert_eq!(cases.len(), 118);
    for case in cases {
        let found = case.kind.apply(&case.picture, &case.settings).unwrap();
        let levels = found.levels();
        let count = levels.len();
        let weight = |at: usize| (7919 * at % 1000) as f64 / 1000.0;
        let sum: f64 = levels.iter().sum();
        let weighted: f64 = levels
            .iter()
            .enumerate()
            .map(|(at, level)| weight(at) * level)
            .sum();
        // Errors of single levels have either sign.
        let of_sums = TOLERANCE * count as f64 / 4.0;
        let mut worst: f64 = 0.0;
        for (k, expected) in case.levels.iter().enumerate() {
            let level = levels[(k * (count / 16) + 5 * k * k) % count];
            worst = worst.max((level - expected).abs());
        }
        if worst > TOLERANCE
            || (sum - case.sum).abs() > of_sums
            || (weighted - case.weighted).abs() > of_sums
        {
            wrong.push(format!(
                "{}: worst {worst:.5}, sum off by {:.4}, weighted by {:.4}",
                case.name,
                sum - case.sum,
                weighted - case.weighted
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_seed_repeats_bit_for_bit_and_another_differs() {
    for kind in Kind::ALL {
        let picture = picture("rgb");
        let at = |seed, stream| {
            let settings = Settings {
                severity: 4,
                seed,
                stream,
                ..Settings::default()
            };
            kind.apply(&picture, &settings).unwrap()
        };
        let first = at(1, 0);
        assert_eq!(first, at(1, 0), "{kind}");
        assert_eq!((first.size(), first.channels()), ([SIDE; 2], 3));
        assert!(
            first
                .levels()
                .iter()
                .all(|level| (0.0..=255.0).contains(level)),
            "{kind}"
        );
        assert_ne!(first, picture, "{kind}");
        let is_random = matches!(
            kind,
            Kind::GaussianNoise
                | Kind::ShotNoise
                | Kind::ImpulseNoise
                | Kind::SpeckleNoise
                | Kind::GlassBlur
                | Kind::MotionBlur
                | Kind::Snow
                | Kind::Frost
                | Kind::Fog
                | Kind::Spatter
                | Kind::Elastic
                | Kind::DottedLine
                | Kind::Zigzag
        );
        if is_random {
            assert_ne!(first, at(2, 0), "{kind}");
            assert_ne!(first, at(1, 1), "{kind}");
        }
    }
}

/// Noise on a grey field has the deviation of the definition: within five standard errors.
#[test]
fn noises_have_the_deviation_that_they_are_defined_by() {
    let count = 128 * 128;
    let level = 127.5;
    let field = Picture::new(1, [128; 2], vec![level; count]).unwrap();
    let moments = |kind: Kind, severity| {
        let settings = Settings {
            severity,
            seed: 11,
            ..Settings::default()
        };
        let found = kind.apply(&field, &settings).unwrap();
        let values: Vec<f64> = found.levels().iter().map(|level| level / 255.0).collect();
        let mean = values.iter().sum::<f64>() / count as f64;
        let spread = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / count as f64;
        [mean, spread.sqrt()]
    };
    // Standard error of a deviation: σ/√2n, times five.
    let near = |found: f64, expected: f64| {
        (found - expected).abs() < 5.0 * expected / (2.0 * count as f64).sqrt()
    };
    // Hardly anything of these is cut at black or white.
    assert!(near(moments(Kind::GaussianNoise, 1)[1], 0.08));
    assert!(near(moments(Kind::GaussianNoise, 2)[1], 0.12));
    assert!(near(moments(Kind::SpeckleNoise, 2)[1], 0.1));
    assert!(near(
        moments(Kind::ShotNoise, 1)[1],
        (0.5_f64 / 60.0).sqrt()
    ));
    // Half of 17 % is white and half black: mean 0.5, variance 0.17/4.
    let [mean, deviation] = moments(Kind::ImpulseNoise, 4);
    assert!((mean - 0.5).abs() < 5.0 * (0.17_f64 / 4.0 / count as f64).sqrt());
    assert!((deviation - (0.17_f64 / 4.0).sqrt()).abs() < 0.005);
}

/// Glass exchanges pixels: with the blurs' share taken away nothing is made or lost, and
/// nothing at the far border moves.
#[test]
fn glass_moves_what_is_there() {
    let field = Picture::new(1, [SIDE; 2], vec![100.0; SIDE * SIDE]).unwrap();
    let settings = Settings {
        severity: 5,
        ..Settings::default()
    };
    let found = Kind::GlassBlur.apply(&field, &settings).unwrap();
    assert!(
        found
            .levels()
            .iter()
            .all(|level| (99.0..=100.0).contains(level))
    );
    let small = Picture::new(1, [8, 28], vec![0.0; 8 * 28]).unwrap();
    let refused = Kind::GlassBlur.apply(&small, &settings).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "glass-blur needs a picture of at least 9×9 pixels"
    );
}

/// Without texture frost is a share of the picture and nothing else brighter than the ice.
#[test]
fn frost_and_fog_keep_to_their_weights() {
    let black = Picture::new(1, [64; 2], vec![0.0; 64 * 64]).unwrap();
    let white = Picture::new(1, [64; 2], vec![255.0; 64 * 64]).unwrap();
    for (severity, ice) in [(1, 0.4), (5, 0.75)] {
        let settings = Settings {
            severity,
            ..Settings::default()
        };
        let frost = Kind::Frost.apply(&black, &settings).unwrap();
        let most = frost.levels().iter().copied().fold(0.0, f64::max);
        assert!(most <= 255.0 * ice && most > 40.0, "{most}");
        // Fog: black has no brightest level to keep, white keeps it.
        assert_eq!(Kind::Fog.apply(&black, &settings).unwrap(), black);
        let fog = Kind::Fog.apply(&white, &settings).unwrap();
        let least = fog.levels().iter().copied().fold(255.0, f64::min);
        let weight = if severity == 1 { 1.5 } else { 3.0 };
        // Where the landscape is 0: 1 · 1/(1 + weight).
        assert!((least - 255.0 / (1.0 + weight)).abs() < 12.0, "{least}");
        assert!(fog.levels().iter().any(|&level| level > 250.0));
    }
}

/// Worked by hand: a dotted line leaves columns 0, 1, 4, 5, … alone.
#[test]
fn dots_and_stripes_are_where_they_belong() {
    let black = Picture::new(1, [SIDE; 2], vec![0.0; SIDE * SIDE]).unwrap();
    let settings = Settings::default();
    let dots = Kind::DottedLine.apply(&black, &settings).unwrap();
    for x in 0..SIDE {
        let lit = (0..SIDE).any(|y| dots.levels()[y * SIDE + x] > 0.0);
        assert_eq!(lit, x / 2 % 2 == 1 && x < 27, "column {x}");
    }
    let zigzag = Kind::Zigzag.apply(&black, &settings).unwrap();
    let lit = |x: usize| (0..SIDE).any(|y| zigzag.levels()[y * SIDE + x] > 0.0);
    assert!(!lit(0) && lit(4) && lit(20));
}

#[test]
fn names_are_the_papers_with_hyphens_or_underscores() {
    for kind in Kind::ALL {
        assert_eq!(kind.name().parse::<Kind>().unwrap(), kind);
        assert_eq!(kind.name().replace('-', "_").parse::<Kind>().unwrap(), kind);
    }
    assert_eq!("jpeg_compression".parse::<Kind>().unwrap(), Kind::Jpeg);
    assert_eq!("elastic_transform".parse::<Kind>().unwrap(), Kind::Elastic);
    let error = "rain".parse::<Kind>().unwrap_err().to_string();
    assert!(
        error.contains("rain") && error.contains("motion-blur"),
        "{error}"
    );
}

#[test]
fn what_a_kind_does_not_have_is_refused() {
    let picture = picture("grey");
    let refused =
        |kind: Kind, settings: Settings| kind.apply(&picture, &settings).unwrap_err().to_string();
    let plain = Settings::default();
    for severity in [0, 6] {
        let said = refused(Kind::Fog, Settings { severity, ..plain });
        assert!(said.contains("1 to 5"), "{said}");
    }
    let angle = Settings {
        angle: Some(3.0),
        ..plain
    };
    assert_eq!(refused(Kind::Fog, angle), "fog has no angle to set");
    let sign = Settings {
        sign: Some([1.0, 1.0]),
        ..plain
    };
    assert_eq!(refused(Kind::Jpeg, sign), "jpeg has no sign to set");
    assert!(refused(Kind::Saturate, plain).contains("grey"));
}

#[test]
fn only_four_kinds_of_digits_have_one_severity() {
    for kind in Kind::ALL {
        let one = ["stripe", "dotted-line", "zigzag", "canny-edges"].contains(&kind.name());
        assert_eq!(kind.has_severities(), !one, "{kind}");
        assert_eq!(kind.needs_colours(), kind == Kind::Saturate, "{kind}");
    }
}

/// No direction would make a picture of its own without a word.
#[test]
fn an_angle_is_a_number() {
    for angle in [f64::NAN, f64::INFINITY] {
        let settings = Settings {
            angle: Some(angle),
            ..Settings::default()
        };
        let refused = Kind::MotionBlur.apply(&picture("grey"), &settings);
        assert!(matches!(refused, Err(CorruptError::Angle(_))), "{angle}");
    }
}
