//! Short questions that other threads put to the board, between frames.

use cortexscope_rig::Rig;
use cortexscope_rig::session::SessionError;

/// Who asks. Of each one's questions the newest counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asker {
    /// An attack: what the board makes of the changed picture.
    Attack,
    /// A search: the rates of its images.
    Evolution,
}

/// What is done with the board. It hands its answer on itself; where it is dropped instead,
/// the board is not there any more, or a newer question came.
pub(super) type Ask = Box<dyn FnOnce(&mut Rig) -> Result<(), SessionError> + Send>;

/// A question to the network of one generation.
pub(super) struct Question {
    /// The network that it is for, counted by the server.
    pub(super) generation: u64,
    /// What is done.
    pub(super) ask: Ask,
}

/// The questions that wait, one of each asker at most.
#[derive(Default)]
pub(super) struct Questions {
    slots: [Option<Question>; 2],
}

impl Questions {
    /// Puts a question in, in place of one of the same asker.
    pub(super) fn put(&mut self, asker: Asker, question: Question) {
        self.slots[asker as usize] = Some(question);
    }

    /// The next question to the network of `generation`; those to others are dropped.
    pub(super) fn next(&mut self, generation: u64) -> Option<Question> {
        for slot in &mut self.slots {
            if let Some(question) = slot.take()
                && question.generation == generation
            {
                return Some(question);
            }
        }
        None
    }

    /// Drops all of them.
    pub(super) fn clear(&mut self) {
        self.slots = Default::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{Receiver, channel};

    /// A question, and what hears when it is dropped.
    fn question(generation: u64) -> (Question, Receiver<()>) {
        let (sender, receiver) = channel::<()>();
        let ask: Ask = Box::new(move |_| {
            drop(sender);
            Ok(())
        });
        (Question { generation, ask }, receiver)
    }

    #[test]
    fn the_newest_of_each_asker_waits_and_those_of_another_network_are_dropped() {
        let mut questions = Questions::default();
        let (first, is_replaced) = question(1);
        let (second, waits) = question(1);
        let (third, is_stale) = question(7);
        questions.put(Asker::Evolution, first);
        questions.put(Asker::Evolution, second);
        questions.put(Asker::Attack, third);
        let dropped = |receiver: &Receiver<()>| {
            matches!(
                receiver.try_recv(),
                Err(std::sync::mpsc::TryRecvError::Disconnected)
            )
        };
        assert!(dropped(&is_replaced) && !dropped(&waits));
        let next = questions.next(1);
        assert!(next.is_some() && !dropped(&waits) && dropped(&is_stale));
        assert!(questions.next(1).is_none());
        let (fourth, is_cleared) = question(2);
        questions.put(Asker::Attack, fourth);
        questions.clear();
        assert!(dropped(&is_cleared));
    }
}
