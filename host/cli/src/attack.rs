//! `cortexscope attack`.

use super::attack_parameters::{AttackArgs, TransferArgs, methods};
use super::attack_words::{say_examples, say_survey};
use super::common::{blame, ctrl_c, print_json, wrong};
use super::data::open_study_data;
use super::full::{FloatModelArgs, one_input};
use super::gradients::GradientsArg;
use super::merge::MergeCommand;
use super::preparation::ShowInputArgs;
use super::progress;
use super::shard::{ShardArgs, print_part};
use clap::Args;
use cortexscope_explain::attack::{Request, find};
use cortexscope_explain::float_model::FloatModel;
use cortexscope_present::adversarial::{
    AttackSetRequest, ExamplesRequest, SavedSurvey, attack_set, examples, joined_attack,
};
use cortexscope_study::attack::AttackedNetworks;
use cortexscope_study::data::Data;
use cortexscope_study::shard::{Parts, ShareEnd};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Changes inputs by so little that a person sees the same, and a model another class.
#[derive(Args)]
#[command(
    allow_negative_numbers = true,
    after_help = "Sizes are in pixels from 0 to 1, before the model's own normalisation. The changed \
                  picture is clipped to valid pixels and judged in 8 bits."
)]
pub(super) struct AttackCommand {
    /// The method.
    #[arg(value_parser = methods())]
    method: String,
    #[command(flatten)]
    model: FloatModelArgs,
    /// Pictures, .npy arrays (taken as they are), or mnist:N.
    #[arg(required_unless_present = "data", conflicts_with = "data")]
    inputs: Vec<String>,
    /// Attack a set of inputs and count what is still right: mnist (the 10,000 test digits), a
    /// folder of pictures, a .csv table, a .npy or .npz stack, or an IDX file. Where it has no
    /// labels, the model's predictions count as right.
    #[arg(long, value_name = "DATA")]
    data: Option<String>,
    /// The first N inputs of the set.
    #[arg(long, value_name = "N", requires = "data")]
    images: Option<usize>,
    #[command(flatten)]
    shard: ShardArgs,
    /// Which network is attacked.
    #[arg(long, value_enum, default_value_t)]
    gradients: GradientsArg,
    #[command(flatten)]
    parameters: AttackArgs,
    #[command(flatten)]
    transfer: TransferArgs,
    /// The folder for pictures, arrays and the receipt.
    #[arg(short, long, value_name = "DIR", default_value = "cortexscope-output")]
    output: PathBuf,
    /// Print one JSON document, the receipt, on stdout.
    #[arg(long)]
    json: bool,
}

/// What is attacked.
struct OpenedNetworks {
    float: FloatModel,
    int8: Option<FloatModel>,
    requests: Vec<Request>,
}

impl OpenedNetworks {
    fn networks(&self) -> AttackedNetworks<'_> {
        AttackedNetworks {
            float: &self.float,
            int8: self.int8.as_ref(),
        }
    }
}

impl AttackCommand {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        if self.images == Some(0) {
            return Err(wrong("--images: give a number of inputs from 1 up"));
        }
        let opened = self.open()?;
        if self.shard.is_given() {
            if self.data.is_none() {
                return Err(wrong(
                    "--shard: give the set that it is a share of, with --data",
                ));
            }
            if self.transfer.board.is_some() {
                return Err(wrong(
                    "--shard: one board judges all examples; leave --board out",
                ));
            }
        }
        match &self.data {
            Some(data) => self.over(data, &opened),
            None => self.each(&opened),
        }
    }

    fn open(&self) -> anyhow::Result<OpenedNetworks> {
        let float = self.model.open()?;
        let int8 = self.gradients.int8(&float)?;
        let has_gradients = find(&self.method).is_none_or(|info| info.has_gradients);
        if int8.is_some() && !has_gradients {
            return Err(wrong(format!(
                "--gradients int8: {} asks for no gradients; --board attacks the int8 network by \
                 queries",
                self.method
            )));
        }
        let choice = self.parameters.choice(&self.method);
        Ok(OpenedNetworks {
            requests: choice.requests(&float).map_err(blame)?,
            float,
            int8,
        })
    }

    /// The method, and on which network where that is not the float model.
    fn what(&self) -> String {
        match self.gradients {
            GradientsArg::Float => self.method.clone(),
            GradientsArg::Int8 => format!("{} on int8 (straight-through)", self.method),
        }
    }

    /// Attacks a set of inputs.
    fn over(&self, name: &str, opened: &OpenedNetworks) -> anyhow::Result<ExitCode> {
        let cancel = ctrl_c()?;
        // Before the examples are made, which may take long.
        let board = self.transfer.board(&opened.float, &cancel)?;
        let data = open_study_data(name, opened.networks().attacked())?;
        let request = AttackSetRequest {
            board: board.as_ref(),
            ..self.request(opened, &data, &self.output)
        };
        // The whole is not kept while it is made, as it never was.
        let folder = self.shard.is_given().then_some(self.output.as_path());
        let share = self.shard.request(folder)?;
        let bar = progress::bar(1, "inputs");
        let made = attack_set(
            &request,
            &share,
            &|| cancel.is_cancelled(),
            &mut |done, all| {
                bar.set_length(all as u64);
                bar.set_position(done as u64);
            },
        );
        bar.finish_and_clear();
        match made.map_err(blame)? {
            ShareEnd::Part(part) => print_part(part, self.json),
            ShareEnd::Whole(saved) => self.tell(&saved, self.json),
        }
    }

    /// Joins the parts that this command made.
    pub fn merge(&self, parts: &Parts, to: &MergeCommand) -> anyhow::Result<ExitCode> {
        let opened = self.open()?;
        let name = self.data.as_deref().unwrap_or_default();
        let data = open_study_data(name, opened.networks().attacked())?;
        let request = self.request(&opened, &data, &to.output);
        let joined = joined_attack(&request, parts).map_err(blame)?;
        self.tell(&joined, to.json)
    }

    fn request<'a>(
        &self,
        opened: &'a OpenedNetworks,
        data: &'a Data,
        folder: &'a Path,
    ) -> AttackSetRequest<'a> {
        AttackSetRequest {
            networks: opened.networks(),
            requests: &opened.requests,
            data,
            images: self.images,
            board: None,
            queries: self.transfer.queries(),
            folder,
        }
    }

    /// Prints what a survey came to.
    fn tell(&self, saved: &SavedSurvey, json: bool) -> anyhow::Result<ExitCode> {
        if json {
            print_json(&saved.document)?;
        } else {
            say_survey(saved, &self.what())?;
        }
        Ok(ExitCode::SUCCESS)
    }

    /// Attacks single inputs.
    fn each(&self, opened: &OpenedNetworks) -> anyhow::Result<ExitCode> {
        let model = opened.networks().attacked();
        let cancel = ctrl_c()?;
        let stop = || cancel.is_cancelled();
        let inputs = self.inputs.iter();
        let inputs = inputs.map(|name| one_input(name, model, &ShowInputArgs::default()));
        let inputs = inputs.collect::<anyhow::Result<Vec<_>>>()?;
        let request = ExamplesRequest {
            inputs: &inputs,
            requests: &opened.requests,
            folder: &self.output,
        };
        let bar = progress::bar(request.examples(), "examples");
        let made = examples(model, &request, &stop, &mut |made| {
            bar.set_position(made as u64)
        });
        let made = made.map_err(blame)?;
        bar.finish_and_clear();
        if self.json {
            print_json(&made.document)?;
        } else {
            say_examples(&made, &self.what())?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
