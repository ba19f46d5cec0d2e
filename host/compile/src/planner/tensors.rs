//! The planner's problem of a network: tensors, and steps from tensors to a tensor.

use super::{Buffer, Problem, Sharing, Step};

/// A step of a network.
#[derive(Clone, Copy, Debug)]
pub struct TensorStep<'n> {
    /// Tensors that it reads.
    pub reads: &'n [usize],
    /// The tensor that it leaves.
    pub output: usize,
    /// Bytes that it needs beside its tensors, while it runs.
    pub beside_bytes: usize,
    /// How far its output must begin before its first input for both to share memory;
    /// `None` where they must not.
    pub lag_bytes: Option<usize>,
}

/// A network's problem, and what its buffers are.
#[derive(Clone, Debug, Default)]
pub struct TensorProblem {
    /// What is to be planned.
    pub problem: Problem,
    /// The buffer of each tensor; `None` where there is none.
    pub tensors: Vec<Option<usize>>,
    /// What each step needs beside its tensors, if anything.
    pub beside: Vec<Option<usize>>,
}

impl TensorProblem {
    /// The problem of these tensors, `None` where one exists only in parts, and steps in an
    /// order that works.
    pub fn new<'n>(
        tensors: impl IntoIterator<Item = Option<Buffer>>,
        steps: impl IntoIterator<Item = TensorStep<'n>>,
    ) -> Self {
        let mut made = Self::default();
        for tensor in tensors {
            let buffer = tensor.map(|buffer| made.buffer(buffer));
            made.tensors.push(buffer);
        }
        for step in steps {
            made.step(&step);
        }
        made
    }

    fn buffer(&mut self, buffer: Buffer) -> usize {
        self.problem.buffers.push(buffer);
        self.problem.buffers.len() - 1
    }

    fn step(&mut self, step: &TensorStep<'_>) {
        let reads = step.reads.iter();
        let reads: Vec<usize> = reads.filter_map(|&tensor| self.tensors[tensor]).collect();
        let output = self.tensors[step.output];
        let beside = (step.beside_bytes > 0).then(|| {
            self.buffer(Buffer {
                align: 4,
                ..Buffer::new(step.beside_bytes)
            })
        });
        self.beside.push(beside);
        let ends = reads.first().zip(output).zip(step.lag_bytes);
        let sharing = ends.map(|((&input, output), lag_bytes)| Sharing {
            input,
            output,
            lag_bytes,
        });
        self.problem.steps.push(Step {
            writes: output.into_iter().chain(beside).collect(),
            reads,
            sharing,
        });
    }
}
