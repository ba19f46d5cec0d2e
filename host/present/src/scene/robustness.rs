//! Right answers against severity, a chart for each corruption.

use crate::documents::robustness::Robustness;
use cortexscope_corrupt::SEVERITIES;
use cortexscope_draw::{Chart, Curves};
use cortexscope_study::robustness::{Corruption, Count, Measured};

/// A chart for each kind; 0 on its axis is the picture as it is.
pub fn charts(document: &Robustness, measured: &Measured, corruptions: &[Corruption]) -> Curves {
    let mut names = vec![format!("{}, float", document.model)];
    let board = document.board.iter();
    names.extend(board.map(|board| format!("int8 on {board}")));
    let baseline = document.baseline.iter();
    names.extend(baseline.map(|baseline| format!("baseline {baseline}")));
    let clean = shares(&measured.clean);
    let charts = corruptions.iter().map(|corruption| {
        let mut lines: Vec<_> = clean.iter().map(|&share| vec![(0, share)]).collect();
        let rows = measured.rows.iter();
        for row in rows.filter(|row| row.kind == corruption.kind) {
            for (line, share) in lines.iter_mut().zip(shares(&row.count)) {
                line.push((usize::from(row.severity), share));
            }
        }
        Chart {
            title: corruption.kind.name().to_owned(),
            lines,
        }
    });
    Curves {
        title: document.model.clone(),
        op: "right answers against severity".to_owned(),
        statement: format!(
            "{} of {}, seed {}",
            document.images, document.data, document.seed
        ),
        footnote: String::new(),
        names,
        last: usize::from(*SEVERITIES.end()),
        charts: charts.collect(),
    }
}

/// The share of right answers of each network that was asked.
fn shares(count: &Count) -> Vec<f64> {
    let all = [Some(count.right), count.board_right, count.baseline_right];
    let asked = all.into_iter().flatten();
    asked
        .map(|right| right as f64 / count.images.max(1) as f64)
        .collect()
}
