//! The constants of every severity of what is random (Hendrycks and Dietterich 2019), each
//! where nothing is cut at black or white.

use super::*;

const COUNT: usize = 128 * 128;

fn damaged(kind: Kind, channels: usize, level: f64, severity: u8) -> Vec<f64> {
    let field = Picture::new(channels, [128; 2], vec![level; channels * COUNT]).unwrap();
    let settings = Settings {
        severity,
        seed: 11,
        ..Settings::default()
    };
    let found = kind.apply(&field, &settings).unwrap();
    found.levels().iter().map(|level| level / 255.0).collect()
}

/// One seed gives one noise, which severities only stretch.
#[test]
fn normal_noises_are_stretched_by_their_deviations() {
    let cases = [
        (Kind::GaussianNoise, [0.08, 0.12, 0.18, 0.26, 0.38], 1.0),
        (Kind::SpeckleNoise, [0.15, 0.2, 0.35, 0.45, 0.6], 0.5),
    ];
    for (kind, deviations, level) in cases {
        let all = (1..=5).map(|severity| damaged(kind, 1, 127.5, severity));
        let all: Vec<Vec<f64>> = all.collect();
        let inside = |value: f64| value > 0.0 && value < 1.0;
        let near = all[4].iter().zip(0..).filter(|&(&value, _)| inside(value));
        let places: Vec<usize> = near.map(|(_, at)| at).collect();
        assert!(places.len() > COUNT / 2);
        let normal = |severity: usize, at: usize| (all[severity][at] - 0.5) / deviations[severity];
        for &at in &places {
            for severity in 1..5 {
                let away = normal(severity, at) - normal(0, at);
                assert!(away.abs() < 1e-9, "{kind} {severity} {away}");
            }
        }
        // The mildest is hardly cut: its own deviation, within five standard errors.
        let squares = (0..COUNT).map(|at| normal(0, at).powi(2)).sum::<f64>();
        let found = (squares / COUNT as f64).sqrt() / level;
        assert!(
            (found - 1.0).abs() < 5.0 / (2.0 * COUNT as f64).sqrt(),
            "{found}"
        );
    }
}

#[test]
fn photons_and_impulses_are_as_many_as_they_should_be() {
    for (severity, photons) in (1..).zip([60.0, 25.0, 12.0, 5.0, 3.0]) {
        // A dark field, of which no pixel becomes white; Poisson's variance is its mean, and
        // its fourth central moment m + 3m².
        let found = damaged(Kind::ShotNoise, 1, 0.1 * 255.0, severity);
        let mean = found.iter().sum::<f64>() / COUNT as f64;
        let variance = found.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / COUNT as f64;
        let m: f64 = 0.1 * photons;
        assert!((photons * mean - m).abs() < 5.0 * (m / COUNT as f64).sqrt());
        let error = ((m + 2.0 * m * m) / COUNT as f64).sqrt();
        assert!(
            (photons * photons * variance - m).abs() < 5.0 * error,
            "{severity}"
        );
    }
    for (severity, share) in (1..).zip([0.03, 0.06, 0.09, 0.17, 0.27]) {
        let found = damaged(Kind::ImpulseNoise, 1, 127.5, severity);
        for end in [0.0, 1.0] {
            let hit = found.iter().filter(|&&value| value == end).count() as f64;
            let error = (share / 2.0 / COUNT as f64).sqrt();
            assert!(
                (hit / COUNT as f64 - share / 2.0).abs() < 5.0 * error,
                "{severity}"
            );
        }
    }
}

/// On white, fog f leaves (1 + w f)/(1 + w).
#[test]
fn fog_has_its_weights_and_decays() {
    let weights = [1.5, 2.0, 2.5, 2.5, 3.0];
    let fogs = (1..).zip(weights).map(|(severity, weight)| {
        let found = damaged(Kind::Fog, 1, 255.0, severity);
        let fog = found
            .iter()
            .map(|value| (value * (1.0 + weight) - 1.0) / weight);
        fog.collect::<Vec<f64>>()
    });
    let fogs: Vec<Vec<f64>> = fogs.collect();
    for fog in &fogs {
        let least = fog.iter().copied().fold(f64::INFINITY, f64::min);
        let most = fog.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        assert!(
            least.abs() < 0.06 && (most - 1.0).abs() < 0.06,
            "{least} {most}"
        );
    }
    // Both decay by 2.
    assert!(
        fogs[0]
            .iter()
            .zip(&fogs[1])
            .all(|(a, b)| (a - b).abs() < 1e-9)
    );
    // The slower it decays the rougher it is.
    let rough = |fog: &[f64]| {
        fog.windows(2)
            .map(|pair| (pair[1] - pair[0]).abs())
            .sum::<f64>()
    };
    let rough: Vec<f64> = fogs[1..].iter().map(|fog| rough(fog)).collect();
    assert!(rough.windows(2).all(|pair| pair[1] > pair[0]), "{rough:?}");
}

/// Frost is a share of the picture and a share of ice, which one seed draws alike.
#[test]
fn frost_has_its_shares() {
    let shares = [(1.0, 0.4), (0.8, 0.6), (0.7, 0.7), (0.65, 0.7), (0.6, 0.75)];
    let first = damaged(Kind::Frost, 1, 0.0, 1);
    for (severity, (own, ice)) in (1..).zip(shares) {
        let dark = damaged(Kind::Frost, 1, 0.0, severity);
        let grey = damaged(Kind::Frost, 1, 51.0, severity);
        for ((dark, grey), first) in dark.iter().zip(&grey).zip(&first) {
            assert!((dark / ice - first / 0.4).abs() < 1e-9);
            let whole = (dark + 0.2 * own).min(1.0);
            assert!((grey - whole).abs() < 1e-9, "{severity} {grey} {whole}");
        }
        // Of colours, red has 0.86 of the ice and green 0.94.
        let colours = damaged(Kind::Frost, 3, 0.0, severity);
        for at in 0..COUNT {
            let [red, green, blue] = [0, 1, 2].map(|channel| colours[channel * COUNT + at]);
            assert!((red - 0.86 * blue).abs() < 1e-9 && (green - 0.94 * blue).abs() < 1e-9);
        }
        assert!(colours.iter().any(|&value| value > 0.1));
    }
}
