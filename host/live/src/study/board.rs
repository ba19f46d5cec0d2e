//! What a thread beside the frames asks the board.

use crate::question::{Asker, Question};
use crate::shared::Shared;
use crate::state::Phase;
use cortexscope_rig::Rig;
use cortexscope_rig::session::SessionError;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

/// How often it is looked whether the answer is still wanted, and the board still there.
const LOOK: Duration = Duration::from_millis(50);

/// What `work` makes of the board, asked between frames. `None` where `is_over` says that
/// nobody waits for it any more, and where the board went away or has another network than
/// that of `generation`.
pub(super) fn ask_board<T: Send + 'static>(
    shared: &Shared,
    asker: Asker,
    generation: u64,
    is_over: impl Fn() -> bool,
    work: impl FnOnce(&mut Rig) -> Result<T, SessionError> + Send + 'static,
) -> Option<T> {
    let (sender, receiver) = sync_channel(1);
    let question = Question {
        generation,
        ask: Box::new(move |rig| {
            // The asker may be gone.
            let _ = sender.send(work(rig)?);
            Ok(())
        }),
    };
    shared.ask(asker, question);
    loop {
        match receiver.recv_timeout(LOOK) {
            Ok(answer) => return Some(answer),
            Err(RecvTimeoutError::Disconnected) => return None,
            Err(RecvTimeoutError::Timeout) => {
                if is_over() || shared.state.borrow().phase != Phase::Ready {
                    return None;
                }
            }
        }
    }
}
