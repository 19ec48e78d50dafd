//! Things of AWS that stand in a network to call others: no datastore can listen behind their groups.

use super::nodes;
use super::world::World;
use crate::formats::terraform::value::Val;
use crate::model::fragment::{Fragment, Layer, NodeKind};

/// Type, block, and the list of groups in it. A function and a build take no connections (AWS docs,
/// "Giving Lambda functions access to resources in a VPC"; `CodeBuild` docs, "Use `CodeBuild` with VPC"),
/// an endpoint only hands on what one service of AWS answers.
const CALLERS: [(&str, &str, &str); 4] = [
    ("aws_codebuild_project", "vpc_config", "security_group_ids"),
    ("aws_glue_connection", "physical_connection_requirements", "security_group_id_list"),
    ("aws_lambda_function", "vpc_config", "security_group_ids"),
    ("aws_vpc_endpoint", "", "security_group_ids"),
];

pub(super) fn lower(world: &World, out: &mut Fragment) {
    for (kind, block, key) in CALLERS {
        for caller in world.of(kind) {
            let body: Option<&Val> =
                if block.is_empty() { Some(&caller.body) } else { caller.body.block(block) };
            let groups = body.map(|body| body.targets(key)).unwrap_or_default();
            if groups.is_empty() {
                continue;
            }
            out.nodes.push(nodes::node(caller, NodeKind::Managed));
            for group in groups {
                let place = group.place();
                nodes::attach(group, Layer::SecurityGroup, &caller.address, place, out);
            }
        }
    }
}
