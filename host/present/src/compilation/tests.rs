use super::*;
use cortexscope_compile::Stage;
use cortexscope_net::RequestError;

fn request<'a>(model: &'a Path, folder: &'a Path) -> CompilationRequest<'a> {
    CompilationRequest {
        model,
        overrides: SourceOverrides::default(),
        calibrate: MNIST,
        calibration_limit: 4,
        name: None,
        options: Options::default(),
        accuracy: None,
        uf2: None,
        folder,
    }
}

fn shipped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/lecture-lenet/lecture-lenet.onnx")
}

#[test]
fn what_cannot_be_is_the_requests_fault_and_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let (model, output) = (shipped(), folder.path().join("out"));
    let plain = request(&model, &output);
    let refused = |request: CompilationRequest<'_>| {
        let mut watch = |_: CompilationEvent<'_>| ControlFlow::Continue(());
        let error = compile_model(&request, &mut watch).unwrap_err();
        assert!(error.is_request() && !output.exists(), "{error}");
        error.to_string()
    };
    let missing = refused(CompilationRequest {
        model: Path::new("no/such.onnx"),
        ..plain.clone()
    });
    assert!(missing.starts_with("no such file"), "{missing}");
    let no_drive = refused(CompilationRequest {
        uf2: Some("native"),
        ..plain.clone()
    });
    assert!(no_drive.starts_with("native shows no drive"), "{no_drive}");
    let unknown = refused(CompilationRequest {
        uf2: Some("arduino"),
        ..plain.clone()
    });
    assert!(unknown.starts_with("unknown board arduino"), "{unknown}");
    let none = refused(CompilationRequest {
        accuracy: Some(MeasuredOn::TestDigits(0)),
        ..plain
    });
    assert_eq!(none, "--accuracy has to be from 1 to 10000");
}

#[test]
fn files_appear_together_and_the_document_names_them() {
    let folder = tempfile::tempdir().unwrap();
    let model = shipped();
    let request = CompilationRequest {
        name: Some("net"),
        accuracy: Some(MeasuredOn::TestDigits(3)),
        uf2: Some("pico"),
        ..request(&model, folder.path())
    };
    let mut stages = Vec::new();
    let made = compile_model(&request, &mut |event| {
        if let CompilationEvent::Progress(progress) = event {
            stages.push(progress.stage);
        }
        ControlFlow::Continue(())
    });
    let made = made.unwrap();
    stages.dedup();
    let all = [
        Stage::Reading,
        Stage::Ranges,
        Stage::Histograms,
        Stage::Accuracy,
    ];
    assert_eq!(stages, all);
    let document = &made.document;
    assert_eq!(
        (document.model.as_str(), document.calibration_inputs),
        ("net", 4)
    );
    let uf2 = document.uf2.as_ref().unwrap();
    for path in [&document.int8_onnx, &document.image, &document.spec, uf2] {
        assert!(Path::new(path).is_file(), "{path}");
    }
    // The board image alone, as `flash` writes it: what is dragged later is no firmware.
    let image = std::fs::read(&document.image).unwrap();
    let alone = drive::image_uf2(drive_board("pico").unwrap(), &image).unwrap();
    assert_eq!(std::fs::read(uf2).unwrap(), alone);
    assert_eq!(made.accuracy.unwrap().inputs, "test digits");
    // Interrupted, it leaves what was there.
    let mut end = |_: CompilationEvent<'_>| ControlFlow::Break(());
    assert!(compile_model(&request, &mut end).is_err());
}
