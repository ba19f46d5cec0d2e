//! Adversarial examples by queries alone: no derivative is asked for, so that a masked
//! gradient hides nothing.

use cortexscope_explain::attack::{Ball, Goal, Judge, Norm, of_levels};
use cortexscope_net::random::Random;

use super::counted_judge::{CountedJudge, Tried};
use super::square;

/// How the next picture is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueryMethod {
    /// Squares of ±ε, kept where they help (Andriushchenko et al. 2020, algorithms 1 and 2).
    Square,
    /// A gradient estimated from normally distributed changes (Ilyas et al. 2018, NES).
    Nes,
    /// The same from changes of ±1 (Uesato et al. 2018, SPSA).
    Spsa,
}

impl QueryMethod {
    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Square => "square",
            Self::Nes => "nes",
            Self::Spsa => "spsa",
        }
    }

    /// Where it was published.
    pub fn paper(self) -> &'static str {
        match self {
            Self::Square => "Andriushchenko et al. 2020, algorithms 1 and 2",
            Self::Nes => "Ilyas et al. 2018",
            Self::Spsa => "Uesato et al. 2018",
        }
    }
}

/// The parameters of a search.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Queries {
    /// How the next picture is chosen.
    pub method: QueryMethod,
    /// Queries at most.
    pub most: u64,
    /// The greatest change of a pixel, from 0 to 1.
    pub eps: f64,
}

/// What a search found.
#[derive(Clone, Debug, PartialEq)]
pub struct Sought {
    /// The best picture, in 8 bits.
    pub levels: Vec<u8>,
    /// What it is taken for.
    pub class: usize,
    /// Whether that is what was asked for.
    pub is_reached: bool,
    /// Pictures that were judged.
    pub queries: u64,
}

/// Searches within ε of `original`, in 8 bits, `[C, H, W]`, for a picture that reaches the
/// goal. The class of the goal is one that the judge has.
///
/// # Errors
/// The judge's.
pub fn search<J: Judge>(
    judge: &mut J,
    shape: [usize; 3],
    original: &[u8],
    goal: Goal,
    queries: &Queries,
    random: &mut Random,
) -> Result<Sought, J::Error> {
    let centre = of_levels(original);
    let ball = Ball {
        centre: &centre,
        norm: Norm::Greatest,
        eps: queries.eps,
    };
    let mut asked = CountedJudge::new(judge, goal, queries.most);
    let first = asked.ask(centre.clone())?;
    let best = if first.is_reached {
        first
    } else {
        match queries.method {
            QueryMethod::Square => square::search(&mut asked, shape, ball, first, random)?,
            QueryMethod::Nes => estimate(&mut asked, ball, first, random, Random::normal)?,
            QueryMethod::Spsa => estimate(&mut asked, ball, first, random, sign)?,
        }
    };
    Ok(Sought {
        levels: best.levels,
        class: best.class,
        is_reached: best.is_reached,
        queries: asked.queries,
    })
}

fn sign(random: &mut Random) -> f64 {
    if random.index(2) == 0 { -1.0 } else { 1.0 }
}

/// Pairs of changes, one the other's opposite, that one gradient is estimated from.
const PAIRS: usize = 25;
/// The size of a change. The papers take 0.001 and 0.01, which 8 bits would round away.
const SIGMA: f64 = 8.0 / 255.0;

/// Steps along the sign of an estimated gradient, an eighth of ε each, within the ball.
fn estimate<J: Judge>(
    asked: &mut CountedJudge<'_, J>,
    ball: Ball<'_>,
    first: Tried,
    random: &mut Random,
    draw: fn(&mut Random) -> f64,
) -> Result<Tried, J::Error> {
    let rate = ball.eps / 8.0;
    let mut best = first.clone();
    let mut at = first.picture;
    while asked.is_left() {
        let mut slopes = vec![0.0; at.len()];
        for _ in 0..PAIRS {
            let change: Vec<f64> = at.iter().map(|_| draw(random)).collect();
            let mut costs = [0.0; 2];
            for (cost, side) in costs.iter_mut().zip([SIGMA, -SIGMA]) {
                if !asked.is_left() {
                    return Ok(best);
                }
                let moved = at.iter().zip(&change);
                let moved = moved.map(|(&x, &along)| (f64::from(x) + side * along) as f32);
                *cost = asked.ask(moved.collect())?.cost;
            }
            for (slope, along) in slopes.iter_mut().zip(&change) {
                *slope += (costs[0] - costs[1]) * along;
            }
        }
        for (pixel, slope) in at.iter_mut().zip(&slopes) {
            let along = if *slope == 0.0 { 0.0 } else { slope.signum() };
            *pixel = (f64::from(*pixel) - rate * along) as f32;
        }
        ball.project(&mut at);
        if !asked.is_left() {
            break;
        }
        let now = asked.ask(at.clone())?;
        if now.is_reached {
            return Ok(now);
        }
        if now.cost < best.cost {
            best = now;
        }
    }
    Ok(best)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Class 0 until the mean of the left half falls below that of the right.
    struct Halves;

    impl Judge for Halves {
        type Error = std::convert::Infallible;

        fn logits_of(&mut self, levels: &[u8]) -> Result<Vec<f32>, Self::Error> {
            let half = |from: usize| {
                let rows = levels.chunks(8).flat_map(|row| &row[from..from + 4]);
                rows.map(|&level| f32::from(level) / 255.0).sum::<f32>() / 32.0
            };
            Ok(vec![8.0 * half(0), 8.0 * half(4)])
        }
    }

    const METHODS: [QueryMethod; 3] = [QueryMethod::Square, QueryMethod::Nes, QueryMethod::Spsa];

    fn sought(method: QueryMethod, eps: f64, most: u64, goal: Goal) -> Sought {
        // The left half is 30 levels above the right one.
        let original: Vec<u8> = (0..64)
            .map(|at| if at % 8 < 4 { 150 } else { 120 })
            .collect();
        let queries = Queries { method, most, eps };
        let mut random = Random::new(2);
        let Ok(found) = search(
            &mut Halves,
            [1, 8, 8],
            &original,
            goal,
            &queries,
            &mut random,
        );
        assert!(found.queries <= most);
        for (level, from) in found.levels.iter().zip(&original) {
            let change = f64::from(level.abs_diff(*from)) / 255.0;
            assert!(change <= eps + 0.5 / 255.0 + 1e-6);
        }
        found
    }

    #[test]
    fn queries_alone_find_the_way_across() {
        for method in METHODS {
            let found = sought(method, 20.0 / 255.0, 4000, Goal::Away(0));
            assert!(found.is_reached && found.class == 1, "{method:?} {found:?}");
            assert_eq!(found, sought(method, 20.0 / 255.0, 4000, Goal::Away(0)));
            // Half of the difference on each side is the least that can do.
            let found = sought(method, 14.0 / 255.0, 600, Goal::Away(0));
            assert!(!found.is_reached, "{method:?} {found:?}");
        }
    }

    #[test]
    fn what_is_there_already_takes_one_query() {
        for method in METHODS {
            let found = sought(method, 0.1, 100, Goal::Towards(0));
            assert!(found.is_reached && found.queries == 1);
            assert_eq!(sought(method, 0.1, 1, Goal::Away(0)).queries, 1);
        }
    }
}
