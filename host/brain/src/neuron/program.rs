//! A program that answers over its standard input and output: a real rig, or somebody's
//! simulator.
//!
//! One JSON line asks about a batch of images, and one JSON line answers it:
//!
//! ```text
//! {"batch":0,"shape":[1,28,28],"images":[[0.0,0.5,…],…]}
//! {"batch":0,"rates":[12.5,…]}
//! ```
//!
//! Pixels go from black 0 to white 1. Nothing that the program says is believed: its line
//! is bounded, must be of the batch that was asked, and must have a finite rate for each
//! image. A program that hangs is ended.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use cortexscope_net::RequestError;
use cortexscope_net::printable::printable_lines;
use cortexscope_rig::session::Cancel;
use serde_json::{Value, json};
use thiserror::Error;

use super::{Neuron, NeuronError, check_sizes};

/// How to start a program.
#[derive(Clone, Debug)]
pub struct Program {
    /// The program: a path, or a name that is looked for as the system does.
    pub name: OsString,
    /// Its arguments. No shell reads them.
    pub arguments: Vec<OsString>,
    /// `[C, H, W]` of the images that it sees.
    pub shape: [usize; 3],
    /// How long an answer to a batch may take.
    pub patience: Duration,
    /// Ends the wait for an answer from outside.
    pub cancel: Cancel,
}

/// Why a program does not answer.
#[derive(Debug, Error)]
pub enum ProgramError {
    /// It cannot be started.
    #[error("cannot start the program {name}")]
    Start {
        /// The program.
        name: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// It ended before it answered.
    #[error("the program {name} ended before it answered batch {batch}{said}")]
    Ended {
        /// The program.
        name: String,
        /// The batch.
        batch: u64,
        /// Its exit code and the end of what it wrote to stderr.
        said: String,
    },
    /// It takes too long.
    #[error(
        "the program {name} did not answer batch {batch} within {} s; it was ended{said}",
        patience.as_secs_f64()
    )]
    Silent {
        /// The program.
        name: String,
        /// The batch.
        batch: u64,
        /// How long it had.
        patience: Duration,
        /// The end of what it wrote to stderr.
        said: String,
    },
    /// Its answer is not one.
    #[error("the program {name} answered batch {batch} with {answer}: {why}")]
    Answer {
        /// The program.
        name: String,
        /// The batch.
        batch: u64,
        /// The beginning of its answer.
        answer: String,
        /// What is wrong with it.
        why: String,
    },
    /// The user ended the work.
    #[error("interrupted")]
    Interrupted,
}

impl RequestError for ProgramError {
    fn is_request(&self) -> bool {
        matches!(self, Self::Start { .. })
    }
}

/// Images in one line.
const BATCH_IMAGES: usize = 32;
/// Bytes that an answer may have.
const MOST_ANSWER_BYTES: u64 = 64 * 1024;
/// Bytes of stderr that are kept.
const KEPT_BYTES: usize = 1024;
/// Characters of a wrong answer that are shown.
const SHOWN_CHARACTERS: usize = 80;
/// The longest wait between two looks at [`Cancel`].
const SLICE: Duration = Duration::from_millis(50);
/// How long exit code and stderr of a program are waited for once its stdout is closed.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// A program that answers images with rates.
pub struct ProgramNeuron {
    name: String,
    shape: [usize; 3],
    patience: Duration,
    cancel: Cancel,
    child: Child,
    /// Lines for the program. A thread writes them, because a program may not read.
    requests: SyncSender<Vec<u8>>,
    /// Lines of the program; the channel closes where it ends.
    answers: Receiver<Vec<u8>>,
    stderr: Arc<Mutex<VecDeque<u8>>>,
    stderr_reader: Option<JoinHandle<()>>,
    batch: u64,
}

impl ProgramNeuron {
    /// Starts `program`.
    ///
    /// # Errors
    /// [`ProgramError::Start`].
    pub fn start(program: &Program) -> Result<Self, ProgramError> {
        let name = printable_lines(&program.name.to_string_lossy()).to_string();
        let mut child = Command::new(&program.name)
            .args(&program.arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|source| ProgramError::Start {
                name: name.clone(),
                source,
            })?;
        let (requests, to_write) = sync_channel::<Vec<u8>>(1);
        let (to_read, answers) = sync_channel(1);
        let stderr = Arc::new(Mutex::new(VecDeque::new()));
        if let Some(mut stdin) = child.stdin.take() {
            std::thread::spawn(move || {
                for line in to_write {
                    // A closed pipe is a program that ended: its stdout says so too.
                    if stdin.write_all(&line).and_then(|()| stdin.flush()).is_err() {
                        return;
                    }
                }
            });
        }
        if let Some(stdout) = child.stdout.take() {
            std::thread::spawn(move || read_lines(stdout, &to_read));
        }
        let stderr_reader = child.stderr.take().map(|pipe| {
            let kept = Arc::clone(&stderr);
            std::thread::spawn(move || keep_end(pipe, &kept))
        });
        Ok(Self {
            name,
            shape: program.shape,
            patience: program.patience,
            cancel: program.cancel.clone(),
            child,
            requests,
            answers,
            stderr,
            stderr_reader,
            batch: 0,
        })
    }

    fn ask(&mut self, images: &[&[f32]]) -> Result<Vec<f64>, ProgramError> {
        let request = json!({"batch": self.batch, "shape": self.shape, "images": images});
        let mut line = request.to_string().into_bytes();
        line.push(b'\n');
        // Room for one line, and the one before was answered; a thread that is gone is a
        // program that ended.
        let _ = self.requests.try_send(line);
        let begun = Instant::now();
        let line = loop {
            if self.cancel.is_cancelled() {
                return Err(ProgramError::Interrupted);
            }
            let left = self.patience.saturating_sub(begun.elapsed());
            match self.answers.recv_timeout(left.min(SLICE)) {
                Ok(line) => break line,
                Err(RecvTimeoutError::Timeout) if left.is_zero() => return Err(self.silent()),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(self.ended()),
            }
        };
        let rates = parse(&line, self.batch, images.len()).map_err(|why| {
            let text = String::from_utf8_lossy(&line);
            let mut shown: String = text.trim_end().chars().take(SHOWN_CHARACTERS).collect();
            if shown.len() < text.trim_end().len() {
                shown.push('…');
            }
            ProgramError::Answer {
                name: self.name.clone(),
                batch: self.batch,
                answer: format!("{shown:?}"),
                why,
            }
        })?;
        self.batch += 1;
        Ok(rates)
    }

    fn silent(&mut self) -> ProgramError {
        // It is ended in any case; where that fails it had ended before.
        let _ = self.child.kill();
        ProgramError::Silent {
            name: self.name.clone(),
            batch: self.batch,
            patience: self.patience,
            said: self.said(),
        }
    }

    fn ended(&mut self) -> ProgramError {
        // Its stdout is closed: the rest comes at once, or it lives on and says no more.
        let begun = Instant::now();
        let mut code = None;
        while begun.elapsed() < LAST_WORDS {
            code = code.or_else(|| self.child.try_wait().ok().flatten());
            let has_said_all = self
                .stderr_reader
                .as_ref()
                .is_none_or(JoinHandle::is_finished);
            if code.is_some() && has_said_all {
                break;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        let code = code.map_or_else(
            || " (its stdout is closed)".to_owned(),
            |code| format!(" ({code})"),
        );
        ProgramError::Ended {
            name: self.name.clone(),
            batch: self.batch,
            said: code + &self.said(),
        }
    }

    /// The end of what it wrote to stderr, for a message.
    fn said(&self) -> String {
        let kept = self.stderr.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes: Vec<u8> = kept.iter().copied().collect();
        let text = String::from_utf8_lossy(&bytes);
        match text.trim() {
            "" => String::new(),
            text => format!("; it wrote to stderr: {}", printable_lines(text)),
        }
    }
}

impl Drop for ProgramNeuron {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Neuron for ProgramNeuron {
    fn shape(&self) -> [usize; 3] {
        self.shape
    }

    fn description(&self) -> String {
        format!("program {}", self.name)
    }

    fn rates(&mut self, images: &[&[f32]]) -> Result<Vec<f64>, NeuronError> {
        check_sizes(images, self.shape)?;
        let mut rates = Vec::with_capacity(images.len());
        for batch in images.chunks(BATCH_IMAGES) {
            rates.extend(self.ask(batch)?);
        }
        Ok(rates)
    }
}

/// The rates in an answer, or what is wrong with it.
fn parse(line: &[u8], batch: u64, images: usize) -> Result<Vec<f64>, String> {
    if line.len() as u64 >= MOST_ANSWER_BYTES {
        return Err(format!("a line has less than {MOST_ANSWER_BYTES} bytes"));
    }
    let answer: Value = serde_json::from_slice(line)
        .map_err(|error| format!("it is not one line of JSON ({error})"))?;
    if answer["batch"].as_u64() != Some(batch) {
        return Err(format!("its \"batch\" must be {batch}"));
    }
    let rates = answer["rates"]
        .as_array()
        .ok_or("it has no list \"rates\"")?;
    if rates.len() != images {
        return Err(format!(
            "{images} rates were asked for, and it has {}",
            rates.len()
        ));
    }
    let numbers = rates.iter().map(|rate| {
        let number = rate.as_f64().filter(|number| number.is_finite());
        number.ok_or_else(|| format!("{rate} is not a finite number"))
    });
    numbers.collect()
}

/// Hands lines over until the program ends, or nobody takes them.
fn read_lines(stdout: impl Read, lines: &SyncSender<Vec<u8>>) {
    let mut stdout = BufReader::new(stdout);
    loop {
        let mut line = Vec::new();
        let read = (&mut stdout)
            .take(MOST_ANSWER_BYTES)
            .read_until(b'\n', &mut line);
        let is_whole = line.ends_with(b"\n") || line.len() as u64 >= MOST_ANSWER_BYTES;
        if read.is_err() || !is_whole || lines.send(line).is_err() {
            return;
        }
    }
}

/// Keeps the end of what is written to `pipe`.
fn keep_end(mut pipe: impl Read, kept: &Mutex<VecDeque<u8>>) {
    let mut buffer = [0; 512];
    while let Ok(count @ 1..) = pipe.read(&mut buffer) {
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend(&buffer[..count]);
        let surplus = kept.len().saturating_sub(KEPT_BYTES);
        kept.drain(..surplus);
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    /// A shell script as a program that sees 1×1×2 images.
    fn neuron(script: &str) -> ProgramNeuron {
        let program = Program {
            name: "sh".into(),
            arguments: vec!["-c".into(), script.into()],
            shape: [1, 1, 2],
            patience: Duration::from_millis(400),
            cancel: Cancel::default(),
        };
        ProgramNeuron::start(&program).unwrap()
    }

    fn refusal(script: &str) -> String {
        let error = neuron(script).rates(&[&[0.0, 1.0]]).unwrap_err();
        assert!(!error.is_request());
        error.to_string()
    }

    /// Answers every batch with `rates`.
    fn answering(rates: &str) -> String {
        format!(
            r#"n=0; while read line; do echo "{{\"batch\":$n,\"rates\":{rates}}}"; n=$((n+1)); done"#
        )
    }

    #[test]
    fn an_honest_program_is_asked_batch_by_batch() {
        let mut neuron = neuron(&answering("[2.5,3]"));
        for _ in 0..3 {
            let rates = neuron.rates(&[&[0.0, 1.0], &[0.5, 0.5]]).unwrap();
            assert_eq!(rates, [2.5, 3.0]);
        }
    }

    #[test]
    fn the_program_gets_every_pixel() {
        let script = r#"read line; echo "$line" >&2; exit 3"#;
        let error = refusal(script);
        let sent = r#"{"batch":0,"images":[[0.0,1.0]],"shape":[1,1,2]}"#;
        assert!(
            error.contains(sent) && error.contains("exit status: 3"),
            "{error}"
        );
    }

    #[test]
    fn lies_are_refused() {
        for (script, why) in [
            (answering("[1,2]"), "1 rates were asked for, and it has 2"),
            (answering("[]"), "and it has 0"),
            (answering("[1e999]"), "number"),
            (answering("[null]"), "null is not a finite number"),
            (answering("3"), "no list"),
            ("read l; echo hello".to_owned(), "not one line of JSON"),
            (
                "read l; echo '{\"batch\":7,\"rates\":[1]}'".to_owned(),
                "must be 0",
            ),
            (
                "head -c 100000 /dev/zero; sleep 5".to_owned(),
                "less than 65536 bytes",
            ),
        ] {
            let error = refusal(&script);
            assert!(error.contains(why), "{script}: {error}");
        }
    }

    #[test]
    fn an_answer_that_nobody_asked_for_is_not_taken_for_the_next() {
        let mut neuron = neuron(
            r#"read l; echo '{"batch":0,"rates":[1]}'; echo '{"batch":0,"rates":[9]}'; read l; sleep 5"#,
        );
        assert_eq!(neuron.rates(&[&[0.0, 1.0]]).unwrap(), [1.0]);
        let error = neuron.rates(&[&[0.0, 1.0]]).unwrap_err().to_string();
        assert!(error.contains("must be 1"), "{error}");
    }

    #[test]
    fn a_program_that_hangs_or_dies_is_named() {
        assert!(refusal("exec sleep 20").contains("did not answer batch 0 within 0.4 s"));
        assert!(refusal("echo 'no rig' >&2; exit 4").contains("no rig"));
        assert!(refusal("read l; printf '{\"batch\":0'").contains("ended before it answered"));
        let program = Program {
            name: "no-such-program-here".into(),
            arguments: Vec::new(),
            shape: [1, 1, 2],
            patience: Duration::from_secs(1),
            cancel: Cancel::default(),
        };
        let error = ProgramNeuron::start(&program).err().unwrap();
        assert!(error.is_request() && error.to_string().contains("no-such-program-here"));
    }

    #[test]
    fn a_program_that_does_not_read_cannot_hold_the_host() {
        let program = Program {
            name: "sh".into(),
            arguments: vec!["-c".into(), "exec sleep 600".into()],
            shape: [1, 512, 512],
            patience: Duration::from_millis(300),
            cancel: Cancel::default(),
        };
        let mut neuron = ProgramNeuron::start(&program).unwrap();
        let image = vec![0.1; 512 * 512];
        let begun = Instant::now();
        assert!(neuron.rates(&[&image]).is_err());
        drop(neuron);
        assert!(begun.elapsed() < Duration::from_secs(120));
    }
}
