//! Frames: an input for the board, and its results.

use super::{Last, Worker};
use crate::corruption::damage;
use crate::frame::{self, Frame};
use crate::stimulus::{Player, Stimulus};
use cortexscope_rig::session::{Progress, TensorSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

impl Worker {
    /// Runs the network on a picture of the board's own camera.
    pub(super) fn capture(&mut self) {
        let Some(rig) = &mut self.rig else {
            return;
        };
        match rig.session.capture() {
            Ok(picture) => {
                self.frame(Stimulus::from_camera("camera of the board", picture));
            }
            Err(error) => {
                self.rest();
                self.failed(&error);
            }
        }
    }

    /// Runs one frame, frozen or not.
    pub(super) fn step(&mut self) {
        if self.is_board_camera_on {
            return self.capture();
        }
        let waiting = self.shared.inbox().newest.take();
        let mut played = || self.player.as_mut().and_then(Player::next_digit);
        let next = waiting.or_else(|| played().map(Stimulus::digit));
        match next {
            Some(stimulus) => self.frame(stimulus),
            None => self.again(),
        }
    }

    /// Runs a frame now, or lets it wait while frames are frozen.
    pub(super) fn frame_if_thawed(&mut self, stimulus: Stimulus) {
        if self.is_frozen || self.rig.is_none() {
            self.shared.inbox().put(stimulus);
        } else {
            self.frame(stimulus);
        }
    }

    /// Runs the last frame once more.
    pub(super) fn again(&mut self) {
        if let Some(last) = &self.last
            && self.rig.is_some()
        {
            let mut stimulus = last.stimulus.clone();
            stimulus.since = Instant::now();
            self.frame(stimulus);
        }
    }

    pub(super) fn frame(&mut self, stimulus: Stimulus) {
        let stimulus = match stimulus.decoded() {
            Ok(stimulus) => stimulus,
            Err(error) => {
                let text = format!("{}.", cortexscope_present::causes::in_words(&error));
                return self.update(|state| state.announce(text));
            }
        };
        let Some(mut rig) = self.rig.take() else {
            return;
        };
        let Some(shown) = stimulus.prepare(&rig.model, self.steps, &self.digits) else {
            self.rig = Some(rig);
            return self
                .update(|state| state.announce(format!("There is no input {}.", stimulus.source)));
        };
        let shown = match self.corrupt.clone() {
            Some(corrupt) => damage(
                shown,
                corrupt,
                &stimulus,
                self.flow.frames() + 1,
                &rig.model,
            ),
            None => shown,
        };
        let before = rig.session.statistics();
        let shared = Arc::clone(&self.shared);
        shared.set_busy(true);
        let begun = Instant::now();
        let result = rig.infer(&shown.input, self.mode, TensorSet::ALL, &mut |progress| {
            if let Progress::Activation { tensor, .. } = progress {
                shared.cursor.store(tensor, Ordering::Relaxed);
            }
        });
        let board_time = begun.elapsed();
        shared.set_busy(false);
        let recording = match result {
            Ok(recording) => recording,
            Err(error) => {
                // The frame runs again when the board is back.
                let input = None;
                self.last = Some(Last {
                    stimulus,
                    input,
                    frame: self.flow.frames(),
                });
                self.rig = Some(rig);
                return self.failed(&error);
            }
        };
        let after = rig.session.statistics();
        if after.resets > before.resets || after.links_reopened > before.links_reopened {
            self.update(|state| {
                state.announce("The board was lost and came back; the frame ran again.")
            });
        }
        let replaced = shared.inbox().replaced;
        self.flow
            .count(&rig.session, board_time, stimulus.since, replaced);
        let packet = frame::packet(
            &rig.model,
            self.generation,
            &stimulus,
            &shown,
            self.mode,
            &recording,
            &self.flow,
        );
        let classes = 0..recording.logits.len();
        shared.frame.send_replace(Some(Arc::new(Frame {
            source: stimulus.source.clone(),
            expected: shown.label,
            generation: self.generation,
            image_path: rig.model.image_path.clone(),
            values: shown.values,
            input: shown.input.clone(),
            labels: classes.map(|class| rig.model.label(class)).collect(),
            recording,
            counter: rig.session.board().counter,
            mode: self.mode,
            flow: self.flow.clone(),
            packet,
        })));
        shared.ask_about_frame();
        self.last = Some(Last {
            stimulus,
            input: Some(shown.input),
            frame: self.flow.frames(),
        });
        self.rig = Some(rig);
    }
}
