//! From evaluated resources to the common vocabulary: one file per subject, cards for the rest.

mod accounts;
mod azure_network;
mod azure_storage;
mod balancers;
mod callers;
mod cloud_groups;
mod cloud_machines;
mod collections;
mod container_groups;
mod ecs;
mod facts;
mod gcp_balancers;
mod gcp_network;
mod gcs;
mod grants;
mod helm;
mod instances;
mod json;
mod logs;
mod manifests;
mod network;
mod network_acls;
mod nodes;
mod opensearch;
mod organization;
mod policy;
mod prompts;
mod records;
mod s3;
mod scripts;
mod security_groups;
mod serverless;
mod servers;
mod stores;
#[cfg(test)]
mod tests;
mod virtual_servers;
mod world;

use super::value::Estate;
use crate::formats::Unit;
use crate::model::fragment::Fragment;
use world::World;

/// Says what the resources of a root module mean.
pub(crate) fn lower(estate: &Estate, unit: &Unit, out: &mut Fragment) {
    let world = World::new(estate, unit.catalog);
    security_groups::lower(&world, out);
    network_acls::lower(&world, out);
    instances::lower(&world, out);
    balancers::lower(&world, out);
    callers::lower(&world, out);
    ecs::lower(&world, out);
    container_groups::lower(&world, out);
    serverless::lower(&world, out);
    stores::lower(&world, out);
    opensearch::lower(&world, out);
    collections::lower(&world, out);
    s3::lower(&world, out);
    logs::lower(&world, out);
    prompts::lower(&world, out);
    records::lower(&world, out);
    gcp_network::lower(&world, out);
    gcp_balancers::lower(&world, out);
    servers::lower(&world, out);
    virtual_servers::lower(&world, out);
    cloud_groups::lower(&world, out);
    cloud_machines::lower(&world, out);
    gcs::lower(&world, out);
    grants::lower(&world, out);
    azure_network::lower(&world, out);
    azure_storage::lower(&world, out);
    helm::lower(&world, out);
    manifests::lower(&world, unit, out);
    accounts::shut(&world, out);
    not_understood(&world, out);
    out.not_understood.extend(estate.not_read.iter().cloned());
}

/// Resource types that hold data or logs and that nobody here reads yet. Everything else that has
/// no handler (accounts, roles, names) says nothing about data and is passed over.
const DATA_BEARING: [&str; 1] = ["aws_osis_pipeline"];

fn not_understood(world: &World, out: &mut Fragment) {
    for resource in world.managed() {
        let kind = &resource.kind;
        if DATA_BEARING.contains(&&**kind) && world.catalog.resource(kind).is_none() {
            out.not_understood.push((resource.head, kind.clone()));
        }
    }
}
