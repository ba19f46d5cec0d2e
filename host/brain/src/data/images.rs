//! The images of a session, in their order.

use std::io::Read;
use std::path::Path;

use cortexscope_net::file::{FileFault, has_extension};
use cortexscope_net::hex;
use cortexscope_net::input::InputSpec;
use cortexscope_net::input::array::ArrayFile;
use cortexscope_net::input::picture::{self, Picture};
use cortexscope_net::zip::Zip;
use image::{DynamicImage, GrayImage, RgbImage};
use sha2::{Digest, Sha256};

use super::array::NumberArray;
use super::error::DataError;

/// Images, all that a session showed.
#[derive(Clone, Debug)]
pub struct Images {
    /// What the user wrote.
    pub name: String,
    /// The images in order.
    pub stimuli: Vec<Stimulus>,
}

/// One image.
#[derive(Clone, Debug)]
pub enum Stimulus {
    /// Pixels, which a model's description makes into its input.
    Picture(Picture),
    /// Values `[C, H, W]` or `[H, W, C]` in a model's own units, as a float array holds
    /// them.
    Values {
        /// Sizes.
        shape: Vec<usize>,
        /// The values.
        values: Vec<f32>,
    },
}

/// Bytes that the decoded images may take together.
const MOST_BYTES: usize = 3 << 30;
/// Bytes that a picture file in an archive may have.
const MOST_FILE_BYTES: u64 = 1 << 28;

impl Images {
    /// Reads a folder of pictures, a zip of pictures, `FILE.npy` or `FILE.npz:NAME`.
    ///
    /// Pictures come in the order of their names, byte by byte: `10.png` before
    /// `2.png`. An array of u8 holds pixels, `[N, H, W]`, `[N, H, W, 3]` or
    /// `[N, 3, H, W]`; one of floats holds inputs in the model's own units.
    ///
    /// # Errors
    /// [`DataError`]: which file, what is wrong with it.
    pub fn open(name: &str) -> Result<Self, DataError> {
        let path = Path::new(name);
        let stimuli = if path.is_dir() {
            folder(name, path)?
        } else if ArrayFile::is_named(name) {
            array(NumberArray::open(name)?)?
        } else if !path.exists() {
            let name = name.to_owned();
            return Err(DataError::None { name });
        } else if has_extension(path, &["zip"]) {
            archive(name, path)?
        } else {
            let name = name.to_owned();
            return Err(DataError::Kind { name });
        };
        if stimuli.is_empty() {
            let name = name.to_owned();
            return Err(DataError::Empty { name });
        }
        let name = name.to_owned();
        Ok(Self { name, stimuli })
    }

    /// Image `index` as `spec` wants it, `[C, H, W]`.
    ///
    /// # Errors
    /// A float array of another shape than the model's input.
    pub fn input(&self, index: usize, spec: &InputSpec) -> Result<Vec<f32>, DataError> {
        match &self.stimuli[index] {
            Stimulus::Picture(picture) => Ok(spec.prepare(picture).values),
            Stimulus::Values { shape, values } => {
                let input = channels_first(shape, values, spec.shape());
                input.ok_or_else(|| DataError::Shape {
                    name: self.name.clone(),
                    found: shape.clone(),
                    wanted: format!(
                        "{:?} in the model's units, or an array of u8, for each image",
                        spec.shape()
                    ),
                })
            }
        }
    }

    /// SHA-256 of each image's pixels or values.
    pub fn digests(&self) -> Vec<[u8; 32]> {
        let digests = self.stimuli.iter().map(|stimulus| {
            let mut hash = Sha256::new();
            match stimulus {
                Stimulus::Picture(picture) => {
                    let (width, _, pixels) = picture.pixels();
                    hash.update(width.to_le_bytes());
                    hash.update(pixels);
                }
                Stimulus::Values { values, .. } => {
                    values
                        .iter()
                        .for_each(|value| hash.update(value.to_le_bytes()));
                }
            }
            hash.finalize().into()
        });
        digests.collect()
    }

    /// SHA-256 over the pixels or values of all images, in hexadecimal.
    pub fn digest(&self) -> String {
        let mut all = Sha256::new();
        self.digests().iter().for_each(|digest| all.update(digest));
        hex(&all.finalize())
    }
}

/// `values` as `[C, H, W]` of `wanted`, where they are of these sizes, channels first or
/// last, or of one channel that is not counted.
fn channels_first(shape: &[usize], values: &[f32], wanted: [usize; 3]) -> Option<Vec<f32>> {
    let [channels, height, width] = wanted;
    if shape == wanted || (channels == 1 && shape == [height, width]) {
        return Some(values.to_vec());
    }
    if shape != [height, width, channels] {
        return None;
    }
    let planes = (0..channels).map(|channel| values.iter().skip(channel).step_by(channels));
    Some(planes.flatten().copied().collect())
}

fn folder(name: &str, path: &Path) -> Result<Vec<Stimulus>, DataError> {
    let read_error = |source| DataError::Read {
        path: path.to_owned(),
        source,
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(read_error)? {
        let file = entry.map_err(read_error)?.path();
        if image::ImageFormat::from_path(&file).is_ok() {
            files.push(file);
        }
    }
    files.sort();
    let mut bytes = 0;
    let pictures = files.iter().map(|file| {
        let picture = picture::open(file)?;
        bounded(name, &mut bytes, picture.pixels().2.len())?;
        Ok(Stimulus::Picture(picture))
    });
    pictures.collect()
}

fn archive(name: &str, path: &Path) -> Result<Vec<Stimulus>, DataError> {
    let zip = Zip::open(path)?;
    let mut names: Vec<&str> = zip
        .names()
        .filter(|name| image::ImageFormat::from_path(name).is_ok())
        // What some systems lay beside each file, and no picture.
        .filter(|name| !name.starts_with("__MACOSX/"))
        .collect();
    names.sort_unstable();
    let mut bytes = 0;
    let pictures = names.iter().map(|inner| {
        let read_error = |source| DataError::Read {
            path: format!("{name}:{inner}").into(),
            source,
        };
        let (content, announced) = zip.content(inner)?;
        if announced > MOST_FILE_BYTES {
            let max_bytes = MOST_FILE_BYTES;
            return Err(read_error(FileFault::TooLarge { max_bytes }.into()));
        }
        let mut file = Vec::new();
        content
            .take(MOST_FILE_BYTES)
            .read_to_end(&mut file)
            .map_err(read_error)?;
        let picture = picture::decode(&file, &format!("{name}:{inner}"))?;
        bounded(name, &mut bytes, picture.pixels().2.len())?;
        Ok(Stimulus::Picture(picture))
    });
    pictures.collect()
}

fn bounded(name: &str, bytes: &mut usize, more: usize) -> Result<(), DataError> {
    *bytes += more;
    if *bytes > MOST_BYTES {
        return Err(DataError::TooMany {
            name: name.to_owned(),
            limit: MOST_BYTES,
        });
    }
    Ok(())
}

fn array(array: NumberArray) -> Result<Vec<Stimulus>, DataError> {
    let wanted = "[N, H, W], [N, H, W, 3] or [N, 3, H, W] of u8, or inputs in float";
    let Some((_, sizes)) = array.shape.split_first() else {
        return Err(array.refuse(wanted));
    };
    // A zero before them does not make sizes fit that overflow.
    let size = sizes
        .iter()
        .try_fold(1, |size: usize, &side| size.checked_mul(side));
    let Some(size @ 1..) = size else {
        return Err(array.refuse(wanted));
    };
    let images = array.values.chunks_exact(size);
    if array.is_float {
        if let Some(index) = array.values.iter().position(|value| !value.is_finite()) {
            return Err(DataError::NotFinite {
                name: array.name.clone(),
                index,
                value: array.values[index],
            });
        }
        let stimuli = images.map(|image| Stimulus::Values {
            shape: sizes.to_vec(),
            values: image.iter().map(|&value| value as f32).collect(),
        });
        return Ok(stimuli.collect());
    }
    if !array.is_u8 {
        return Err(array.refuse(wanted));
    }
    let (channels, height, width, is_last) = match *sizes {
        [height, width] => (1, height, width, true),
        [height, width, channels @ (1 | 3)] => (channels, height, width, true),
        [channels @ (1 | 3), height, width] => (channels, height, width, false),
        _ => return Err(array.refuse(wanted)),
    };
    let stimuli = images.map(|image| {
        let level = |channel: usize, x: u32, y: u32| {
            let place = y as usize * width + x as usize;
            let at = if is_last {
                place * channels + channel
            } else {
                channel * height * width + place
            };
            image[at] as u8
        };
        let (width, height) = (width as u32, height as u32);
        let picture = if channels == 1 {
            let pixel = |x, y| image::Luma([level(0, x, y)]);
            DynamicImage::ImageLuma8(GrayImage::from_fn(width, height, pixel))
        } else {
            let pixel = |x, y| image::Rgb([0, 1, 2].map(|channel| level(channel, x, y)));
            DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, pixel))
        };
        Stimulus::Picture(Picture::of(picture))
    });
    Ok(stimuli.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use cortexscope_net::input::ModelSpec;
    use std::io::Write;

    fn png(level: u8) -> Vec<u8> {
        let mut bytes = std::io::Cursor::new(Vec::new());
        let picture = GrayImage::from_pixel(2, 2, image::Luma([level]));
        picture
            .write_to(&mut bytes, image::ImageFormat::Png)
            .unwrap();
        bytes.into_inner()
    }

    /// A folder and a zip of the same pictures are the same images, in the order of names.
    #[test]
    fn pictures_come_in_the_order_of_their_names() {
        let dir = tempfile::tempdir().unwrap();
        let mut bytes = Vec::new();
        let mut archive = rawzip::ZipArchiveWriter::new(&mut bytes);
        for (name, level) in [("b.png", 51), ("a.png", 0), ("c.png", 102)] {
            std::fs::write(dir.path().join(name), png(level)).unwrap();
            let inner = format!("pictures/{name}");
            let file = archive.new_file(&inner);
            let (mut entry, config) = file.start().unwrap();
            let mut writer = config.wrap(&mut entry);
            writer.write_all(&png(level)).unwrap();
            let (_, descriptor) = writer.finish().unwrap();
            entry.finish(descriptor).unwrap();
        }
        std::fs::write(dir.path().join("notes.txt"), "none").unwrap();
        let zip = dir.path().join("all.zip");
        archive.finish().unwrap();
        std::fs::write(&zip, bytes).unwrap();
        let spec = ModelSpec::assumed([3, 2, 2]).input;
        let firsts = |name: &Path| -> Vec<f32> {
            let images = Images::open(&name.display().to_string()).unwrap();
            let inputs = (0..3).map(|at| images.input(at, &spec).unwrap()[0]);
            inputs.collect()
        };
        assert_eq!(firsts(dir.path()), [0.0, 0.2, 0.4]);
        assert_eq!(firsts(&zip), [0.0, 0.2, 0.4]);
    }

    fn stack(shape: &[usize], is_u8: bool) -> NumberArray {
        let count: usize = shape.iter().product();
        NumberArray {
            name: "stack.npy".to_owned(),
            shape: shape.to_vec(),
            values: (0..count).map(|at| at as f64).collect(),
            is_u8,
            is_float: !is_u8,
        }
    }

    #[test]
    fn colours_lie_first_or_last() {
        let spec = ModelSpec::assumed([3, 1, 2]).input;
        let input = |shape: &[usize]| {
            let images = Images {
                name: String::new(),
                stimuli: array(stack(shape, true)).unwrap(),
            };
            let values = images.input(0, &spec).unwrap();
            let levels = values.iter().map(|value| (value * 255.0).round() as u8);
            levels.collect::<Vec<u8>>()
        };
        assert_eq!(input(&[1, 3, 1, 2]), [0, 1, 2, 3, 4, 5]);
        assert_eq!(input(&[1, 1, 2, 3]), [0, 3, 1, 4, 2, 5]);
    }

    #[test]
    fn floats_are_inputs_and_other_shapes_are_refused() {
        let images = Images {
            name: "stack.npy".to_owned(),
            stimuli: array(stack(&[2, 1, 2, 2], false)).unwrap(),
        };
        let spec = ModelSpec::assumed([1, 2, 2]).input;
        assert_eq!(images.input(1, &spec).unwrap(), [4.0, 5.0, 6.0, 7.0]);
        let other = ModelSpec::assumed([1, 3, 3]).input;
        assert!(images.input(1, &other).is_err());
        assert!(array(stack(&[2, 4, 2, 2], true)).is_err());
        assert!(array(stack(&[4], true)).is_err());
    }
}
