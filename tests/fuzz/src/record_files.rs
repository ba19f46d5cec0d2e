//! What the program itself writes, and reads again: recordings, parts of studies, fits, and
//! what a page and a boot loader send.

use std::path::Path;

use cortexscope_brain::encode::Stored;
use cortexscope_live::packet::FromPage;
use cortexscope_record::{Replay, about};
use cortexscope_rig::drive::MountedDrive;
use cortexscope_study::shard::Parts;

/// A recording's first bytes, and its version.
const RECORDING: &[u8] = b"CORTXREC\x01\x00";

/// Files to begin with: a recording of two requests, a part, a fit, a packet of pixels, and
/// what a boot loader's drive says of itself.
pub fn seeds() -> Vec<Vec<u8>> {
    let head = format!(
        r#"{{"program":"p","board":"native","engine":"static","model":"m","model_sha256":"00","link":"l","protocol_version":{},"protocol_schema":"{}"}}"#,
        cortexscope_wire::schema::PROTOCOL_VERSION,
        cortexscope_net::hex(&cortexscope_wire::schema::SCHEMA_HASH),
    );
    let mut recording = RECORDING.to_vec();
    recording.extend((head.len() as u16).to_le_bytes());
    recording.extend(head.bytes());
    recording.extend([0; 4]);
    let entries: [(u8, &[u8]); 8] = [
        (1, &[]),
        (2, &[0]),
        (3, &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
        (4, b"a line"),
        (2, &[2, 1, 0, 0, 0]),
        (3, &[1, 0, 0]),
        (3, &[4, 1]),
        (5, &[]),
    ];
    for (kind, payload) in entries {
        recording.push(kind);
        recording.extend((payload.len() as u16).to_le_bytes());
        recording.extend(payload);
        recording.extend([0; 4]);
    }
    let part = br#"{"format":1,"asked":{"study":"top","version":"1","model_sha256":"aa","preprocessing":"p","output":"y","labels_sha256":"cc","data":"mnist","data_sha256":"bb","inputs":3,"parameters":"k 3"},"command":["top"],"from":0,"to":3,"is_finished":true,"sha256":"00","found":[1,2,3]}"#;
    let fit = br#"{"model":"none.onnx","model_sha256":"00","layer":"conv1","window":1,"shape":[6,24,24],"readout":"ridge","images":"i","means":[0.5],"deviations":[1.0],"bias":[0.25]}"#;
    let header = br#"{"number":1,"source":"draw","width":2,"height":1}"#;
    let mut pixels = vec![4, 0, 0, 0, header.len() as u8, 0, 0, 0];
    pixels.extend(header);
    pixels.resize(pixels.len().next_multiple_of(8) + 8, 9);
    let info = b"UF2 Bootloader v1.0\nModel: Raspberry Pi RP2\nBoard-ID: RPI-RP2\n".to_vec();
    vec![
        mended(&recording),
        part.to_vec(),
        fit.to_vec(),
        pixels,
        info,
    ]
}

/// The recording with every checksum put right, as far as its lengths lead; other bytes as
/// they are.
pub fn mended(bytes: &[u8]) -> Vec<u8> {
    let mut mended = bytes.to_vec();
    if !bytes.starts_with(RECORDING) {
        return mended;
    }
    let length = |at: usize| {
        Some(usize::from(u16::from_le_bytes([
            *bytes.get(at)?,
            *bytes.get(at + 1)?,
        ])))
    };
    let mut begin = 0;
    let mut end = length(RECORDING.len()).map_or(bytes.len(), |json| RECORDING.len() + 2 + json);
    let mut before = Vec::new();
    while let Some(place) = mended.get(begin..end).filter(|_| end + 4 <= bytes.len()) {
        let crc = super::crc32(&[&before, place].concat()).to_le_bytes();
        mended[end..end + 4].copy_from_slice(&crc);
        before = crc.to_vec();
        begin = end + 4;
        let Some(payload) = length(begin + 1) else {
            break;
        };
        end = begin + 3 + payload;
    }
    mended
}

/// Reads the bytes as each kind of file; `folder` is for files that only this thread uses.
pub fn check(folder: &Path, bytes: &[u8]) {
    let _ = FromPage::parse(&bytes.to_vec().into());
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        // Some file systems wait for the disk where a file is written anew.
        let _ = std::fs::remove_file(&path);
        std::fs::write(&path, bytes).expect("the folder can be written");
        path
    };
    for bytes in [bytes, &mended(bytes)] {
        let path = file("session.ctxtape", bytes);
        let _ = about(&path);
        let _ = Replay::open(&path);
    }
    if let Ok(parts) = Parts::open(&[file("a.part.json", bytes)]) {
        parts.found::<Vec<usize>>().for_each(drop);
    }
    file("encoding.json", bytes);
    let _ = Stored::open(folder);
    file("INFO_UF2.TXT", bytes);
    let _ = MountedDrive::at(folder).and_then(|drive| drive.board());
}
