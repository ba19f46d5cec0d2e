//! tract as a board's engine gives what the static engine gives, for random networks
//! of every supported operator, and tells what it died of.

use cortexscope_compile::board_image::BoardImage;
use cortexscope_core::Tap;
use cortexscope_probe::wire::message::{BoardError, EnginePhase, Mode, Occlude, input_crc};
use cortexscope_probe::{Engine, Macs, MapSink, Refusal, StaticEngine};
use cortexscope_tests::random_network::draw;
use cortexscope_tests::rig::compiled;
use cortexscope_tract::{TractEngine, heap};
use std::convert::Infallible;
use std::sync::Mutex;

use crate::lecture_shape;

/// Networks, each with [`INPUTS`] inputs.
const NETWORKS: u64 = 120;
const INPUTS: usize = 2;

/// The engines share one heap ledger, as on a chip there is only one.
static CHIP: Mutex<()> = Mutex::new(());

/// Everything that a run hands to its tap.
#[derive(Debug, Default, PartialEq)]
struct Everything {
    activations: Vec<(usize, Vec<i8>)>,
    accumulators: Vec<i32>,
    logits: Vec<u32>,
}

impl Tap for Everything {
    type Error = Infallible;

    fn wants(&self, _tensor: usize) -> bool {
        true
    }

    fn activation(&mut self, tensor: usize, _: usize, bytes: &[i8]) -> Result<(), Infallible> {
        self.activations.push((tensor, bytes.to_vec()));
        Ok(())
    }

    fn accumulators(&mut self, values: &[i32]) -> Result<(), Infallible> {
        self.accumulators = values.to_vec();
        Ok(())
    }

    fn logits(&mut self, values: &[f32]) -> Result<(), Infallible> {
        self.logits = values.iter().map(|logit| logit.to_bits()).collect();
        Ok(())
    }
}

/// An occlusion map's bits.
#[derive(Debug, Default, PartialEq)]
struct Map {
    class: u16,
    probabilities: Vec<u32>,
}

impl Tap for Map {
    type Error = Infallible;

    fn wants(&self, _: usize) -> bool {
        false
    }

    fn activation(&mut self, _: usize, _: usize, _: &[i8]) -> Result<(), Infallible> {
        Ok(())
    }
}

impl MapSink for Map {
    fn base(&mut self, class: u16, probability: f32, _: u32) -> Result<(), Infallible> {
        self.class = class;
        self.probabilities.push(probability.to_bits());
        Ok(())
    }

    fn position(&mut self, index: u32, probability: f32) -> Result<(), Infallible> {
        assert_eq!(index as usize + 1, self.probabilities.len());
        self.probabilities.push(probability.to_bits());
        Ok(())
    }
}

fn infer(engine: &mut impl Engine, input: &[u8]) -> Result<Everything, Refusal<Infallible>> {
    engine.input().copy_from_slice(input);
    let mut everything = Everything::default();
    engine.infer(Mode::Tapped, &mut everything)?;
    // Each engine runs independent layers in an order of its own.
    everything.activations.sort_by_key(|(tensor, _)| *tensor);
    Ok(everything)
}

fn occlude(engine: &mut impl Engine, input: &[u8]) -> Result<(Map, Macs), Refusal<Infallible>> {
    engine.input().copy_from_slice(input);
    let ask = Occlude {
        window_h: 3,
        window_w: 2,
        stride_y: 2,
        stride_x: 3,
        fill: 17,
        class: None,
        paint: None,
        input_crc: input_crc(input),
    };
    let mut map = Map::default();
    let macs = engine.occlude(&ask, &mut map)?;
    Ok((map, macs))
}

/// What a program leaves behind that a reset ends in `phase`, or that runs out of
/// heap there.
fn die_in(phase: EnginePhase, need_bytes: Option<usize>) {
    heap::enter(Some(phase));
    if let Some(need_bytes) = need_bytes {
        heap::exhausted(need_bytes);
    }
}

fn with_arena<T>(image: &BoardImage, work: impl FnOnce(&mut StaticEngine<'_>) -> T) -> T {
    let mut arena = vec![0_u32; 1 << 18];
    work(&mut StaticEngine::new(
        image.bytes(),
        bytemuck::cast_slice_mut(&mut arena),
    ))
}

#[test]
fn tract_on_the_chip_agrees_with_the_static_engine() {
    let _chip = CHIP.lock();
    for seed in 0..NETWORKS {
        let drawn = draw(seed, INPUTS);
        let (_, rig) = compiled(&drawn).unwrap_or_else(|e| panic!("{seed}: {e:#}"));
        let image = &rig.model.image;
        let shape = image.model().input().shape;
        let mut tract = TractEngine::new(image.bytes());
        with_arena(image, |planned| {
            for input in &drawn.inputs {
                let input =
                    cortexscope_compile::layout::channels_last(&rig.model.quantise(input), shape);
                let input: &[u8] = bytemuck::cast_slice(&input);
                let expected = infer(planned, input).unwrap();
                let got = infer(&mut tract, input).unwrap_or_else(|e| panic!("{seed}: {e:?}"));
                assert_eq!(got, expected, "seed {seed}");
                let (map, macs) = occlude(&mut tract, input).unwrap();
                let (expected, planned_macs) = occlude(planned, input).unwrap();
                assert_eq!(map, expected, "seed {seed}");
                assert_eq!(macs.full, planned_macs.full, "seed {seed}");
            }
        });
    }
}

#[test]
fn an_occlusion_map_is_as_many_full_inferences() {
    let _chip = CHIP.lock();
    let image = lecture_shape::board_image(1);
    let mut tract = TractEngine::new(image.bytes());
    let (map, macs) = occlude(&mut tract, &[7; 784]).unwrap();
    let inference = image.model().macs();
    // The first one is of the clean input.
    let inferences = map.probabilities.len() as u64;
    assert_eq!(macs.done, inference * inferences);
    assert_eq!(macs.full, inference * (inferences - 1));
}

#[test]
fn what_the_engine_died_of_is_told_once_and_then_it_works() {
    let _chip = CHIP.lock();
    let image = lecture_shape::board_image(1);
    let expected = infer(&mut TractEngine::new(image.bytes()), &[3; 784]).unwrap();

    let phase = EnginePhase::Optimise;
    let exhausted = BoardError::HeapExhausted {
        phase,
        need_bytes: 70_000,
        have_bytes: heap::LEDGER.free_bytes(),
    };
    for (need_bytes, error) in [
        (Some(70_000), exhausted),
        (None, BoardError::EngineStopped { phase }),
    ] {
        die_in(phase, need_bytes);
        let mut engine = TractEngine::new(image.bytes());
        assert_eq!(
            infer(&mut engine, &[3; 784]).unwrap_err(),
            Refusal::Board(error)
        );
        assert_eq!(infer(&mut engine, &[3; 784]).unwrap(), expected);
    }

    die_in(EnginePhase::Run, None);
    let mut engine = TractEngine::new(image.bytes());
    assert_eq!(infer(&mut engine, &[3; 784]).unwrap(), expected);
}
