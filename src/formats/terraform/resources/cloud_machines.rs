//! Machines of Alibaba Cloud, Oracle, Tencent Cloud and Yandex: whether they have public addresses,
//! which groups stand before them, what their user data starts.

use super::cloud_groups::attach;
use super::facts::{and, any, not};
use super::nodes;
use super::world::World;
use crate::formats::terraform::value::{Resource, Val};
use crate::model::fact::{Fact, Why};
use crate::model::fragment::{Address, Fragment, NodeKind};

pub(super) fn lower(world: &World, out: &mut Fragment) {
    for machine in world.of("alicloud_instance") {
        alibaba(world, machine, out);
    }
    for machine in world.of("oci_core_instance") {
        oracle(world, machine, out);
    }
    for machine in world.of("tencentcloud_instance") {
        tencent(world, machine, out);
    }
    for machine in world.of("yandex_compute_instance") {
        yandex(machine, out);
    }
}

/// Bandwidth towards the internet brings a public address with it (provider docs, `instance`).
fn alibaba(world: &World, machine: &Resource, out: &mut Fragment) {
    let body = &machine.body;
    let bandwidth = body.int("internet_max_bandwidth_out").map(|mbit| mbit > 0);
    let bandwidth = bandwidth.or_default(false, "provider docs, instance: 0 is the default");
    let lent = lent(world, machine, "alicloud_eip_association");
    let groups = body.targets("security_groups");
    let names = ["instance_name", "host_name"];
    let public = any([bandwidth, lent], Fact::Unset(machine.head));
    stand(machine, &names, public, groups, body.get("user_data"), out);
}

fn tencent(world: &World, machine: &Resource, out: &mut Fragment) {
    let body = &machine.body;
    let own = body.bool("allocate_public_ip").or_default(false, "provider docs, instance");
    let lent = lent(world, machine, "tencentcloud_eip_association");
    let mut groups = body.targets("orderly_security_groups");
    groups.extend(body.targets("security_groups"));
    let public = any([own, lent], Fact::Unset(machine.head));
    let script = body.get("user_data_raw").or(body.get("user_data"));
    stand(machine, &["instance_name"], public, groups, script, out);
}

/// An interface with NAT has a public address (provider docs, `compute_instance`).
fn yandex(machine: &Resource, out: &mut Fragment) {
    let body = &machine.body;
    let interfaces = body.list("network_interface");
    let public = interfaces.items.iter().map(|i| i.bool("nat"));
    let public = public.chain(interfaces.more.map(|(why, at)| Fact::Unknown(why, at)));
    let none = Fact::default(false, "provider docs, compute_instance", machine.head);
    let public = any(public.filter(|f| !f.is_unset()), none);
    let groups = interfaces.items.iter().flat_map(|i| i.targets("security_group_ids")).collect();
    let script = body.get("metadata").and_then(|data| data.get("user-data"));
    stand(machine, &["name", "hostname"], public, groups, script, out);
}

/// Whether the address is public is up to the machine, and to the subnet where it says nothing
/// (provider docs, `core_instance`). Whether the subnet has a route to the internet is not read.
fn oracle(world: &World, machine: &Resource, out: &mut Fragment) {
    const ROUTED: &str = "the subnet is taken to have a route to the internet";
    let own = machine.body.block("create_vnic_details");
    let body = own.unwrap_or(&machine.body);
    let subnet = world.named(body, "subnet_id", &["oci_core_subnet"]);
    let closed = subnet.map(|subnet| {
        let keys = ["prohibit_public_ip_on_vnic", "prohibit_internet_ingress"];
        let told = keys.map(|key| subnet.body.bool(key)).into_iter().filter(|f| !f.is_unset());
        any(told, Fact::default(false, "provider docs, core_subnet", subnet.head))
    });
    let public = match (body.bool("assign_public_ip"), closed) {
        (Fact::Unset(_), Some(closed)) => not(closed),
        (told, Some(closed)) => and(told, not(closed)),
        // The subnet decides, and it is not here.
        (Fact::Unset(at), None) => Fact::Unknown(Why::NotHere("the machine's subnet".into()), at),
        (told, None) => told,
    };
    let public = match public {
        Fact::Known(true, origin) => Fact::guessed(true, ROUTED, origin.at),
        told => told,
    };
    let mut groups = body.targets("nsg_ids");
    groups.extend(subnet.iter().flat_map(|subnet| subnet.body.targets("security_list_ids")));
    if let ([list], true) = (world.of("oci_core_default_security_list"), groups.is_empty()) {
        groups.push(Fact::written(list.address.clone(), list.head));
    }
    let script = machine.body.get("metadata").and_then(|data| data.get("user_data"));
    stand(machine, &["display_name"], public, groups, script, out);
}

/// Whether an address of its own is lent to the machine.
fn lent(world: &World, machine: &Resource, kind: &str) -> Fact<bool> {
    let (sure, open) = world.satellites(&[kind], "instance_id", machine, &[]);
    let sure = sure.first().map(|s| Fact::written(true, s.head));
    let open = open.map(|(why, at)| Fact::Unknown(why, at));
    sure.or(open).unwrap_or(Fact::written(false, machine.head))
}

fn stand(
    machine: &Resource,
    names: &[&str],
    public: Fact<bool>,
    groups: Vec<Fact<Address>>,
    script: Option<&Val>,
    out: &mut Fragment,
) {
    let title = nodes::title("machine", machine, names);
    out.nodes.push(nodes::node(machine, NodeKind::Machine));
    attach(machine, groups, machine.head, out);
    nodes::ways(machine, &title, public, "has a public address", out);
    if let Some(script) = script {
        super::instances::run(machine, script, &title, out);
    }
}
