//! A judge that is asked a limited number of times.

use cortexscope_explain::attack::{Goal, Judge, levels, log_odds};
use cortexscope_net::scores::first_greatest;

/// A judge that counts, and says how far a picture is from its goal.
pub struct CountedJudge<'a, J> {
    judge: &'a mut J,
    goal: Goal,
    /// Pictures that were judged.
    pub queries: u64,
    /// How many may be.
    pub most: u64,
}

/// A picture and what it is worth.
#[derive(Clone, Debug)]
pub struct Tried {
    /// Pixels from 0 to 1.
    pub picture: Vec<f32>,
    /// The same in 8 bits, as it was judged.
    pub levels: Vec<u8>,
    /// What it is taken for.
    pub class: usize,
    /// Falls towards the goal: the log-odds of the class that is left, or minus those of
    /// the one that is wanted.
    pub cost: f64,
    /// Whether the attack succeeded.
    pub is_reached: bool,
}

impl<'a, J: Judge> CountedJudge<'a, J> {
    /// The judge, to be asked `most` times at most, and once at least.
    pub fn new(judge: &'a mut J, goal: Goal, most: u64) -> Self {
        Self {
            judge,
            goal,
            queries: 0,
            most: most.max(1),
        }
    }

    /// Judges a picture in 8 bits.
    pub fn ask(&mut self, picture: Vec<f32>) -> Result<Tried, J::Error> {
        let levels = levels(&picture);
        let logits = self.judge.logits_of(&levels)?;
        self.queries += 1;
        let class = first_greatest(&logits).unwrap_or_default();
        let odds = log_odds(&logits, self.goal.class());
        let cost = match self.goal {
            Goal::Away(_) => odds,
            Goal::Towards(_) => -odds,
        };
        Ok(Tried {
            picture,
            levels,
            class,
            cost,
            is_reached: self.goal.is_reached(class),
        })
    }

    /// Whether another query is allowed.
    pub fn is_left(&self) -> bool {
        self.queries < self.most
    }
}
