//! What to do, in words, from what was measured.

use super::{Diagnosis, Remedy};

/// More of the values than this outside of the int8 is much.
const SATURATED: f64 = 0.01;
/// Channels this many times as wide as others keep few steps for those.
const SPREAD: f64 = 64.0;

/// What to do about `found`, which was measured on `images` inputs.
pub fn advice(found: &Diagnosis, images: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let saturated = found
        .layers
        .iter()
        .filter(|layer| layer.saturated > SATURATED);
    if let Some(worst) = saturated.max_by(|a, b| a.saturated.total_cmp(&b.saturated)) {
        lines.push(format!(
            "{:.1} % of the values of {} lie outside of its int8: calibrate with more inputs, and with inputs like these",
            100.0 * worst.saturated, worst.layer
        ));
    }
    let dead: Vec<String> = found
        .layers
        .iter()
        .filter(|layer| 2 * layer.dead_channels > layer.channels)
        .map(|layer| layer.layer.clone())
        .collect();
    if !dead.is_empty() {
        lines.push(format!(
            "more than half of the channels say nothing in {}: the network is larger than it needs to be",
            dead.join(", ")
        ));
    }
    let spread = found
        .layers
        .iter()
        .filter_map(|layer| Some((layer, layer.spread?)));
    let widest = spread.max_by(|(_, a), (_, b)| a.total_cmp(b));
    if let Some((layer, spread)) = widest.filter(|&(_, spread)| spread > SPREAD) {
        lines.push(format!(
            "channels of {} differ {spread:.0} times in scale: see what `--equalise` gives in the table",
            layer.layer
        ));
    }
    lines.push(match best(&found.remedies) {
        Some((own, best)) => format!(
            "try: {}: {} of {images} classes change instead of {}",
            best.name, best.changed, own.changed
        ),
        None => "nothing that was tried gives a better network than the default".to_owned(),
    });
    lines
}

/// The default and the best remedy, where one is better: fewer changed classes, or as many
/// and one decibel less noise.
fn best(remedies: &[Remedy]) -> Option<(&Remedy, &Remedy)> {
    let (own, others) = remedies.split_first()?;
    let decibels = |remedy: &Remedy| remedy.sqnr_db.unwrap_or(f64::INFINITY);
    let best = others
        .iter()
        .min_by(|a, b| (a.changed.cmp(&b.changed)).then(decibels(b).total_cmp(&decibels(a))))?;
    let is_better = best.changed < own.changed
        || best.changed == own.changed && decibels(best) > decibels(own) + 1.0;
    is_better.then_some((own, best))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::LayerHealth;

    fn remedy(name: &str, sqnr_db: f64, changed: usize) -> Remedy {
        Remedy {
            name: name.to_owned(),
            sqnr_db: Some(sqnr_db),
            changed,
            right: None,
        }
    }

    #[test]
    fn what_is_wrong_is_named_and_the_best_remedy_offered() {
        let layer = |name: &str, saturated, dead_channels, spread| LayerHealth {
            layer: name.to_owned(),
            operator: "Conv".to_owned(),
            channels: 8,
            sqnr_db: Some(20.0),
            saturated,
            dead_channels,
            spread: Some(spread),
            changed: 0,
            right: None,
        };
        let mut found = Diagnosis {
            float_right: None,
            layers: vec![layer("a", 0.03, 0, 2.0), layer("b", 0.05, 5, 500.0)],
            first_costly: None,
            remedies: vec![
                remedy("as compiled", 20.0, 3),
                remedy("one", 25.0, 3),
                remedy("two", 22.0, 1),
            ],
        };
        let lines = advice(&found, 64);
        assert!(lines[0].contains("5.0 % of the values of b"), "{lines:?}");
        assert!(lines[1].contains("in b"), "{lines:?}");
        assert!(lines[2].contains("500 times"), "{lines:?}");
        assert!(lines[3].starts_with("try: two: 1 of 64"), "{lines:?}");
        found.layers.clear();
        found.remedies = vec![remedy("as compiled", 20.0, 1), remedy("one", 20.5, 1)];
        let lines = advice(&found, 64);
        assert_eq!(lines.len(), 1);
        assert!(lines[0].starts_with("nothing that was tried"));
    }
}
