//! The units that a search is asked for by name.

use super::unit::{ChannelList, Unit, UnitError};
use crate::beside::{BoardLayerError, board_layer};
use cortexscope_compile::model_files::ModelFiles;
use cortexscope_explain::float_model::FloatModel;
use cortexscope_explain::target::{Target, TargetError};

/// Which units are looked at.
#[derive(Clone, Copy, Debug, Default)]
pub struct UnitsRequest<'a> {
    /// A layer whose maps are looked at, by the name of its node or of its tensor.
    pub layer: Option<&'a str>,
    /// Those of its maps; `None` for all.
    pub maps: Option<&'a ChannelList>,
    /// Maps, neurons and classes, as [`Target`] reads them.
    pub targets: &'a [String],
}

/// The units of `model` that were asked for, those of the layer first.
///
/// # Errors
/// The model has no such layer, channel, neuron or class.
pub fn named_units(model: &FloatModel, request: UnitsRequest<'_>) -> Result<Vec<Unit>, UnitError> {
    let mut units = Vec::new();
    if let Some(name) = request.layer {
        let layer = model.find(name).map_err(TargetError::from)?;
        units = match request.maps {
            Some(list) => Unit::listed(model, layer, list)?,
            None => Unit::maps(model, layer),
        };
    }
    for text in request.targets {
        let target: Target = text.parse()?;
        units.push(Unit::of_target(model, &target)?);
    }
    Ok(units)
}

/// The units that both networks can be asked for in place of `units`, where `compiled` runs on
/// a board; and where they are others, that they are, in words.
///
/// # Errors
/// The board has no layer that holds a unit.
pub fn units_on_board(
    model: &FloatModel,
    units: Vec<Unit>,
    compiled: &ModelFiles,
) -> Result<(Vec<Unit>, Vec<String>), BoardLayerError> {
    let (mut held_units, mut notes) = (Vec::with_capacity(units.len()), Vec::new());
    let mut noted = Vec::new();
    for unit in units {
        let held = board_layer(model, unit.layer, compiled)?;
        if held.float != unit.layer && !noted.contains(&unit.layer) {
            let [asked, float] = [unit.layer, held.float].map(|id| &model.layer(id).name);
            notes.push(format!(
                "the board holds {asked} as {float}: both networks are asked for {float}"
            ));
            noted.push(unit.layer);
        }
        held_units.push(Unit {
            layer: held.float,
            ..unit
        });
    }
    Ok((held_units, notes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::beside::compiled;
    use cortexscope_explain::float_model::Overrides;

    #[test]
    fn a_board_is_asked_for_what_it_holds() {
        let model = FloatModel::open("lenet5", &Overrides::default()).unwrap();
        let targets = ["class:3".to_owned()];
        let request = UnitsRequest {
            layer: Some("conv1"),
            maps: Some(&"0,2".parse().unwrap()),
            targets: &targets,
        };
        let named = named_units(&model, request).unwrap();
        let names = |units: &[Unit]| -> Vec<String> {
            units.iter().map(|unit| unit.name(&model)).collect()
        };
        assert_eq!(names(&named), ["conv1:0", "conv1:2", "fc3:3"]);
        let files = compiled(&model).unwrap();
        let (held, notes) = units_on_board(&model, named, &files).unwrap();
        assert_eq!(notes.len(), 1, "{notes:?}");
        assert!(
            notes[0].starts_with("the board holds conv1 as "),
            "{notes:?}"
        );
        assert_eq!(held[2].name(&model), "fc3:3");
        let missing = UnitsRequest {
            layer: Some("conv9"),
            ..UnitsRequest::default()
        };
        assert!(named_units(&model, missing).is_err());
    }
}
