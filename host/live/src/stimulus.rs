//! What the network is shown, and where it comes from.

use super::command::{Corrupt, Play};
use super::packet::{PictureFile, Pixels};
use axum::body::Bytes;
use cortexscope_compile::model_files::ModelFiles;
use cortexscope_net::input::digit_form::{Stage, Steps};
use cortexscope_net::input::picture::decode;
use cortexscope_net::input::{MnistSet, Picture, PictureError};
use image::{DynamicImage, RgbaImage};
use rand::seq::SliceRandom;
use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::time::{Duration, Instant};

/// Something to show to the network.
#[derive(Clone, Debug)]
pub struct Stimulus {
    /// Its name, for people.
    pub source: String,
    /// The page that it comes from, and the page's number for it.
    pub from: Option<(u64, u64)>,
    /// When it came here.
    pub since: Instant,
    /// What the network is shown.
    pub content: Content,
}

/// What the network is shown.
#[derive(Clone, Debug)]
pub enum Content {
    /// A digit of the test set, which has its form already.
    Digit(usize),
    /// A picture that still has to be brought into form.
    Picture(Picture),
    /// The bytes of a picture file.
    File(Bytes),
}

/// An input for the board, and how it was made.
#[derive(Clone, Debug)]
pub struct PreparedInput {
    /// int8 `[C, H, W]`.
    pub input: Vec<i8>,
    /// The same before it was quantised, as the float network wants it.
    pub values: Vec<f32>,
    /// The steps of the preparation, for pictures and models that read digits.
    pub stages: Vec<Stage>,
    /// What else was done, as sentences for the user.
    pub notes: Vec<String>,
    /// The correct class, where it is known.
    pub label: Option<u8>,
    /// What damaged it, if something did.
    pub damage: Option<Damage>,
}

/// Damage to an input.
#[derive(Clone, Debug)]
pub struct Damage {
    /// What was asked for.
    pub corrupt: Corrupt,
    /// The stream of the seed.
    pub stream: u64,
    /// The input before it, int8 `[C, H, W]`.
    pub original: Vec<i8>,
    /// Why the input stayed as it was, where it did.
    pub error: Option<String>,
}

impl Stimulus {
    /// A picture that a page sent.
    pub fn from_page(page: u64, pixels: Pixels) -> Self {
        let Pixels {
            number,
            source,
            width,
            height,
            rgba,
        } = pixels;
        let picture = RgbaImage::from_raw(width as u32, height as u32, rgba).unwrap_or_default();
        Self {
            source,
            from: Some((page, number)),
            since: Instant::now(),
            content: Content::Picture(Picture::of(DynamicImage::ImageRgba8(picture))),
        }
    }

    /// A picture file that a page sent.
    pub fn from_file(page: u64, file: PictureFile) -> Self {
        Self {
            source: file.source,
            from: Some((page, file.number)),
            since: Instant::now(),
            content: Content::File(file.bytes),
        }
    }

    /// The same with a file's bytes decoded, as the command line decodes a file.
    ///
    /// # Errors
    /// The bytes are not a picture that can be used.
    pub fn decoded(mut self) -> Result<Self, PictureError> {
        if let Content::File(bytes) = &self.content {
            self.content = Content::Picture(decode(bytes, &self.source)?);
        }
        Ok(self)
    }

    /// A digit of the test set.
    pub fn digit(index: usize) -> Self {
        Self {
            source: format!("mnist:{index}"),
            from: None,
            since: Instant::now(),
            content: Content::Digit(index),
        }
    }

    /// A picture of a camera of the host or of the board.
    pub fn from_camera(source: &str, picture: impl Into<Picture>) -> Self {
        Self {
            source: source.to_owned(),
            from: None,
            since: Instant::now(),
            content: Content::Picture(picture.into()),
        }
    }

    /// The input that `model` makes of it; `None` for a digit that does not exist and
    /// for a file that was not decoded.
    pub fn prepare(
        &self,
        model: &ModelFiles,
        steps: Steps,
        digits: &MnistSet,
    ) -> Option<PreparedInput> {
        let spec = &model.spec.input;
        match &self.content {
            Content::Digit(index) => {
                let values = digits.input(*index, spec)?;
                Some(PreparedInput {
                    input: model.quantise(&values),
                    values,
                    stages: Vec::new(),
                    notes: Vec::new(),
                    label: digits.label(*index),
                    damage: None,
                })
            }
            Content::Picture(picture) => {
                let prepared = spec.prepare_by(picture, steps);
                let mut notes: Vec<String> = prepared.line().into_iter().collect();
                let why = prepared.emptiness;
                notes.extend(why.map(|why| format!("the input is empty: {why}")));
                Some(PreparedInput {
                    input: model.quantise(&prepared.values),
                    values: prepared.values,
                    stages: prepared.stages,
                    notes,
                    label: None,
                    damage: None,
                })
            }
            Content::File(_) => None,
        }
    }
}

/// Digits, one after the other.
#[derive(Debug)]
pub struct Player {
    play: Play,
    order: Vec<usize>,
    at: usize,
    due: Instant,
}

impl Player {
    /// A player of `count` digits. The same seed gives the same order.
    pub fn new(play: Play, count: usize) -> Self {
        let mut order: Vec<usize> = (0..count).collect();
        if let Some(seed) = play.seed {
            order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
        }
        Self {
            play,
            order,
            at: 0,
            due: Instant::now(),
        }
    }

    /// The settings.
    pub fn play(&self) -> Play {
        self.play
    }

    /// How long until the next digit is due.
    pub fn wait(&self) -> Duration {
        self.due.saturating_duration_since(Instant::now())
    }

    /// The next digit.
    pub fn next_digit(&mut self) -> Option<usize> {
        let index = self.order.get(self.at % self.order.len().max(1)).copied();
        self.at += 1;
        let pause = self.play.per_second.filter(|rate| *rate > 0.0);
        let pause = pause.map_or(Duration::ZERO, |rate| {
            Duration::from_secs_f32((1.0 / rate).min(3600.0))
        });
        self.due = (self.due + pause).max(Instant::now());
        index
    }
}

/// A random seed.
pub fn any_seed() -> u64 {
    rand::rng().next_u64() >> 12
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_on_the_page_is_the_input_of_the_command_line() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/pictures/four.png");
        let model = ModelFiles::open("lecture-lenet").unwrap();
        let expected = model.input(path).unwrap();
        let file = PictureFile {
            number: 1,
            source: "four.png".to_owned(),
            bytes: std::fs::read(path).unwrap().into(),
        };
        let stimulus = Stimulus::from_file(0, file).decoded().unwrap();
        let digits = MnistSet::test_digits().unwrap();
        let prepared = stimulus.prepare(&model, Steps::ALL, digits).unwrap();
        assert_eq!(prepared.input, expected.values);
        assert_eq!(prepared.notes, expected.notes);
    }

    #[test]
    fn a_seed_is_an_order() {
        let play = |seed| Play {
            per_second: None,
            seed,
        };
        let order = |seed| -> Vec<_> {
            let mut player = Player::new(play(seed), 10);
            (0..10).filter_map(|_| player.next_digit()).collect()
        };
        assert_eq!(order(None), (0..10).collect::<Vec<_>>());
        assert_eq!(order(Some(5)), order(Some(5)));
        assert_ne!(order(Some(5)), order(Some(6)));
        let mut sorted = order(Some(5));
        sorted.sort();
        assert_eq!(sorted, order(None));
        assert_eq!(Player::new(play(None), 0).next_digit(), None);
    }
}
