//! Error rates over corruptions, with a baseline and without.

use super::measured::Row;
use cortexscope_corrupt::Kind;

/// Whose right answers are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// The float model.
    Float,
    /// The int8 network on the board.
    Board,
    /// The baseline.
    Baseline,
}

impl Row {
    /// Share of wrong answers; none where the network was not asked.
    fn error(&self, network: Network) -> Option<f64> {
        let right = match network {
            Network::Float => Some(self.count.right),
            Network::Board => self.count.board_right,
            Network::Baseline => self.count.baseline_right,
        };
        let images = self.count.images.max(1) as f64;
        right.map(|right| 1.0 - right as f64 / images)
    }
}

/// The rows of each kind, in the order in which the kinds come.
fn by_kind(rows: &[Row]) -> Vec<(Kind, Vec<&Row>)> {
    let mut kinds: Vec<(Kind, Vec<&Row>)> = Vec::new();
    for row in rows {
        match kinds.iter_mut().find(|(kind, _)| *kind == row.kind) {
            Some((_, rows)) => rows.push(row),
            None => kinds.push((row.kind, vec![row])),
        }
    }
    kinds
}

/// Share of wrong answers: the mean over the severities of a kind, and of these over the
/// kinds. None without rows, or where the network was not asked.
pub fn mean_error(rows: &[Row], network: Network) -> Option<f64> {
    let of_kind = |(_, rows): (Kind, Vec<&Row>)| {
        let errors = rows.iter().map(|row| row.error(network));
        let errors = errors.collect::<Option<Vec<f64>>>()?;
        Some(errors.iter().sum::<f64>() / errors.len() as f64)
    };
    let kinds = by_kind(rows)
        .into_iter()
        .map(of_kind)
        .collect::<Option<Vec<f64>>>()?;
    (!kinds.is_empty()).then(|| kinds.iter().sum::<f64>() / kinds.len() as f64)
}

/// Mean corruption error: of each kind the errors of all severities, as a share of the
/// baseline's; then the mean over the kinds (Hendrycks and Dietterich 2019, section 4.3).
///
/// # Errors
/// A kind in which the baseline makes no error.
pub fn mce(rows: &[Row], network: Network) -> Result<Option<f64>, Kind> {
    let mut shares = Vec::new();
    for (kind, rows) in by_kind(rows) {
        let sum = |network| {
            rows.iter()
                .map(|row| row.error(network))
                .sum::<Option<f64>>()
        };
        let (Some(own), Some(baseline)) = (sum(network), sum(Network::Baseline)) else {
            return Ok(None);
        };
        if baseline == 0.0 {
            return Err(kind);
        }
        shares.push(own / baseline);
    }
    let mean = shares.iter().sum::<f64>() / shares.len() as f64;
    Ok((!shares.is_empty()).then_some(mean))
}

#[cfg(test)]
mod tests {
    use super::super::measured::Count;
    use super::*;

    fn row(kind: Kind, severity: u8, right: usize, baseline: usize) -> Row {
        let count = Count {
            images: 10,
            right,
            board_right: None,
            baseline_right: Some(baseline),
        };
        Row {
            kind,
            severity,
            count,
        }
    }

    /// Worked by hand: fog .1 and .3 against .2 and .6, (.4)/(.8) = .5; jpeg .4 against .2,
    /// 2; the mean is 1.25, and the mean error (.2 + .4)/2 = .3. The ratio of all errors,
    /// .8/1.0, is another number.
    #[test]
    fn errors_are_summed_over_severities_before_they_are_compared() {
        let rows = [
            row(Kind::Fog, 1, 9, 8),
            row(Kind::Fog, 2, 7, 4),
            row(Kind::Jpeg, 1, 6, 8),
        ];
        let near = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-12, "{found}");
        near(mean_error(&rows, Network::Float).unwrap(), 0.3);
        near(mce(&rows, Network::Float).unwrap().unwrap(), 1.25);
        near(mce(&rows, Network::Baseline).unwrap().unwrap(), 1.0);
        assert_eq!(mean_error(&rows, Network::Board), None);
        assert_eq!(mce(&rows, Network::Board), Ok(None));
        assert_eq!(mean_error(&[], Network::Float), None);
        let perfect = [row(Kind::Fog, 1, 9, 10)];
        assert_eq!(mce(&perfect, Network::Float), Err(Kind::Fog));
    }
}
