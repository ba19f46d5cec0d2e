//! The square attack for L∞: a square of ±ε at a random place, kept where it helps.

use cortexscope_explain::attack::{Ball, Judge};
use cortexscope_net::random::Random;

use super::counted_judge::{CountedJudge, Tried};

/// Share of the picture that a square covers at first, and after which query, of 10,000, it
/// is halved (Andriushchenko et al. 2020; 0.8 is theirs for MNIST).
const SHARE: f64 = 0.8;
const HALVED: [u64; 8] = [10, 50, 200, 1000, 2000, 4000, 6000, 8000];

/// Searches from `first`, which is the picture in the middle of the ball.
pub fn search<J: Judge>(
    asked: &mut CountedJudge<'_, J>,
    [channels, height, width]: [usize; 3],
    ball: Ball<'_>,
    first: Tried,
    random: &mut Random,
) -> Result<Tried, J::Error> {
    if !asked.is_left() {
        return Ok(first);
    }
    let sign = |random: &mut Random| {
        if random.index(2) == 0 {
            -ball.eps
        } else {
            ball.eps
        }
    };
    let moved = |at: usize, by: f64| (f64::from(ball.centre[at]) + by).clamp(0.0, 1.0) as f32;
    // Stripes down the picture, which networks answer to strongly.
    let mut picture = first.picture;
    for channel in 0..channels {
        for column in 0..width {
            let by = sign(random);
            for row in 0..height {
                let at = (channel * height + row) * width + column;
                picture[at] = moved(at, by);
            }
        }
    }
    let mut best = asked.ask(picture)?;
    while !best.is_reached && asked.is_left() {
        let side = side(asked.queries, asked.most, height.min(width));
        let top = random.index(height - side + 1);
        let left = random.index(width - side + 1);
        let mut picture = best.picture.clone();
        for channel in 0..channels {
            let by = sign(random);
            for row in top..top + side {
                for column in left..left + side {
                    let at = (channel * height + row) * width + column;
                    picture[at] = moved(at, by);
                }
            }
        }
        if picture == best.picture {
            // It changes nothing, but the search must come to an end.
            asked.queries += 1;
            continue;
        }
        let now = asked.ask(picture)?;
        if now.is_reached || now.cost < best.cost {
            best = now;
        }
    }
    Ok(best)
}

/// The side of the square of query `query` of `most`.
fn side(query: u64, most: u64, shorter: usize) -> usize {
    let share = query as f64 / most.max(1) as f64 * 10_000.0;
    let halvings = HALVED.iter().filter(|&&at| share > at as f64).count();
    let covered = SHARE * 0.5_f64.powi(halvings as i32);
    let side = (covered * (shorter * shorter) as f64).sqrt().round() as usize;
    side.clamp(1, shorter.max(1))
}

#[cfg(test)]
mod tests {
    use super::side;

    #[test]
    fn squares_shrink_as_in_the_paper() {
        assert_eq!(side(1, 10_000, 28), 25);
        assert_eq!(side(11, 10_000, 28), 18);
        assert_eq!(side(9000, 10_000, 28), 2);
        assert_eq!(side(51, 1000, 28), 9);
        assert_eq!(side(1, 1, 1), 1);
    }
}
