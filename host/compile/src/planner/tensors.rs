//! The planner's problem of a network: tensors, and steps from tensors to a tensor.

use super::{Buffer, Problem, Sharing, Step};

/// A step of a network.
#[derive(Clone, Debug)]
pub struct TensorStep {
    /// Tensors that it reads.
    pub reads: Vec<usize>,
    /// The tensor that it leaves.
    pub output: usize,
    /// Bytes that it needs beside its tensors, while it runs.
    pub beside_bytes: usize,
    /// What of the tensors that it reads its output may lie over.
    pub shares: Vec<Share>,
}

/// A tensor that a step may write over while it reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// The tensor.
    pub tensor: usize,
    /// How far the output must begin before it.
    pub lag_bytes: usize,
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
    pub fn new(
        tensors: impl IntoIterator<Item = Option<Buffer>>,
        steps: impl IntoIterator<Item = TensorStep>,
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

    fn step(&mut self, step: &TensorStep) {
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
        let sharing = step.shares.iter().filter_map(|share| {
            Some(Sharing {
                input: self.tensors[share.tensor]?,
                output: output?,
                lag_bytes: share.lag_bytes,
            })
        });
        let sharing = sharing.collect();
        self.problem.steps.push(Step {
            writes: output.into_iter().chain(beside).collect(),
            reads,
            sharing,
        });
    }
}
