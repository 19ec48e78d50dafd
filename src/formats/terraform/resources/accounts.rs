//! Settings that hold for a whole account or region of AWS, and what they are for.

use std::collections::HashSet;

use super::facts::{and, any, not};
use super::world::World;
use crate::formats::terraform::value::{Resource, Val};
use crate::model::fact::{Fact, Name, Why};
use crate::model::fragment::{Address, Fragment, Ref};

/// What tells the accounts of two configurations apart.
const LOGINS: [&str; 4] =
    ["profile", "access_key", "assume_role.role_arn", "assume_role_with_web_identity.role_arn"];

const BLOCK: &str = "aws_vpc_block_public_access_options";
const EXCLUSION: &str = "aws_vpc_block_public_access_exclusion";

/// Whether two resources stand in one account.
pub(super) fn one_account(world: &World, a: &Resource, b: &Resource) -> Fact<bool> {
    alike(world, a, b, &LOGINS)
}

/// Whether two resources stand in one region of one account. Since version 6 of the provider a
/// resource may name its own region.
fn one_region(world: &World, a: &Resource, b: &Resource) -> Fact<bool> {
    let own = |resource: &Resource| resource.body.text("region");
    let regions = match (own(a), own(b)) {
        (Fact::Unset(_), Fact::Unset(_)) => alike(world, a, b, &["region"]),
        (x, Fact::Unset(_)) => agree(x, setting(world, b, "region")),
        (Fact::Unset(_), y) => agree(setting(world, a, "region"), y),
        (x, y) => agree(x, y),
    };
    and(regions, one_account(world, a, b))
}

/// Whether the configurations of two resources' providers say the same under some keys.
fn alike(world: &World, a: &Resource, b: &Resource, keys: &[&str]) -> Fact<bool> {
    let yes = Fact::written(true, a.head);
    if a.provider == b.provider {
        return yes;
    }
    keys.iter().map(|key| agree(setting(world, a, key), setting(world, b, key))).fold(yes, and)
}

fn setting(world: &World, resource: &Resource, key: &str) -> Fact<Name> {
    let body = resource.provider.as_ref().and_then(|name| world.estate.providers.get(name));
    let Some(body) = body else { return Fact::Unset(resource.head) };
    let (block, key) = key.rsplit_once('.').map_or((None, key), |(block, key)| (Some(block), key));
    let body: Option<&Val> = block.map_or(Some(body), |block| body.block(block));
    body.map_or(Fact::Unset(resource.head), |body| body.text(key))
}

fn agree(a: Fact<Name>, b: Fact<Name>) -> Fact<bool> {
    match (a, b) {
        (Fact::Known(x, origin), Fact::Known(y, _)) => Fact::Known(x == y, origin),
        (Fact::Unset(at), Fact::Unset(_)) => Fact::written(true, at),
        (Fact::Unknown(x, at), Fact::Unknown(y, _)) if x == y => Fact::written(true, at),
        (Fact::Unknown(why, at), _) | (_, Fact::Unknown(why, at)) => Fact::Unknown(why, at),
        (Fact::Known(_, origin), _) | (_, Fact::Known(_, origin)) => {
            Fact::Unknown(Why::NotHere("another configuration of the provider".into()), origin.at)
        }
    }
}

/// Closes the ways from the internet into the networks of a region that blocks them, whatever
/// addresses, routes and groups say (AWS docs, "Block public access to VPCs and subnets").
pub(super) fn shut(world: &World, out: &mut Fragment) {
    let blocks = world.of(BLOCK);
    if blocks.is_empty() {
        return;
    }
    let to = |target: &Ref| match target {
        Ref::To(address) => Some(address.clone()),
        _ => None,
    };
    let inside = out.hops.iter().filter(|hop| matches!(hop.from, Ref::Network));
    let inside: HashSet<Address> = inside.filter_map(|hop| to(&hop.to)).collect();
    for hop in out.hops.iter_mut().filter(|hop| matches!(hop.from, Ref::Internet)) {
        let target = to(&hop.to).filter(|target| inside.contains(target));
        let Some(resource) = target.and_then(|target| world.find(&target)) else { continue };
        let shut = blocks.iter().map(|block| {
            let mode = block.body.text("internet_gateway_block_mode").map(|mode| &*mode != "off");
            and(mode, one_region(world, block, resource))
        });
        let mut shut = any(shut, Fact::written(false, hop.place));
        if let ([excluded, ..], Some(true)) = (world.of(EXCLUSION), shut.known()) {
            let why = Why::NotUnderstood("whom the exclusion of public access is for".into());
            shut = Fact::Unknown(why, excluded.head);
        }
        hop.open = and(hop.open.clone(), not(shut));
    }
}
