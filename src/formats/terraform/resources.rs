//! From evaluated resources to the common vocabulary: one file per subject, cards for the rest.

mod accounts;
mod azure_network;
mod azure_storage;
mod balancers;
mod callers;
mod container_groups;
mod ecs;
mod facts;
mod gcp_network;
mod gcs;
mod helm;
mod instances;
mod json;
mod logs;
mod manifests;
mod network;
mod network_acls;
mod nodes;
mod opensearch;
mod policy;
mod prompts;
mod records;
mod s3;
mod scripts;
mod security_groups;
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
    stores::lower(&world, out);
    opensearch::lower(&world, out);
    s3::lower(&world, out);
    logs::lower(&world, out);
    prompts::lower(&world, out);
    records::lower(&world, out);
    gcp_network::lower(&world, out);
    servers::lower(&world, out);
    virtual_servers::lower(&world, out);
    gcs::lower(&world, out);
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
const DATA_BEARING: [&str; 8] = [
    "aws_fsx_lustre_file_system",
    "aws_keyspaces_table",
    "aws_opensearchserverless_collection",
    "aws_osis_pipeline",
    "aws_qldb_ledger",
    "aws_timestreamwrite_table",
    "google_filestore_instance",
    "google_pubsub_topic",
];

fn not_understood(world: &World, out: &mut Fragment) {
    for resource in world.managed() {
        let kind = &resource.kind;
        if DATA_BEARING.contains(&&**kind) && world.catalog.resource(kind).is_none() {
            out.not_understood.push((resource.head, kind.clone()));
        }
    }
}
