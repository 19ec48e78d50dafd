//! AWS network ACLs: numbered rules in front of whole subnets; what no rule names is refused.

use super::facts::nets;
use super::nodes::{self, listed};
use super::security_groups::{ports, show_ports};
use super::world::{Join, World};
use crate::formats::terraform::value::{Resource, Val};
use crate::model::fact::{Fact, Origin};
use crate::model::fragment::{Fragment, Layer, Rule, RuleFor, SourceSet};

const LISTS: [&str; 2] = ["aws_network_acl", "aws_default_network_acl"];

pub(super) fn lower(world: &World, out: &mut Fragment) {
    for list in world.each(&LISTS) {
        let title = nodes::title("network ACL", list, &[]);
        let mut filter = nodes::filter(list, Layer::Subnet, title);
        let inside = list.body.list("ingress");
        let keys = ["action", "rule_no"];
        filter.rules.extend(inside.items.iter().map(|block| rule(block, keys, list)));
        filter.more = inside.more;
        out.filters.push(filter);
    }
    for apart in world.of("aws_network_acl_rule") {
        if apart.body.bool("egress").known() != Some(&true) {
            let filter = apart.body.target("network_acl_id");
            let rule = rule(&apart.body, ["rule_action", "rule_number"], apart);
            out.rules.push(RuleFor { filter, rule });
        }
    }
}

fn rule(body: &Val, [action, number]: [&str; 2], resource: &Resource) -> Rule {
    let (mut sources, mut shown) = (Vec::new(), Vec::new());
    for key in ["cidr_block", "ipv6_cidr_block"] {
        let nets = nets(body, key);
        sources.extend(nets.known.into_iter().map(SourceSet::Addresses));
        shown.extend(nets.shown);
    }
    let allow = body.text(action).known().is_none_or(|a| a.eq_ignore_ascii_case("allow"));
    let ports = ports(body, "protocol");
    let verb = if allow { "admits" } else { "refuses" };
    let say = format!("{verb} {} on {}", listed(&shown), show_ports(&ports));
    let priority = body.int(number).known().copied().unwrap_or(i64::from(u16::MAX));
    Rule { allow, priority, ..nodes::allow(sources, ports, resource, body.at, say) }
}

/// Puts the list of a subnet in front of what stands there. A subnet that no list of these files
/// names has the VPC's default list, which admits everything.
pub(super) fn attach(world: &World, subnet: &Resource, to: &Resource, out: &mut Fragment) {
    for list in world.each(&LISTS) {
        let named = list.body.targets("subnet_ids");
        let here = named.iter().find(|t| t.known() == Some(&subnet.address));
        if let Some(place) = here.map(Fact::place) {
            let filter = Fact::Known(list.address.clone(), Origin::written(place));
            nodes::attach(filter, Layer::Subnet, &to.address, place, out);
        }
    }
    for link in world.of("aws_network_acl_association") {
        if world.join(&link.body, "subnet_id", subnet, &[]) == Join::Yes {
            let list = link.body.target("network_acl_id");
            nodes::attach(list, Layer::Subnet, &to.address, link.head, out);
        }
    }
}
