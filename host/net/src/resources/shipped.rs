//! The files of `models/` that are in the program.

/// A table of the files at these paths of `models/`.
macro_rules! table {
    ($($path:literal),* $(,)?) => {
        &[$(($path, include_bytes!(concat!("../../../../models/", $path)))),*]
    };
}

/// Paths in `models/`, with `/`, and what the files there hold.
const FILES: &[(&str, &[u8])] = table![
    "decoder/decoder.onnx",
    "decoder/provenance.json",
    "descriptions/alexnet_conv.toml",
    "descriptions/squeezenet_v1.0_dc.toml",
    "imagenet/labels.txt",
    "lecture-lenet/lecture-lenet.ctx",
    "lecture-lenet/lecture-lenet.int8.onnx",
    "lecture-lenet/lecture-lenet.onnx",
    "lecture-lenet/lecture-lenet.toml",
    "lecture-lenet/provenance.json",
    "lenet5/lenet5.ctx",
    "lenet5/lenet5.int8.onnx",
    "lenet5/lenet5.onnx",
    "lenet5/lenet5.toml",
    "lenet5/provenance.json",
    "mnist/calibration-images-idx3-ubyte.gz",
    "mnist/calibration-labels-idx1-ubyte.gz",
    "mnist/t10k-images-idx3-ubyte.gz",
    "mnist/t10k-labels-idx1-ubyte.gz",
    "neuro/cnn-fr-0.onnx",
    "neuro/cnn-fr-1.onnx",
    "neuro/cnn-fr-2.onnx",
    "neuro/cnn-fr-3.onnx",
    "neuro/cnn-fr-4.onnx",
    "neuro/dae-0.onnx",
    "neuro/dae-1.onnx",
    "neuro/dae-2.onnx",
    "neuro/dae-3.onnx",
    "neuro/dae-4.onnx",
    "neuro/dae-nr1-0.onnx",
    "neuro/dae-nr1-1.onnx",
    "neuro/dae-nr1-2.onnx",
    "neuro/dae-nr1-3.onnx",
    "neuro/dae-nr1-4.onnx",
    "neuro/dae-nr1-other-0.onnx",
    "neuro/dae-nr1-other-1.onnx",
    "neuro/dae-nr1-other-2.onnx",
    "neuro/dae-nr1-other-3.onnx",
    "neuro/dae-nr1-other-4.onnx",
    "neuro/dae-nr1-significant-0.onnx",
    "neuro/dae-nr1-significant-1.onnx",
    "neuro/dae-nr1-significant-2.onnx",
    "neuro/dae-nr1-significant-3.onnx",
    "neuro/dae-nr1-significant-4.onnx",
    "neuro/dae-nr2-0.onnx",
    "neuro/dae-nr2-1.onnx",
    "neuro/dae-nr2-2.onnx",
    "neuro/dae-nr2-3.onnx",
    "neuro/dae-nr2-4.onnx",
    "neuro/dae-nr2-other-0.onnx",
    "neuro/dae-nr2-other-1.onnx",
    "neuro/dae-nr2-other-2.onnx",
    "neuro/dae-nr2-other-3.onnx",
    "neuro/dae-nr2-other-4.onnx",
    "neuro/dae-nr2-significant-0.onnx",
    "neuro/dae-nr2-significant-1.onnx",
    "neuro/dae-nr2-significant-2.onnx",
    "neuro/dae-nr2-significant-3.onnx",
    "neuro/dae-nr2-significant-4.onnx",
    "neuro/dae-nr3-0.onnx",
    "neuro/dae-nr3-1.onnx",
    "neuro/dae-nr3-2.onnx",
    "neuro/dae-nr3-3.onnx",
    "neuro/dae-nr3-4.onnx",
    "neuro/dae-nr3-other-0.onnx",
    "neuro/dae-nr3-other-1.onnx",
    "neuro/dae-nr3-other-2.onnx",
    "neuro/dae-nr3-other-3.onnx",
    "neuro/dae-nr3-other-4.onnx",
    "neuro/dae-nr3-significant-0.onnx",
    "neuro/dae-nr3-significant-1.onnx",
    "neuro/dae-nr3-significant-2.onnx",
    "neuro/dae-nr3-significant-3.onnx",
    "neuro/dae-nr3-significant-4.onnx",
    "neuro/dae-nr4-0.onnx",
    "neuro/dae-nr4-1.onnx",
    "neuro/dae-nr4-2.onnx",
    "neuro/dae-nr4-3.onnx",
    "neuro/dae-nr4-4.onnx",
    "neuro/dae-nr4-other-0.onnx",
    "neuro/dae-nr4-other-1.onnx",
    "neuro/dae-nr4-other-2.onnx",
    "neuro/dae-nr4-other-3.onnx",
    "neuro/dae-nr4-other-4.onnx",
    "neuro/dae-nr4-significant-0.onnx",
    "neuro/dae-nr4-significant-1.onnx",
    "neuro/dae-nr4-significant-2.onnx",
    "neuro/dae-nr4-significant-3.onnx",
    "neuro/dae-nr4-significant-4.onnx",
    "neuro/neuro.toml",
    "neuro/provenance.json",
    "winml-mnist/LICENSE",
    "winml-mnist/winml-mnist.ctx",
    "winml-mnist/winml-mnist.int8.onnx",
    "winml-mnist/winml-mnist.onnx",
    "winml-mnist/winml-mnist.toml",
];

/// Names of the shipped models, sorted.
pub fn shipped() -> Vec<String> {
    let names = FILES.iter().filter_map(|(path, _)| {
        let (name, file) = path.split_once('/')?;
        (file.strip_suffix(".ctx") == Some(name)).then(|| name.to_owned())
    });
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

/// The bytes of the shipped file at `path`: `lenet5/lenet5.onnx`.
pub fn shipped_bytes(path: &str) -> Option<&'static [u8]> {
    let file = FILES.iter().find(|(name, _)| *name == path)?;
    Some(file.1)
}

/// The path of the shipped network called `name` in whatever folder: `neuro/dae-0.onnx` for
/// `dae-0.onnx`. No two networks have one name.
pub fn path_of(name: &str) -> Option<&'static str> {
    let is_it = |path: &&str| path.rsplit_once('/').is_some_and(|(_, file)| file == name);
    FILES.iter().map(|(path, _)| *path).find(is_it)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    /// Whoever adds a file to `models/` is told to list it.
    #[test]
    fn every_file_of_the_models_is_in_the_program() {
        let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models");
        let mut missing = Vec::new();
        for folder in std::fs::read_dir(&models).unwrap().flatten() {
            if !folder.path().is_dir() || folder.file_name() == "train" {
                continue;
            }
            for file in std::fs::read_dir(folder.path()).unwrap().flatten() {
                let [folder, file] = [folder.file_name(), file.file_name()];
                let path = format!("{}/{}", folder.display(), file.display());
                if !path.ends_with(".md")
                    && !path.ends_with(".py")
                    && shipped_bytes(&path).is_none()
                {
                    missing.push(path);
                }
            }
        }
        assert!(missing.is_empty(), "list them in FILES: {missing:?}");
    }

    #[test]
    fn models_are_named_by_their_folders() {
        assert_eq!(shipped(), ["lecture-lenet", "lenet5", "winml-mnist"]);
        assert!(shipped_bytes("lenet5/lenet5.onnx").is_some_and(|bytes| bytes.len() > 200_000));
        assert_eq!(shipped_bytes("lenet5"), None);
    }

    #[test]
    fn no_two_networks_have_one_name() {
        let networks = FILES.iter().map(|(path, _)| *path);
        for path in networks.filter(|path| path.ends_with(".onnx")) {
            let (_, name) = path.split_once('/').unwrap();
            assert_eq!(path_of(name), Some(path));
        }
    }
}
