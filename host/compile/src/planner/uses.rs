//! Which steps write each buffer and which read it, looked up instead of searched for.

use super::Problem;

/// The steps that touch each buffer, one list per buffer.
pub(super) struct Uses {
    /// Those that write it, in the problem's order.
    pub writers: Vec<Vec<usize>>,
    /// Those that read it, in the problem's order.
    pub readers: Vec<Vec<usize>>,
}

impl Uses {
    /// The uses of a problem's buffers.
    pub fn of(problem: &Problem) -> Self {
        let mut uses = Self {
            writers: vec![Vec::new(); problem.buffers.len()],
            readers: vec![Vec::new(); problem.buffers.len()],
        };
        for (index, step) in problem.steps.iter().enumerate() {
            for &buffer in &step.writes {
                uses.writers[buffer].push(index);
            }
            for &buffer in &step.reads {
                uses.readers[buffer].push(index);
            }
        }
        uses
    }
}
