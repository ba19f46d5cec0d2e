//! Layers of one network, each fitted to the same session.

use std::path::Path;

use cortexscope_explain::float_model::{FloatModel, LayerId};
use cortexscope_net::hex;
use cortexscope_net::output::make_folder;
use sha2::{Digest, Sha256};

use super::{Checkpoint, EncodeError, Features, Fit, Pooling, Request, Watch, fit};
use crate::data::{Images, Responses};

/// What the fits of several layers of a network have in common.
#[derive(Debug)]
pub struct SessionFit<'a> {
    /// The network, which takes the images as they were shown.
    pub model: &'a FloatModel,
    /// The images.
    pub images: &'a Images,
    /// [`Images::digest`] of them.
    pub digest: &'a str,
    /// The responses to them.
    pub responses: &'a Responses,
    /// Cells a side that pooling leaves at most.
    pub cells: usize,
    /// A folder that keeps features: those that it has are read there.
    pub features: Option<&'a Path>,
    /// A folder that keeps a factorised fit of each layer before each pass.
    pub checkpoints: Option<&'a Path>,
}

impl SessionFit<'_> {
    /// Makes the folders that keep features and fits.
    ///
    /// # Errors
    /// One of them cannot be made.
    pub fn make_folders(&self) -> Result<(), EncodeError> {
        let folders = [self.features, self.checkpoints];
        Ok(folders.into_iter().flatten().try_for_each(make_folder)?)
    }

    /// How features of `layer` are pooled.
    pub fn pooling(&self, layer: LayerId) -> Pooling {
        Pooling::to_cells(self.model.layer(layer).shape, self.cells)
    }

    /// Fits readouts of `layer`.
    ///
    /// # Errors
    /// [`EncodeError`].
    pub fn fit(
        &self,
        layer: LayerId,
        request: &Request,
        watch: Watch<'_>,
    ) -> Result<Fit, EncodeError> {
        let features = self.features(layer, watch)?;
        let checkpoint = self.checkpoints.map(|folder| {
            let name = hex(&Sha256::digest(&self.model.layer(layer).name)[..8]);
            Checkpoint::at(&folder.join(format!("{name}.fit")))
        });
        fit(
            features,
            self.responses,
            request,
            checkpoint.as_ref(),
            watch,
        )
    }

    /// Features of a layer: those that were kept, or computed and then kept where there is a
    /// folder for them.
    fn features(&self, layer: LayerId, watch: Watch<'_>) -> Result<Features, EncodeError> {
        let Self { model, images, .. } = self;
        let pooling = self.pooling(layer);
        let path = self.features.map(|folder| {
            let name = format!(
                "{}\n{}\n{}\n{}\n{}",
                model.sha256_hex(),
                model.spec.input,
                model.layer(layer).name,
                pooling.window,
                self.digest
            );
            folder.join(format!("{}.npy", hex(&Sha256::digest(name)[..16])))
        });
        let shape = pooling.shape(model.layer(layer).shape);
        let count = images.stimuli.len();
        if let Some(path) = &path
            && let Some(kept) = Features::kept(path, shape, count)
        {
            return Ok(kept);
        }
        let mut all = Features::compute(model, &[layer], self.cells, images, watch)?;
        let features = all.swap_remove(0);
        if let Some(path) = path {
            features.keep(&path)?;
        }
        Ok(features)
    }
}
