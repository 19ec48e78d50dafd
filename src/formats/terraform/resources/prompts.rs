//! Requests and answers of models that a cloud records, and where it puts them.

use super::facts::{any, at_path};
use super::logs::identity;
use super::nodes;
use super::world::World;
use crate::formats::terraform::value::{Resource, Val};
use crate::model::concept::LogPipeline;
use crate::model::fact::{Fact, Name};
use crate::model::fragment::{Fragment, LogDraft};

/// What both the log's content and its destination's are called.
const CONTENT: &str = "prompts";

/// A type of which each resource may record what models are asked.
struct Recorder {
    kind: &'static str,
    title: &'static str,
    engine: &'static str,
    /// The block with the switches, without which nothing is recorded; empty for the resource.
    block: &'static str,
    /// Of these one that is on is enough.
    switches: &'static [&'static str],
    /// What a switch means that nobody wrote, and who says so.
    unwritten: (bool, &'static str),
    /// Where it goes, seen from the block.
    sinks: &'static [&'static str],
}

const RECORDERS: [Recorder; 5] = [
    Recorder {
        kind: "aws_bedrock_model_invocation_logging_configuration",
        title: "the invocation log",
        engine: "Bedrock",
        block: "logging_config",
        switches: &[
            "text_data_delivery_enabled",
            "image_data_delivery_enabled",
            "video_data_delivery_enabled",
            "embedding_data_delivery_enabled",
        ],
        unwritten: (true, "provider docs, bedrock_model_invocation_logging_configuration"),
        sinks: &[
            "s3_config.bucket_name",
            "cloudwatch_config.log_group_name",
            "cloudwatch_config.large_data_delivery_s3_config.bucket_name",
        ],
    },
    Recorder {
        kind: "aws_sagemaker_endpoint_configuration",
        title: "the data capture",
        engine: "SageMaker",
        block: "data_capture_config",
        switches: &["enable_capture"],
        unwritten: (false, "provider docs, sagemaker_endpoint_configuration"),
        sinks: &["destination_s3_uri"],
    },
    Recorder {
        kind: "google_vertex_ai_endpoint",
        title: "the request log",
        engine: "Vertex AI",
        block: "predict_request_response_logging_config",
        switches: &["enabled"],
        unwritten: (false, "Vertex AI API, PredictRequestResponseLoggingConfig"),
        sinks: &[],
    },
    Recorder {
        kind: "google_dialogflow_agent",
        title: "the conversation log",
        engine: "Dialogflow",
        block: "",
        switches: &["enable_logging"],
        unwritten: (false, "provider docs, dialogflow_agent"),
        sinks: &[],
    },
    Recorder {
        kind: "google_dialogflow_cx_agent",
        title: "the conversation log",
        engine: "Dialogflow CX",
        block: "",
        switches: &[
            "enable_stackdriver_logging",
            "advanced_settings.logging_settings.enable_stackdriver_logging",
        ],
        unwritten: (false, "provider docs, dialogflow_cx_agent"),
        sinks: &[],
    },
];

pub(super) fn lower(world: &World, out: &mut Fragment) {
    for recorder in &RECORDERS {
        for resource in world.of(recorder.kind) {
            let Some(body) = recorder.body(resource) else { continue };
            out.logs.push(recorder.log(resource, recorder.on(body)));
        }
    }
}

/// Where prompts come to rest: the attribute that names the place, and what it then holds.
pub(super) fn sinks<'a>(world: &World<'a>) -> Vec<(&'a Val, Fact<Name>)> {
    let mut out = Vec::new();
    for recorder in &RECORDERS {
        for &resource in world.of(recorder.kind) {
            let Some(body) = recorder.body(resource) else { continue };
            let on = recorder.on(body);
            if on.known() == Some(&false) {
                continue;
            }
            let values = recorder.sinks.iter().filter_map(|path| at_path(body, path));
            out.extend(values.map(|value| {
                let content = match &on {
                    Fact::Unknown(why, at) => Fact::Unknown(why.clone(), *at),
                    _ => Fact::written(CONTENT.into(), value.at),
                };
                (value, content)
            }));
        }
    }
    out
}

impl Recorder {
    fn body<'a>(&self, resource: &'a Resource) -> Option<&'a Val> {
        if self.block.is_empty() { Some(&resource.body) } else { resource.body.block(self.block) }
    }

    /// Whether anything is recorded.
    fn on(&self, body: &Val) -> Fact<bool> {
        let (default, see) = self.unwritten;
        let switches = self.switches.iter().map(|path| {
            let (holder, key) = match path.rsplit_once('.') {
                Some((path, key)) => (at_path(body, path), key),
                None => (Some(body), *path),
            };
            let told = holder.map_or(Fact::Unset(body.at), |holder| holder.bool(key));
            told.or_default(default, see)
        });
        any(switches, Fact::Unset(body.at))
    }

    fn log(&self, resource: &Resource, on: Fact<bool>) -> LogDraft {
        let at = on.place();
        let names = ["display_name", "name"];
        let mut identity = identity(resource, nodes::title(self.title, resource, &names));
        identity.address = format!("{}/prompts", resource.address).into();
        let mut log = LogPipeline::new(identity);
        log.name = Fact::written(resource.name.clone(), at);
        log.source = Fact::written("model-log".into(), at);
        log.engine = Fact::written(self.engine.into(), at);
        log.content = Fact::written(vec![Fact::written(CONTENT.into(), at)], at);
        log.enabled = on;
        log.scrubbed = Fact::written(false, at);
        LogDraft { store: None, log }
    }
}
