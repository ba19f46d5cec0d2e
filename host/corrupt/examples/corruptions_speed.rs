//! Times every corruption of a colour picture of 224×224: `corruptions_speed [SECONDS]` prints
//! milliseconds, the median of each kind at severity 3, as JSON on stdout.

use std::time::{Duration, Instant};

use cortexscope_corrupt::{Kind, Picture, Settings};

const SIDE: usize = 224;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let seconds = std::env::args()
        .nth(1)
        .map_or(Ok(0.3), |text| text.parse())?;
    let plane = |channel: usize| {
        (0..SIDE * SIDE).map(move |at| {
            let (y, x) = (at / SIDE, at % SIDE);
            ((x * (channel + 2) + y * 3) % 256) as f64
        })
    };
    let levels = (0..3).flat_map(plane).collect();
    let picture = Picture::new(3, [SIDE; 2], levels)?;
    let settings = Settings {
        severity: 3,
        seed: 1,
        ..Settings::default()
    };
    let mut rows = Vec::new();
    for kind in Kind::ALL {
        let mut times = Vec::new();
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs_f64(seconds) || times.len() < 3 {
            let start = Instant::now();
            let corrupted = kind.apply(&picture, &settings)?;
            times.push(start.elapsed().as_secs_f64() * 1e3);
            assert_eq!(corrupted.size(), [SIDE; 2]);
        }
        times.sort_by(f64::total_cmp);
        rows.push(format!("\"{}\":{:.4}", kind.name(), times[times.len() / 2]));
    }
    println!("{{{}}}", rows.join(","));
    Ok(())
}
