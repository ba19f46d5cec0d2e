//! CAM, class activation mapping (Zhou et al. 2016).

use crate::attribute::attribution::Attribution;
use crate::attribute::backward::{Rules, Wrt};
use crate::attribute::error::ExplainError;
use crate::attribute::map_layer::{COARSE, LAYER, MapExplainer, MapLayer, Slopes};
use crate::attribute::method::MethodInfo;
use crate::attribute::run::Run;
use crate::float_model::{FloatModel, LayerId};
use crate::target::{Aim, ClassValue};

/// CAM.
pub(super) const INFO: MethodInfo = MethodInfo {
    name: "cam",
    summary: "Maps before global average pooling, summed with the weights of the dense layer after it.",
    paper: "Zhou et al. 2016",
    arguments: &[LAYER, COARSE],
    build: |arguments| Ok(Cam(MapLayer::given(arguments)?).into()),
};

/// CAM; a layer that is named must be the one before the pooling.
#[derive(Clone, Debug, Default)]
pub struct Cam(pub MapLayer);

/// Where a network can be explained by CAM.
struct Place {
    /// What the pooling reads.
    maps: LayerId,
    /// What it writes.
    means: LayerId,
}

impl Place {
    /// The maps that global average pooling and then one dense layer make the logits of.
    fn of(model: &FloatModel, logits: LayerId) -> Result<Self, String> {
        let layers = model.layers();
        let before = |id: LayerId| {
            let inputs = &layers[id.0].inputs;
            let found = layers
                .iter()
                .position(|layer| inputs.contains(&layer.tensor));
            found.map(LayerId)
        };
        let mut at = Some(logits);
        let mut dense: Option<&str> = None;
        while let Some(id) = at {
            let layer = &layers[id.0];
            let is_vector = !layer.is_map();
            match layer.normal_form.as_str() {
                "Gemm" | "MatMul" | "Conv" if is_vector => {
                    if let Some(first) = dense {
                        let second = &layer.name;
                        return Err(format!(
                            "two dense layers, {second} and {first}, lie before the classes"
                        ));
                    }
                    dense = Some(&layer.name);
                }
                "Flatten" | "Reshape" if is_vector => {}
                "Add" if is_vector && dense.is_none() => {}
                "GlobalAveragePool" => {
                    let maps = before(id).filter(|&maps| layers[maps.0].is_map());
                    return match (dense, maps) {
                        (Some(_), Some(maps)) => Ok(Self { maps, means: id }),
                        (None, _) => Err(format!(
                            "no dense layer follows the global average pooling {}: its maps are the class maps themselves",
                            layer.name
                        )),
                        (_, None) => Err(format!("{} pools no maps", layer.name)),
                    };
                }
                operator => {
                    return Err(format!(
                        "global average pooling does not meet one dense layer: {} ({operator}) lies between them and the classes",
                        layer.name
                    ));
                }
            }
            at = before(id);
        }
        Err("it has no global average pooling".to_owned())
    }
}

impl MapExplainer for Cam {
    fn info(&self) -> &'static MethodInfo {
        &INFO
    }

    /// M(x, y) = Σₖ wₖ Aₖ(x, y), equation 2 of the paper, not rectified. The weights wₖ of the
    /// class are the slopes of its logit at the means, because one dense layer lies between.
    fn run(&self, run: &mut Run<'_>) -> Result<Attribution, ExplainError> {
        let (model, input) = (run.model, run.input);
        let refused = |why: String| ExplainError::NoPooling {
            target: run.aim.words.clone(),
            why,
        };
        let class = run.aim.class_in(model);
        let class = class.ok_or_else(|| refused("the target is not a class".to_owned()))?;
        let logits = run.aim.layer;
        let place = Place::of(model, logits).map_err(refused)?;
        let layer = model.layer(place.maps);
        if let Some(name) = &self.0.layer
            && model.find(name)? != place.maps
        {
            let why = format!("its maps are those of {}, not of {name}", layer.name);
            return Err(refused(why));
        }
        let logit = Aim::class(model, logits, class, ClassValue::Logit);
        let wrt = Wrt::Layer(place.means);
        let weights = run.plans.backward(model, logits, wrt, Rules::Gradient)?;
        let weights = weights.run(input, &logit)?.gradient;
        let weights: Vec<f64> = weights.into_iter().map(f64::from).collect();
        let maps = run.plans.forward(model, place.maps)?.run(input)?.remove(0);
        let score = run.value_for(input)?;
        let of = Slopes {
            shape: layer.shape,
            score,
            slopes: vec![0.0; maps.len()],
            maps,
        };
        let coarse = of.weighted(&weights);
        let coarse = coarse.iter().map(|&sum| sum as f32).collect();
        Ok(self.0.attribution(model, &of, coarse, Some(&weights)))
    }

    fn variant(&self) -> String {
        "the dense layer's weights, not rectified, upsampled bilinearly".to_owned()
    }

    fn statement(&self) -> String {
        "maps before global average pooling, the logit’s weights".to_owned()
    }

    fn caption(&self) -> String {
        "maps before the pooling".to_owned()
    }

    fn maps(&self) -> &MapLayer {
        &self.0
    }

    fn is_rectified(&self) -> bool {
        false
    }
}
